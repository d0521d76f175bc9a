/**
 * What differs between engines in the SQL that scoped queries become. The compiler writes the shape of a statement; how
 * a name is quoted, how a value gets into the text and what makes an answer the same on every engine is said here, once
 * for each engine.
 *
 * @module
 */
import type { AggregateFunction, Bound, CanonicalType, Column, Comparison, Mask } from '../query/index.js';

/** Takes a value to be bound and gives what stands for it in the text: `$3`. */
export type Place<V> = (value: V) => string;

/** Comparisons as every engine writes them. */
export const signs = {
  eq: '=',
  ne: '<>',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
} as const satisfies Record<Comparison, string>;

/** A piece of SQL whose value has a type. */
export interface Operand {
  readonly sql: string;
  readonly type: CanonicalType;
  /** The engine's name of the type; `null` where it is nobody's column: a mask, an aggregate. */
  readonly nativeType: string | null;
}

/** @typeParam V  What the engine's driver binds; `never` where values are written into the text. */
export interface Flavour<V> {
  quote(name: string): string;
  /** A table by its schema; engines with one schema leave it out. */
  table(schema: string, name: string): string;
  /** A condition that is asked of every row first: how an engine that cannot be interrupted looks at the clock. */
  readonly watch?: string;
  /** What stands for the n-th value, from 1. The same place may stand in a text more than once. */
  placeholder(index: number): string;
  /** A column as an operand, in the form whose order and equality are right. @param sql  Quoted and qualified. */
  column(sql: string, column: Column): string;
  /** A value to be compared with something of its type. */
  operand(bound: Bound, place: Place<V>): string;
  /**
   * A value that will be in a column, where a condition asks about the column: rounded as it will be, null too, and
   * compared by the column's collation.
   */
  replacement(bound: Bound, column: Operand, place: Place<V>): string;
  /** A value to be put in a column; null too. */
  assigned(column: Column, bound: Bound, place: Place<V>): string;
  masked(column: Operand, mask: Mask, place: Place<V>): string;
  compare(left: Operand, operator: Comparison, right: Bound, place: Place<V>): string;
  /** @param values  At least one. */
  among(left: Operand, values: readonly Bound[], place: Place<V>): string;
  /** Case and every character count; no character is a wildcard. */
  matches(left: Operand, match: 'contains' | 'starts' | 'ends', text: string, place: Place<V>): string;
  /** What to group by, so that only what is exactly equal falls together. */
  grouped(operand: Operand): string;
  /** In a grouped query: whether rows are ordered by the grouped form, because the engine takes nothing else. */
  readonly ordersByGroup: boolean;
  /** @param of  `null` only for `count`. */
  aggregate(name: AggregateFunction, of: Operand | null): string;
  /** A value as it is to be sent: in its canonical text, or in one the engine's decoder makes it from. */
  output(operand: Operand): string;
  /** One term of an ORDER BY, nulls last. */
  order(sql: string, direction: 'asc' | 'desc', isNullable: boolean): string;
  /** LIMIT and OFFSET with a space before them; empty when there is neither. */
  page(limit: number | null, offset: number, place: Place<V>): string;
  readonly write: WriteFlavour;
}

export interface WriteFlavour {
  /** The table may have a short name in INSERT, UPDATE and DELETE. */
  readonly hasAlias: { readonly insert: boolean; readonly update: boolean; readonly remove: boolean };
  readonly hasReturning: { readonly insert: boolean; readonly update: boolean; readonly remove: boolean };
  /** `DEFAULT` may stand among the values; else rows that leave out different columns are statements of their own. */
  readonly hasDefaultWord: boolean;
  /** A row of nothing but defaults, one at a time: what follows the name of the table. */
  readonly emptyRow: string;
  /** Values and characters of one statement, at most. */
  readonly maxValues: number;
  readonly maxCharacters: number;
}

/** A statement with its values. */
export interface Compiled<V> {
  readonly sql: string;
  readonly values: readonly V[];
}

/** Digits after the point of an average of exact numbers: six, or as many as the column has: the same on every engine. */
export function scaleOfAverage(nativeType: string | null): number {
  const scale = /\(\d+,\s?(\d+)\)/.exec(nativeType ?? '')?.[1];
  return Math.max(6, Number(scale ?? 0));
}
