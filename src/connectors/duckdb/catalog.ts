/**
 * Reads the catalogue of one DuckDB file in the thread: a stream for every kind of thing, merged schema by schema, sent
 * batch by batch.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { compareBytes } from '../../kernel/byte-order.js';
import type {
  CatalogGroup,
  CatalogItem,
  CatalogRequest,
  CatalogRoutine,
  CatalogSchema,
  CatalogServer,
} from '../../sources/index.js';
import { catalogNameOf, grantsOn, rightsOn } from '../file-rights.js';
import { buildTable, type TableDetails } from './build-table.js';
import {
  columnsQuery,
  constraintsQuery,
  definitionsQuery,
  indexesQuery,
  type Query,
  routinesQuery,
  schemasQuery,
  sequencesQuery,
  tablesQuery,
  typesQuery,
} from './catalog-queries.js';
import type { DuckdbFile, Row } from './connect.js';

/** About so many columns and objects travel together. */
const batchWeight = 1_000;
/** What an object weighs besides its columns. */
const objectWeight = 8;

export interface DuckdbCatalog {
  describe(
    request: CatalogRequest,
  ): Promise<{ readonly server: CatalogServer; readonly schemas: readonly CatalogSchema[] }>;
  /** The next batch; `null` after the last. */
  next(): Promise<readonly CatalogItem[] | null>;
  fingerprint(schema: string): Promise<string | null>;
}

export function createDuckdbCatalog(file: DuckdbFile): DuckdbCatalog {
  let items: AsyncGenerator<CatalogItem> | null = null;
  return {
    async describe(request) {
      const rights = rightsOn(file.path);
      const catalog = catalogNameOf(file.path);
      const schemas = await schemasOf(file, request);
      const [row] = await file.rows("SELECT current_setting('TimeZone'), current_setting('default_collation')");
      items = readItems(
        file,
        request,
        schemas.map(([name]) => String(name)),
        grantsOn(rights),
      );
      return {
        server: {
          engine: 'duckdb',
          version: file.version,
          catalog,
          collation: textOr(row?.[1], 'binary'),
          timeZone: textOr(row?.[0], null),
          isReadOnly: !(rights.isWritable && rights.isFolderWritable),
        },
        schemas: schemas.map(([name, comment]) => ({
          catalog,
          name: String(name),
          owner: null,
          comment: textOr(comment, null),
        })),
      };
    },
    async next() {
      const batch: CatalogItem[] = [];
      for (let weight = 0; weight < batchWeight; ) {
        const { done, value } = (await items?.next()) ?? { done: true, value: undefined };
        if (done === true || value === undefined) break;
        batch.push(value);
        weight += objectWeight + (value.section === 'table' ? (value.table.columns?.length ?? 0) : 0);
      }
      return batch.length === 0 ? null : batch;
    },
    async fingerprint(schema) {
      if ((await schemasOf(file, { schemas: [schema] })).length === 0) return null;
      const digest = createHash('sha256');
      const { sql, values } = definitionsQuery(schema);
      for await (const row of file.stream(sql, values)) digest.update(JSON.stringify(row));
      return digest.digest('hex');
    },
  };
}

function schemasOf(file: DuckdbFile, request: Pick<CatalogRequest, 'schemas'>): Promise<readonly Row[]> {
  const { sql, values } = schemasQuery(request);
  return file.rows(sql, values);
}

/** Every stream is in the order of schema and name, so one pass over all of them is enough. */
async function* readItems(
  file: DuckdbFile,
  request: CatalogRequest,
  schemas: readonly string[],
  grants: readonly string[],
): AsyncGenerator<CatalogItem> {
  const has = (group: CatalogGroup) => request.groups.has(group);
  const open = (isWanted: boolean, query: Query) => new Cursor(isWanted ? file.stream(query.sql, query.values) : null);
  const tables = open(true, tablesQuery(request));
  const columns = open(has('columns'), columnsQuery(request));
  const constraints = open(has('keys') || has('checks'), constraintsQuery(request));
  const indexes = open(has('indexes'), indexesQuery(request));
  const types = open(has('types'), typesQuery(request));
  const sequences = open(has('sequences'), sequencesQuery(request));
  const routines = open(has('routines'), routinesQuery(request));
  let left = request.limit ?? Number.POSITIVE_INFINITY;

  for (const schema of schemas) {
    for await (const row of tables.of(schema)) {
      const table = String(row[1]);
      const details: TableDetails = {
        columns: await columns.all(schema, table),
        constraints: await constraints.all(schema, table),
        indexes: await indexes.all(schema, table),
      };
      if (left-- <= 0) return;
      yield { section: 'table', table: buildTable(row, details, request.groups, grants) };
    }
    for await (const [, name, logical, labels, comment] of types.of(schema)) {
      if (left-- <= 0) return;
      const isEnum = Array.isArray(labels);
      yield {
        section: 'type',
        type: {
          kind: isEnum ? 'enum' : 'domain',
          schema,
          name: String(name),
          values: isEnum ? labels.map(String) : null,
          over: isEnum ? null : String(logical),
          comment: textOr(comment, null),
        },
      };
    }
    for await (const [, name, increment, comment] of sequences.of(schema)) {
      if (left-- <= 0) return;
      yield {
        section: 'sequence',
        sequence: {
          schema,
          name: String(name),
          nativeType: 'BIGINT',
          start: null,
          increment: textOr(increment, null),
          comment: textOr(comment, null),
        },
      };
    }
    for await (const row of routines.of(schema)) {
      if (left-- <= 0) return;
      yield { section: 'routine', routine: routineOf(schema, row) };
    }
  }
}

function routineOf(schema: string, [, name, args, kind, comment]: Row): CatalogRoutine {
  return {
    kind: 'function',
    schema,
    name: String(name),
    arguments: textOr(args, ''),
    returns: kind === 'table_macro' ? 'TABLE' : null,
    language: 'sql',
    volatility: null,
    comment: textOr(comment, null),
  };
}

function textOr<T>(value: unknown, otherwise: T): string | T {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}

/** A stream whose next row can be looked at before it is taken. */
class Cursor {
  readonly #rows: AsyncGenerator<Row> | null;
  #next: Row | null | undefined;

  constructor(rows: AsyncGenerator<Row> | null) {
    this.#rows = rows;
  }

  /** The rows of a schema, from where we are. */
  async *of(schema: string): AsyncGenerator<Row> {
    for (;;) {
      const row = await this.#peek();
      if (row === null || row[0] !== schema) return;
      this.#next = undefined;
      yield row;
    }
  }

  /** The rows of a table; those of tables before it that nobody took are passed over. */
  async all(schema: string, table: string): Promise<readonly Row[]> {
    const found: Row[] = [];
    for (;;) {
      const row = await this.#peek();
      if (row === null) return found;
      const order = compareBytes(String(row[0]), schema) || compareBytes(String(row[1]), table);
      if (order > 0) return found;
      this.#next = undefined;
      if (order === 0) found.push(row);
    }
  }

  async #peek(): Promise<Row | null> {
    if (this.#next === undefined) {
      const taken = await this.#rows?.next();
      this.#next = taken === undefined || taken.done === true ? null : taken.value;
    }
    return this.#next;
  }
}
