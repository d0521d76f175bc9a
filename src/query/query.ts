/**
 * The neutral query language: what doors translate their requests into. Columns are named as the database names them;
 * values are what JSON had. Nothing here is checked yet: planning looks names up and judges values.
 *
 * @module
 */

export const comparisons = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte'] as const;
export type Comparison = (typeof comparisons)[number];

/**
 * Three-valued, as SQL is: a condition on a null is neither true nor false, and rows come only where it is true.
 * `null` as a value compares with nothing; ask with kind `null`.
 */
export type Filter =
  /** At least one member. */
  | { readonly kind: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  | { readonly kind: 'compare'; readonly column: string; readonly operator: Comparison; readonly value: unknown }
  /** An empty list: no row; negated, every row. */
  | { readonly kind: 'in'; readonly column: string; readonly isNegated: boolean; readonly values: readonly unknown[] }
  /** Both ends included. */
  | {
      readonly kind: 'between';
      readonly column: string;
      readonly isNegated: boolean;
      readonly from: unknown;
      readonly to: unknown;
    }
  | { readonly kind: 'null'; readonly column: string; readonly isNegated: boolean }
  /** Case and every character count; no character is a wildcard. */
  | {
      readonly kind: 'text';
      readonly column: string;
      readonly match: 'contains' | 'starts' | 'ends';
      readonly isNegated: boolean;
      readonly text: unknown;
    };

export const aggregateFunctions = ['sum', 'avg', 'min', 'max', 'count', 'count_distinct'] as const;
export type AggregateFunction = (typeof aggregateFunctions)[number];

export interface Aggregate {
  readonly function: AggregateFunction;
  /** `null` only for `count`: rows. */
  readonly column: string | null;
  /** Unique among aliases and grouped columns. */
  readonly alias: string;
}

export interface Order {
  /** A column, or the alias of an aggregate. */
  readonly by: string;
  readonly direction: 'asc' | 'desc';
}

export interface Select {
  readonly kind: 'select';
  /** `null`: every column that may be read, in the order of the table; with aggregates: the grouped ones. */
  readonly columns: readonly string[] | null;
  readonly filter: Filter | null;
  readonly groupBy: readonly string[];
  readonly aggregates: readonly Aggregate[];
  readonly isDistinct: boolean;
  /** Nulls come last in either direction. */
  readonly orderBy: readonly Order[];
  /** `null`: no limit; the caller of the plan has one of its own. */
  readonly limit: number | null;
  readonly offset: number;
  /**
   * Rows after the one with these values of the `orderBy` columns, which must be a unique key (or end in one) and never
   * null; with `offset` 0.
   */
  readonly after: readonly unknown[] | null;
}

/** A row as a caller wrote it: column to JSON value. */
export type Given = ReadonlyMap<string, unknown>;

export interface Insert {
  readonly kind: 'insert';
  /** At least one; each names the columns it gives. */
  readonly rows: readonly Given[];
  /** What the service itself writes into every row, whatever may be written by the caller. */
  readonly stamps: Given;
}

export interface Update {
  readonly kind: 'update';
  /** At least one, or a stamp. */
  readonly set: Given;
  readonly stamps: Given;
  /** `null`: every row in reach. */
  readonly filter: Filter | null;
}

export interface Delete {
  readonly kind: 'delete';
  readonly filter: Filter | null;
}

export type Write = Insert | Update | Delete;
export type Operation = 'query' | 'insert' | 'update' | 'delete';
export const operations = ['query', 'insert', 'update', 'delete'] as const satisfies readonly Operation[];

/** Depth of nested conditions, conditions in all, values of one list. */
export const filterLimits = { depth: 10, conditions: 500, values: 1_000 } as const;
/** Of one selection. */
export const selectLimits = { groups: 32, aggregates: 64, orders: 16 } as const;
