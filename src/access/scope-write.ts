/**
 * Writes narrowed to what their caller's grants let be written: to these columns, of these rows, as they were and as
 * they will be.
 *
 * @module
 */
import {
  allOf,
  anyOf,
  asksAbout,
  asWhere,
  type Bound,
  bindValue,
  type Column,
  type Delete,
  type Given,
  type Insert,
  isAlways,
  never,
  ordersTexts,
  type Predicate,
  planFilter,
  queryErrors,
  type Relation,
  type Update,
  type VisibleColumns,
  withValues,
} from '../query/index.js';
import { type Arm, armsFor, idsOf, rowsInReach, visibleColumns } from './arms.js';
import { accessErrors } from './errors.js';
import { outputOf } from './scope-select.js';
import { mint, type ScopedDelete, type ScopedInsert, type ScopedUpdate } from './scoped-query.js';
import type { Standing } from './subject.js';
import { assertWritable, WritableColumns } from './writable.js';

/** Values of one statement: every engine takes as many, SQLite the fewest (32,766). */
const maxInsertValues = 10_000;

/**
 * Rows to insert, in their order. Rows that different grants let in come as statements of their own, since each must
 * satisfy one of those that allow just its columns; so do rows that are too many for one.
 *
 * @returns One or more, to be run in one transaction.
 * @throws `access.denied` when no grant allows inserts, or only one whose rows cannot be checked for want of a key ·
 *         `query.column_not_writable` · `query.unknown_column` · `query.rows_invalid` · `query.value_invalid`
 */
export function scopeInsert(standing: Standing, relation: Relation, insert: Insert): readonly ScopedInsert[] {
  const arms = armsFor(standing, relation, 'insert');
  assertTable(relation);
  if (insert.rows.length === 0) throw queryErrors.rows_invalid();
  const key = keyOf(relation);
  const output = key.length === 0 ? [] : outputOf(visibleColumns(arms, relation));
  const columns = new WritableColumns(relation, arms);
  const stamps = bindAll(insert.stamps, columns.table);
  const statements: ScopedInsert[] = [];
  for (const { rows, allowedBy } of batches(insert.rows, stamps, columns, arms, key)) {
    const names = new Set(rows.flatMap((row) => [...row.keys()]));
    const given = relation.columns.filter(({ name }) => names.has(name));
    statements.push(
      mint<ScopedInsert>({
        kind: 'insert',
        origin: relation.origin,
        grantIds: idsOf(allowedBy),
        columns: given,
        rows: rows.map((row) => given.map(({ name }) => row.get(name))),
        check: asWhere(rowsInReach(allowedBy)),
        key,
        output,
      }),
    );
  }
  return statements;
}

interface Batch {
  readonly rows: ReadonlyMap<string, Bound>[];
  readonly allowedBy: readonly Arm[];
  values: number;
}

function batches(
  rows: readonly Given[],
  stamps: ReadonlyMap<string, Bound>,
  columns: WritableColumns,
  arms: readonly Arm[],
  key: readonly Column[],
): readonly Batch[] {
  const known = new Map<string, readonly Arm[]>();
  const made: Batch[] = [];
  for (const row of rows) {
    if (row.size + stamps.size === 0) throw queryErrors.rows_invalid();
    const shape = JSON.stringify([...row.keys()]);
    let allowedBy = known.get(shape);
    if (allowedBy === undefined) {
      allowedBy = insertersOf(row, columns, arms, key);
      known.set(shape, allowedBy);
    }
    const bound = new Map([...bindAll(row, columns.table), ...stamps]);
    const last = made.at(-1);
    const isSame =
      last?.allowedBy.length === allowedBy.length && last.allowedBy.every((arm, at) => arm === allowedBy?.[at]);
    if (last !== undefined && isSame && last.values + bound.size <= maxInsertValues) {
      last.rows.push(bound);
      last.values += bound.size;
    } else {
      made.push({ rows: [bound], allowedBy, values: bound.size });
    }
  }
  return made;
}

