/**
 * The columns a query is planned over: each with the expression that stands for it. What is not among them does not
 * exist for the query, whatever the table has.
 *
 * @module
 */
import type { ErrorDetails } from '../kernel/errors.js';
import type { Bound, Expression } from './algebra.js';
import { queryErrors } from './errors.js';
import type { Column, Relation } from './relation.js';
import { bindValue } from './values.js';

export interface VisibleColumn {
  readonly column: Column;
  readonly expression: Expression;
  /** Something else may stand in for its values. */
  readonly isMasked: boolean;
}

/** By name, in the order of the table. A map: `__proto__` and `constructor` are names like any other. */
export type VisibleColumns = ReadonlyMap<string, VisibleColumn>;

/** Every column as it is. */
export function allColumns(relation: Relation): VisibleColumns {
  const columns = new Map<string, VisibleColumn>();
  for (const column of relation.columns) {
    columns.set(column.name, { column, expression: { kind: 'column', column }, isMasked: false });
  }
  return columns;
}

/** @throws `query.unknown_column` */
export function findColumn(columns: VisibleColumns, name: unknown): VisibleColumn {
  const found = typeof name === 'string' ? columns.get(name) : undefined;
  if (found === undefined) throw queryErrors.unknown_column({ details: namedField(name) });
  return found;
}

/** A name the caller wrote, as the field of a refusal; nothing when it is not fit to be shown. */
export function namedField(name: unknown): ErrorDetails {
  const isPlain = typeof name === 'string' && name.length <= 128 && !/[\p{C}\p{Z}]/u.test(name);
  return isPlain && name !== '' ? { field: name } : {};
}

/** Judges a value and binds it; grants look their placeholders up on the way. */
export type BindValue = (visible: VisibleColumn, value: unknown) => Bound;

/** A value that is compared with what stands for the column. @throws `query.value_invalid` */
export function bindCompared({ column, expression }: VisibleColumn, value: unknown): Bound {
  const bound = bindValue(column, value);
  // What a mask leaves of a text is longer or shorter than the column's own type may allow.
  return isAsDeclared(expression) ? bound : { ...bound, nativeType: null };
}

function isAsDeclared(expression: Expression): boolean {
  if (expression.kind === 'masked') return expression.mask.kind === 'null' || expression.mask.kind === 'truncate';
  return expression.kind !== 'cases' || expression.cases.every(({ then }) => isAsDeclared(then));
}
