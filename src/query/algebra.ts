/**
 * A query whose names are columns and whose values have types: what an engine compiles. Neutral: no engine's spelling,
 * no name that did not come from the catalogue.
 *
 * @module
 */
import type { AggregateFunction, Comparison } from './query.js';
import type { CanonicalType, Column } from './relation.js';

/**
 * A value in the canonical text of its type, to be bound; `null` is null.
 *
 * boolean `true`/`false` · integers and decimals in plain digits · floats as JSON numbers, `NaN`, `Infinity`,
 * `-Infinity` · date `2026-01-31` · time `23:59:59.999999` · timestamp `2026-01-31T23:59:59.999999` · timestamptz the
 * same with `Z` · bytes base64 (RFC 4648 §4) · json its text · uuid lower case · everything else as the engine writes it.
 * Rows come back in the same texts.
 */
export interface Bound {
  readonly type: CanonicalType;
  /** The engine's name of the type where the value stands for one of its columns; `null`: by `type` alone. */
  readonly nativeType: string | null;
  readonly text: string | null;
}

/** What stands in for a value that a caller may not see whole. Null stays null. */
export type Mask =
  /** The first (last) `keep` characters, and `*` for each other one. Texts only. */
  | { readonly kind: 'keep_left' | 'keep_right'; readonly keep: number }
  /** The first 32 hex digits of SHA-256 over salt and value in UTF-8: equal values stay equal. Texts only. */
  | { readonly kind: 'hash'; readonly salt: string }
  | { readonly kind: 'null' }
  /** The first moment of the unit. Dates and timestamps only. */
  | { readonly kind: 'truncate'; readonly unit: 'year' | 'month' | 'day' };

export type Expression =
  | { readonly kind: 'column'; readonly column: Column }
  | {
      readonly kind: 'bound';
      readonly bound: Bound;
      /** The column whose new value it is: compared with that column's collation. */
      readonly standsFor?: Column;
    }
  | { readonly kind: 'masked'; readonly column: Column; readonly mask: Mask }
  /** The first whose condition is true; else null. */
  | {
      readonly kind: 'cases';
      readonly cases: readonly { readonly when: Predicate; readonly then: Expression }[];
      readonly type: CanonicalType;
    }
  | { readonly kind: 'aggregate'; readonly function: AggregateFunction; readonly of: Expression | null };

export type Predicate =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Predicate[] }
  | { readonly kind: 'not'; readonly of: Predicate }
  /** Text is equal only when every byte is; what is greater is the column's collation's to say. */
  | {
      readonly kind: 'compare';
      readonly left: Expression;
      readonly operator: Comparison;
      readonly right: Bound;
    }
  /** At least one value. */
  | { readonly kind: 'in'; readonly left: Expression; readonly isNegated: boolean; readonly right: readonly Bound[] }
  | {
      readonly kind: 'between';
      readonly left: Expression;
      readonly isNegated: boolean;
      readonly from: Bound;
      readonly to: Bound;
    }
  | { readonly kind: 'null'; readonly left: Expression; readonly isNegated: boolean }
  | {
      readonly kind: 'text';
      readonly left: Expression;
      readonly match: 'contains' | 'starts' | 'ends';
      readonly isNegated: boolean;
      readonly text: string;
    };

export interface OutputColumn {
  /** What the caller calls it: the column's name or an aggregate's alias. */
  readonly name: string;
  readonly expression: Expression;
  readonly type: CanonicalType;
  /** A mask may stand in for its values. */
  readonly isMasked: boolean;
}

export interface OrderTerm {
  readonly expression: Expression;
  readonly direction: 'asc' | 'desc';
  readonly isNullable: boolean;
}