/** A row that nothing identifies cannot be looked at again, so only who may insert any row inserts it. */
function insertersOf(row: Given, columns: WritableColumns, arms: readonly Arm[], key: readonly Column[]) {
  const allowed = assertWritable(row.keys(), columns, arms);
  const checkable = key.length > 0 ? allowed : allowed.filter(({ rows }) => isAlways(rows));
  if (checkable.length === 0) throw accessErrors.denied();
  return checkable;
}

/**
 * Rows in reach before and after, of the grants that let all these columns be written.
 *
 * @throws `access.denied` when no grant allows updates, or only one whose row filter asks about a derived column ·
 *         `query.column_not_writable` · `query.unknown_column` · `query.rows_invalid` when nothing is set ·
 *         `query.value_invalid` · what {@link planFilter} throws
 */
export function scopeUpdate(standing: Standing, relation: Relation, update: Update): ScopedUpdate {
  const all = armsFor(standing, relation, 'update');
  assertTable(relation);
  if (update.set.size + update.stamps.size === 0) throw queryErrors.rows_invalid();
  const columns = new WritableColumns(relation, all);
  const arms = assertWritable(update.set.keys(), columns, all).filter(canForetell);
  if (arms.length === 0) throw accessErrors.denied();
  const values = new Map([...bindAll(update.set, columns.table), ...bindAll(update.stamps, columns.table)]);
  const visible = visibleColumns(arms, relation);
  const inReach = anyOf(arms.map(({ rows }) => allOf([rows, afterwards(rows, values)])));
  const key = keyOf(relation);
  return mint<ScopedUpdate>({
    kind: 'update',
    origin: relation.origin,
    grantIds: idsOf(arms),
    set: relation.columns.flatMap((column) => {
      const value = values.get(column.name);
      return value === undefined ? [] : [{ column, value }];
    }),
    where: asWhere(narrowed(inReach, update.filter, visible)),
    key,
    output: key.length === 0 ? [] : outputOf(visible),
  });
}

/**
 * The same rows with the new values put in. Where a text stands in an order is its column's collation's to say, and a
 * new value has no column yet: a grant whose rows are told so lets no such value in.
 */
function afterwards(rows: Predicate, values: ReadonlyMap<string, Bound>): Predicate {
  return ordersTexts(rows, values) ? never : withValues(rows, values);
}

/** What the database will make of a derived column is not known before: such rows could leave the reach unseen. */
function canForetell({ rows }: Arm): boolean {
  return !asksAbout(rows, ({ isDerived }) => isDerived === true);
}

/** @throws `access.denied` when no grant allows deletes · what {@link planFilter} throws */
export function scopeDelete(standing: Standing, relation: Relation, deletion: Delete): ScopedDelete {
  const arms = armsFor(standing, relation, 'delete');
  assertTable(relation);
  const visible = visibleColumns(arms, relation);
  const key = keyOf(relation);
  return mint<ScopedDelete>({
    kind: 'delete',
    origin: relation.origin,
    grantIds: idsOf(arms),
    where: asWhere(narrowed(rowsInReach(arms), deletion.filter, visible)),
    key,
    output: key.length === 0 ? [] : outputOf(visible),
  });
}

function narrowed(rows: ReturnType<typeof rowsInReach>, filter: Update['filter'], visible: VisibleColumns) {
  return filter === null ? rows : allOf([rows, planFilter(filter, visible)]);
}

/** What a named query selects is not written to, whoever asks. */
function assertTable({ origin }: Relation): void {
  if (origin.kind === 'query') throw accessErrors.denied();
}

/** What identifies a row: its primary key, else another. */
function keyOf({ columns, primaryKey, uniqueKeys }: Relation): readonly Column[] {
  const names = primaryKey.length > 0 ? primaryKey : (uniqueKeys.find((key) => key.length > 0) ?? []);
  const key = columns.filter(({ name }) => names.includes(name));
  return key.length === names.length ? key : [];
}

/** @throws `query.unknown_column` · `query.value_invalid` */
function bindAll(given: Given, table: VisibleColumns): ReadonlyMap<string, Bound> {
  const values = new Map<string, Bound>();
  for (const [name, value] of given) {
    const found = table.get(name);
    if (found === undefined) throw queryErrors.unknown_column();
    values.set(name, bindValue(found.column, value));
  }
  return values;
}
