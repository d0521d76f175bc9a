/** What can be done with the values of a type: one table for conditions, orders, groups and aggregates. @module */
import type { AggregateFunction } from './query.js';
import type { CanonicalType } from './relation.js';

/**
 * `equals`: equality, lists, groups, distinct · `ranges`: greater and less, and so keys to go on from · `orders` ·
 * `matches`: parts of texts · `adds`: sums and averages · `extremes`: least and greatest.
 */
export type Ability = 'equals' | 'ranges' | 'orders' | 'matches' | 'adds' | 'extremes';

const number = ['equals', 'ranges', 'orders', 'adds', 'extremes'] as const;
const moment = ['equals', 'ranges', 'orders', 'extremes'] as const;
const opaque = [] as const;

const abilities: Readonly<Record<CanonicalType, readonly Ability[]>> = {
  int16: number,
  int32: number,
  int64: number,
  decimal: number,
  float32: number,
  float64: number,
  text: ['equals', 'ranges', 'orders', 'matches', 'extremes'],
  date: moment,
  time: moment,
  timestamp: moment,
  timestamptz: moment,
  uuid: ['equals', 'ranges', 'orders'],
  bytes: ['equals', 'ranges', 'orders'],
  boolean: ['equals', 'orders'],
  // In the order the type was declared with, or of its words: the engine's to say, so no ranges.
  enum: ['equals', 'orders'],
  set: ['equals', 'orders'],
  bit: ['equals', 'orders'],
  network: ['equals', 'orders'],
  interval: ['equals', 'orders'],
  array: ['equals'],
  range: ['equals'],
  other: ['equals'],
  // No equality every engine agrees on.
  json: opaque,
  xml: opaque,
  struct: opaque,
  map: opaque,
  geometry: opaque,
  search: opaque,
};

export function isAble(type: CanonicalType, ability: Ability): boolean {
  return abilities[type].includes(ability);
}

/** What a function needs of what it is computed from; `null`: nothing. */
export const needsOf: Readonly<Record<AggregateFunction, Ability | null>> = {
  sum: 'adds',
  avg: 'adds',
  min: 'extremes',
  max: 'extremes',
  count: null,
  count_distinct: 'equals',
};

/** Sums and averages of exact numbers are exact, and wider than what went in. */
export function resultType(of: AggregateFunction, from: CanonicalType | null): CanonicalType {
  if (of === 'count' || of === 'count_distinct' || from === null) return 'int64';
  if (of === 'min' || of === 'max') return from;
  return from === 'float32' || from === 'float64' ? 'float64' : 'decimal';
}
