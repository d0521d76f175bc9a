/**
 * The one spelling of masks, which the command line and our own API share: `null`, `hash`, `keep-left:4`,
 * `keep-right:4`, `year`, `month`, `day`.
 *
 * @module
 */
import type { Mask } from './algebra.js';

export const maskSpellings = ['null', 'hash', 'keep-left:<n>', 'keep-right:<n>', 'year', 'month', 'day'] as const;

/** @returns `null` for what is no mask. The salt of `hash` is empty: whoever keeps the grant makes one. */
export function parseMask(text: string): Mask | null {
  const kept = /^keep-(left|right):(0|[1-9]\d{0,3})$/.exec(text);
  if (kept !== null) return { kind: kept[1] === 'left' ? 'keep_left' : 'keep_right', keep: Number(kept[2]) };
  switch (text) {
    case 'null':
      return { kind: 'null' };
    case 'hash':
      return { kind: 'hash', salt: '' };
    case 'year':
    case 'month':
    case 'day':
      return { kind: 'truncate', unit: text };
    default:
      return null;
  }
}

/** What {@link parseMask} reads back, but for the salt. */
export function formatMask(mask: Mask): string {
  switch (mask.kind) {
    case 'keep_left':
      return `keep-left:${mask.keep}`;
    case 'keep_right':
      return `keep-right:${mask.keep}`;
    case 'truncate':
      return mask.unit;
    default:
      return mask.kind;
  }
}
