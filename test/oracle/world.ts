/**
 * What a case of the oracle is made of: a table with its rows, the grants of a caller, and the statements it sends one
 * after the other. Plain data, so that a failing case can be printed, cut down and run again.
 *
 * @module
 */
import type { Grant, Subject } from '../../src/access/index.js';
import type { Filter, Select } from '../../src/query/index.js';

/** `loose`: a text under a collation that calls different texts equal; it is never sorted or ranged, nor is a uuid. */
export type Kind =
  | 'int32'
  | 'int64'
  | 'decimal'
  | 'float'
  | 'boolean'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'
  | 'uuid'
  | 'bytes'
  | 'text'
  | 'loose';

/** Kinds whose order is an engine's own affair. */
export const unordered: ReadonlySet<Kind> = new Set(['loose', 'uuid']);
/** Kinds without a least and a greatest. */
export const withoutExtremes: ReadonlySet<Kind> = new Set(['loose', 'uuid', 'bytes', 'boolean']);

export interface ColumnSpec {
  readonly name: string;
  readonly kind: Kind;
  readonly isNullable: boolean;
  /** In the canonical text; `null`: none. */
  readonly byDefault: string | null;
}

/** A canonical text, or null. */
export type Cell = string | null;
/** In the order of the columns. */
export type Row = readonly Cell[];

export interface TableSpec {
  readonly name: string;
  /** The first is a whole number, never null and unique. */
  readonly columns: readonly ColumnSpec[];
  /** Else the first column is unique by chance, and no key. */
  readonly hasKey: boolean;
  readonly rows: readonly Row[];
}

export type GivenRow = readonly (readonly [name: string, value: unknown])[];

export type Step =
  | { readonly kind: 'select'; readonly select: Select }
  | { readonly kind: 'count'; readonly filter: Filter | null }
  | { readonly kind: 'insert'; readonly rows: readonly GivenRow[]; readonly stamps: GivenRow }
  | { readonly kind: 'update'; readonly set: GivenRow; readonly stamps: GivenRow; readonly filter: Filter | null }
  | { readonly kind: 'delete'; readonly filter: Filter | null };

/** Steps of one caller on one table in one transaction, which is rolled back. */
export interface Scene {
  readonly seed: number;
  readonly table: TableSpec;
  readonly grants: readonly Grant[];
  readonly subject: Subject;
  readonly steps: readonly Step[];
}

/** What a step must answer. */
export type Verdict =
  /** One of these refusals. */
  | { readonly kind: 'refused'; readonly codes: ReadonlySet<string> }
  | { readonly kind: 'count'; readonly count: number }
  /** Rows that share a place may come in any order. */
  | {
      readonly kind: 'rows';
      readonly names: readonly string[];
      readonly places: readonly (readonly Row[])[];
      readonly offset: number;
      readonly limit: number | null;
      /** The engine may refuse to go on after a row although the model could. */
      readonly mayRefuse: ReadonlySet<string>;
    }
  | {
      readonly kind: 'written';
      readonly affected: number;
      readonly names: readonly string[];
      readonly rows: readonly Row[];
    };
