/**
 * Scoped inserts, updates and deletes as SQL text with values, for every engine. Where the engine returns what it
 * wrote, the statements do; where it does not, its session reads it by key.
 *
 * @module
 */
import type { ScopedDelete, ScopedInsert, ScopedUpdate } from '../access/index.js';
import type { Bound, Column, Predicate, RelationOrigin } from '../query/index.js';
import { SqlWriter } from './compile-expression.js';
import { relationAlias } from './compile-query.js';
import type { Compiled, Flavour } from './sql-flavour.js';

export interface CompiledInsert<V> extends Compiled<V> {
  /** How many of the query's rows it inserts. */
  readonly rowCount: number;
}

type InsertRow = ScopedInsert['rows'][number];

/**
 * One statement for as many rows as one may have. Where the engine returns rows, each is the output followed by `1`
 * when the row satisfies the check and `0` when not; without key there is neither.
 */
export function compileInsert<V>(flavour: Flavour<V>, query: ScopedInsert): readonly CompiledInsert<V>[] {
  return batchesOf(flavour, query).map((batch) => compileBatch(flavour, query, batch));
}

/** Whether {@link compileInsert} and its like have something to return. */
export function returnsRows(query: ScopedInsert | ScopedUpdate | ScopedDelete): boolean {
  return query.output.length > 0 && query.key.length > 0;
}

/** Rows are returned where the engine can and the query has output. */
export function compileUpdate<V>(
  flavour: Flavour<V>,
  query: ScopedUpdate,
  where: Predicate | null = query.where,
): Compiled<V> {
  const { hasAlias, hasReturning } = flavour.write;
  const writer = new SqlWriter(flavour, hasAlias.update ? relationAlias : '');
  const table = target(flavour, query.origin, hasAlias.update);
  const set = query.set.map(
    ({ column, value }) => `${flavour.quote(column.name)} = ${flavour.assigned(column, value, writer.place)}`,
  );
  const condition = writer.where(where);
  const returning = hasReturning.update && returnsRows(query) ? ` RETURNING ${outputOf(writer, query)}` : '';
  return writer.finish(`UPDATE ${table} SET ${set.join(', ')}${condition}${returning}`);
}

/** Rows are returned where the engine can and the query has output. */
export function compileDelete<V>(
  flavour: Flavour<V>,
  query: ScopedDelete,
  where: Predicate | null = query.where,
): Compiled<V> {
  const { hasAlias, hasReturning } = flavour.write;
  const writer = new SqlWriter(flavour, hasAlias.remove ? relationAlias : '');
  const condition = writer.where(where);
  const returning = hasReturning.remove && returnsRows(query) ? ` RETURNING ${outputOf(writer, query)}` : '';
  return writer.finish(`DELETE FROM ${target(flavour, query.origin, hasAlias.remove)}${condition}${returning}`);
}

interface InsertBatch {
  readonly columns: readonly { readonly column: Column; readonly index: number }[];
  readonly rows: InsertRow[];
}

function batchesOf<V>(flavour: Flavour<V>, query: ScopedInsert): readonly InsertBatch[] {
  const { hasDefaultWord, maxValues, maxCharacters } = flavour.write;
  const all = query.columns.map((column, index) => ({ column, index }));
  const batches: InsertBatch[] = [];
  // By which columns a row gives; where DEFAULT may be written there is one kind of row, and one of nothing at all.
  const open = new Map<string, { readonly batch: InsertBatch; characters: number }>();
  for (const row of query.rows) {
    const given = all.filter(({ index }) => row[index] !== undefined);
    const columns = hasDefaultWord && given.length > 0 ? all : given;
    const kind = columns.map(({ index }) => index).join();
    const characters = row.reduce((sum, value) => sum + (value?.text?.length ?? 0) * 2 + 40, 0);
    const current = open.get(kind);
    const isFull =
      current === undefined ||
      columns.length === 0 ||
      (current.batch.rows.length + 1) * columns.length > maxValues - reservedValues ||
      current.batch.rows.length >= maxRows ||
      current.characters + characters > maxCharacters;
    if (isFull) {
      const batch = { columns, rows: [row] };
      batches.push(batch);
      open.set(kind, { batch, characters });
    } else {
      current.batch.rows.push(row);
      current.characters += characters;
    }
  }
  return batches;
}

/** For output and check. */
const reservedValues = 2_000;
const maxRows = 1_000;

function compileBatch<V>(flavour: Flavour<V>, query: ScopedInsert, batch: InsertBatch): CompiledInsert<V> {
  const { hasAlias, hasReturning, emptyRow } = flavour.write;
  const writer = new SqlWriter(flavour, hasAlias.insert ? relationAlias : '');
  const { columns, rows } = batch;
  const names = columns.map(({ column }) => flavour.quote(column.name)).join(', ');
  const lists = rows.map((row) => {
    const values = columns.map(({ column, index }) => givenOrDefault(flavour, column, row[index], writer));
    return `(${values.join(', ')})`;
  });
  const what = columns.length === 0 ? emptyRow : `(${names}) VALUES ${lists.join(', ')}`;
  const mayReturn = hasReturning.insert && query.key.length > 0;
  const returning =
    mayReturn && (query.output.length > 0 || query.check !== null)
      ? ` RETURNING ${[...query.output.map(({ expression }) => writer.output(expression, false)), checkOf(writer, query)].join(', ')}`
      : '';
  const table = target(flavour, query.origin, hasAlias.insert);
  return { ...writer.finish(`INSERT INTO ${table} ${what}${returning}`), rowCount: rows.length };
}

function givenOrDefault<V>(
  flavour: Flavour<V>,
  column: Column,
  value: Bound | undefined,
  writer: SqlWriter<V>,
): string {
  return value === undefined ? 'DEFAULT' : flavour.assigned(column, value, writer.place);
}

/** `1` when the row satisfies the check. */
function checkOf<V>(writer: SqlWriter<V>, { check }: ScopedInsert): string {
  return check === null ? '1' : `CASE WHEN ${writer.condition(check)} THEN 1 ELSE 0 END`;
}

function outputOf<V>(writer: SqlWriter<V>, { output }: ScopedUpdate | ScopedDelete): string {
  return output.map(({ expression }) => writer.output(expression, false)).join(', ');
}

function target<V>(flavour: Flavour<V>, origin: RelationOrigin, hasAlias: boolean): string {
  if (origin.kind !== 'table') throw new TypeError('only tables are written');
  return `${flavour.table(origin.schema, origin.name)}${hasAlias ? ` AS ${relationAlias}` : ''}`;
}
