/** How PostgreSQL writes values, and what the canonical text of it is. @module */
import type { Decoders } from '../decode-rows.js';

export const decoders: Decoders = new Map([
  ['timestamp', (text) => (isInstant(text) ? `${text.slice(0, 10)}T${text.slice(11)}` : text)],
  [
    'timestamptz',
    // The session's clock is in UTC; `infinity` and years before the first stay as they are.
    (text) => (isInstant(text) && text.endsWith('+00') ? `${text.slice(0, 10)}T${text.slice(11, -3)}Z` : text),
  ],
  ['bytes', (text) => (text.startsWith('\\x') ? Buffer.from(text.slice(2), 'hex').toString('base64') : text)],
  ['float32', plainNumber],
  ['float64', plainNumber],
]);

/** Four digits of a year, and no era. */
function isInstant(text: string): boolean {
  return text[4] === '-' && text[10] === ' ' && !text.endsWith('C');
}

/** The shortest digits are the same everywhere; where the exponent begins is not. */
function plainNumber(text: string): string {
  return text.includes('e') || text === '-0' ? String(Number(text)) : text;
}
