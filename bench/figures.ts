/** The arithmetic of the bench: percentiles, medians, ratios, and whether a bound holds. Pure. @module */
import type { Bound } from './job.js';

/** By nearest rank. @param sorted  ascending, not empty. */
export function percentile(sorted: readonly number[], percent: number): number {
  const at = Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1);
  return sorted[at] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  if (!Number.isInteger(middle)) return sorted[Math.floor(middle)] ?? Number.NaN;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** The median of the ratios of rounds, not the ratio of medians: what disturbed a round disturbed both. */
export function medianRatio(mine: readonly number[], theirs: readonly number[]): number {
  return median(mine.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

export function holds(value: number, bound: Bound): boolean {
  return 'atLeast' in bound ? value >= bound.atLeast : value <= bound.atMost;
}

/** Three significant digits, whole numbers from a hundred on. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
