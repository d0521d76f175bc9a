/** Spans of time as people type them. @module */
import { InvalidArgumentError } from 'commander';

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * `90d`, `12h`, `30m`.
 *
 * @returns milliseconds.
 * @throws InvalidArgumentError for anything else.
 */
export function durationMs(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  const unitMs = units[unit];
  if (unitMs === undefined) throw new InvalidArgumentError('Write it as 90d, 12h or 30m.');
  return Number(number) * unitMs;
}
