/**
 * A query that has been narrowed to what its caller may do: the only thing a connector runs. Minted in
 * this room alone, so that nothing can be run that no grant was asked about.
 *
 * @module
 */

import type { Bound, Column, Expression, OrderTerm, OutputColumn, Predicate, RelationOrigin } from '../query/index.js';
import { assertStatementSize } from './statement-size.js';

declare const scoped: unique symbol;

interface Scoped {
  readonly [scoped]: true;
  readonly origin: RelationOrigin;
  /** Ids of the grants that let it through; empty for the operator of the machine. */
  readonly grantIds: readonly string[];
}

export interface ScopedSelect extends Scoped {
  readonly kind: 'select';
  readonly output: readonly OutputColumn[];
  readonly where: Predicate | null;
  readonly groupBy: readonly Expression[];
  readonly isDistinct: boolean;
  readonly orderBy: readonly OrderTerm[];
  readonly limit: number | null;
  readonly offset: number;
}

export interface ScopedCount extends Scoped {
  readonly kind: 'count';
  readonly where: Predicate | null;
}

/**
 * Rows to insert. A row that is there afterwards and does not satisfy `check` must not stay: the transaction is rolled
 * back and the answer is `isOutOfReach`.
 */
export interface ScopedInsert extends Scoped {
  readonly kind: 'insert';
  /** Columns of every row, in this order. A value that is absent (`undefined`) takes the database's default. */
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly (Bound | undefined)[])[];
  /** `null`: nothing to check. */
  readonly check: Predicate | null;
  /** Identifies a row that was inserted; empty where there is no key, and then nothing can be checked or returned. */
  readonly key: readonly Column[];
  /** What the caller may see of the rows afterwards. */
  readonly output: readonly OutputColumn[];
}

/** `where` says both: that a row was in reach before, and that it is in reach with the new values. */
export interface ScopedUpdate extends Scoped {
  readonly kind: 'update';
  readonly set: readonly { readonly column: Column; readonly value: Bound }[];
  readonly where: Predicate | null;
  readonly key: readonly Column[];
  readonly output: readonly OutputColumn[];
}

export interface ScopedDelete extends Scoped {
  readonly kind: 'delete';
  readonly where: Predicate | null;
  readonly key: readonly Column[];
  /** As they were. */
  readonly output: readonly OutputColumn[];
}

export type ScopedWrite = ScopedInsert | ScopedUpdate | ScopedDelete;
export type ScopedQuery = ScopedSelect | ScopedCount | ScopedWrite;

type Parts = Partial<Pick<ScopedSelect, 'where' | 'output' | 'groupBy' | 'orderBy'> & Pick<ScopedInsert, 'check'>>;

/**
 * The one maker. Whoever calls it has asked every grant there is.
 *
 * @throws `query.filter_too_large` when an engine could not take all its values
 */
export function mint<T extends ScopedQuery>(fields: { readonly [Name in Exclude<keyof T, symbol>]: T[Name] }): T {
  const { where, check, groupBy, output, orderBy } = fields as Parts;
  const sorted = orderBy?.map(({ expression }) => expression) ?? [];
  const shown = output?.map(({ expression }) => expression) ?? [];
  assertStatementSize(where ?? check ?? null, [...shown, ...sorted, ...(groupBy ?? [])]);
  return Object.freeze(fields) as ScopedQuery & T;
}
