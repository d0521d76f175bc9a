/**
 * Reads the catalogue of one SQLite file in the thread: the names first, then batch by batch what the schema table and
 * the pragmas say about the objects of a batch, in a handful of statements. No statement stays open between batches, so
 * writers are not kept waiting by whoever reads slowly.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type {
  CatalogFault,
  CatalogGroup,
  CatalogItem,
  CatalogRequest,
  CatalogSchema,
  CatalogServer,
} from '../../sources/index.js';
import { catalogNameOf, type FileRights, grantsOn, rightsOn } from '../file-rights.js';
import { KnownFault } from '../file-worker.js';
import { isAfter, matchesAny } from '../name-filter.js';
import { buildTable, type TableRows } from './build-table.js';
import type { Row, SqliteFile } from './connect.js';

/** The one schema of a file. */
export const sqliteSchema = 'main';

/** Tables of one batch, and about how many rows it may hold. */
const batchTables = 64;

/** An object that is to be read. Only names and row numbers of the schema table are held for the whole catalogue. */
interface Listed {
  readonly id: number;
  readonly name: string;
  readonly kind: 'table' | 'view';
  readonly isVirtual: boolean;
}

interface Reading {
  readonly groups: ReadonlySet<CatalogGroup>;
  readonly rights: FileRights;
  readonly objects: readonly Listed[];
  /** Row numbers of indexes and triggers, by the name of their table. */
  readonly belongings: ReadonlyMap<string, readonly number[]>;
  readonly rowEstimates: ReadonlyMap<string, number>;
  /** How many were sent. */
  sent: number;
}

export interface SqliteCatalog {
  describe(request: CatalogRequest): { readonly server: CatalogServer; readonly schemas: readonly CatalogSchema[] };
  /** The next batch; `null` after the last. */
  next(): readonly CatalogItem[] | null;
  fingerprint(schema: string): string | null;
}

export function createSqliteCatalog(file: SqliteFile): SqliteCatalog {
  let reading: Reading | null = null;
  return {
    describe(request) {
      const rights = rightsOn(file.path);
      const catalog = catalogNameOf(file.path);
      const isWanted = request.schemas === null || request.schemas.includes(sqliteSchema);
      reading = isWanted ? startReading(file, request, rights) : null;
      return {
        server: {
          engine: 'sqlite',
          version: file.version,
          catalog,
          collation: 'BINARY',
          timeZone: null,
          isReadOnly: !(rights.isWritable && rights.isFolderWritable),
        },
        schemas: isWanted ? [{ catalog, name: sqliteSchema, owner: null, comment: null }] : [],
      };
    },
    next() {
      if (reading === null || reading.sent >= reading.objects.length) return null;
      const batch = reading.objects.slice(reading.sent, reading.sent + batchTables);
      reading.sent += batch.length;
      return readBatch(file, reading, batch);
    },
    fingerprint: (schema) => (schema === sqliteSchema ? fingerprintOf(file) : null),
  };
}

function startReading(file: SqliteFile, request: CatalogRequest, rights: FileRights): Reading {
  const listed: Listed[] = [];
  const belongings = new Map<string, number[]>();
  let hasStatistics = false;
  const schema = file.each(
    `SELECT rowid AS id, type, name, tbl_name, rootpage FROM sqlite_schema WHERE in_time(rowid)`,
  );
  for (const row of schema) {
    const name = String(row['name']);
    const id = Number(row['id']);
    const kind = row['type'];
    if (name === 'sqlite_stat1') hasStatistics = true;
    if (kind === 'index' || kind === 'trigger') {
      // A trigger keeps its table's name as it was written there.
      const owner = folded(row['tbl_name']);
      const ids = belongings.get(owner);
      if (ids === undefined) belongings.set(owner, [id]);
      else ids.push(id);
    } else if ((kind === 'table' || kind === 'view') && !/^sqlite_/i.test(name)) {
      listed.push({ id, name, kind, isVirtual: kind === 'table' && row['rootpage'] === 0 });
    }
  }
  const shadows = shadowsOf(listed);
  const place = (name: string) => ({ schema: sqliteSchema, section: 'table', name, arguments: '' }) as const;
  const objects = listed
    .filter(({ name }) => !shadows.has(name) && matchesAny(name, request.names) && isAfter(request.after, place(name)))
    .map((object) => ({ object, key: Buffer.from(object.name) }))
    .sort((one, other) => Buffer.compare(one.key, other.key))
    .slice(0, request.limit ?? undefined)
    .map(({ object }) => object);
  const rowEstimates = new Map<string, number>();
  if (hasStatistics) {
    // The first number of an index' statistics is the number of its rows; of no index, the table's.
    const rows = file.each(
      'SELECT tbl, max(CAST(stat AS INTEGER)) AS n FROM sqlite_stat1 WHERE in_time(rowid) GROUP BY tbl',
    );
    for (const row of rows) if (typeof row['n'] === 'number') rowEstimates.set(String(row['tbl']), row['n']);
  }
  return { groups: request.groups, rights, objects, belongings, rowEstimates, sent: 0 };
}

/** Tables in which a virtual one keeps what it holds: the engine's own (https://sqlite.org/vtab.html §2.16). */
function shadowsOf(listed: readonly Listed[]): ReadonlySet<string> {
  const virtual = listed.filter((one) => one.isVirtual).map((one) => one.name);
  return new Set(virtual.flatMap((name) => shadowEndings.map((ending) => `${name}_${ending}`)));
}

const shadowEndings = [
  ...['data', 'idx', 'content', 'docsize', 'config', 'segments', 'segdir', 'stat'],
  ...['node', 'rowid', 'parent'],
];

function readBatch(file: SqliteFile, reading: Reading, batch: readonly Listed[]): readonly CatalogItem[] {
  try {
    return buildItems(reading, batch, readRows(file, reading, batch));
  } catch (fault) {
    if (fault instanceof KnownFault || !isOfOneObject(fault)) throw fault;
    // A view of something that is gone fails for all that are asked with it: each by itself, then.
    return batch.length === 1
      ? readBroken(file, reading, batch)
      : batch.flatMap((one) => readBatch(file, reading, [one]));
  }
}

/** A broken object is told as far as it goes: without its columns. */
function readBroken(file: SqliteFile, reading: Reading, batch: readonly Listed[]): readonly CatalogItem[] {
  const groups = new Set([...reading.groups].filter((group) => group === 'triggers' || group === 'grants'));
  const rest = { ...reading, groups };
  const faultOf = (name: string, group: CatalogFault['group']): CatalogItem => ({
    section: 'fault',
    fault: { schema: sqliteSchema, name, group, reason: 'CATALOG_PARTIAL' },
  });
  try {
    const items = buildItems(rest, batch, readRows(file, rest, batch));
    return [...items, ...batch.map(({ name }) => faultOf(name, 'columns'))];
  } catch (fault) {
    if (fault instanceof KnownFault || !isOfOneObject(fault)) throw fault;
    return batch.map(({ name }) => faultOf(name, 'object'));
  }
}

/** SQLITE_ERROR and SQLITE_TOOBIG speak of a statement, everything else of the file. */
function isOfOneObject(fault: unknown): boolean {
  const code = fault instanceof Error && 'errcode' in fault ? fault.errcode : undefined;
  return code === undefined || code === 1 || code === 18;
}

function readRows(file: SqliteFile, reading: Reading, batch: readonly Listed[]): TableRows {
  const { groups, belongings } = reading;
  const ids = JSON.stringify(batch.map((one) => one.id));
  const related = batch.flatMap((one) => belongings.get(folded(one.name)) ?? []);
  const ask = (isWanted: boolean, sql: string, about = ids) => (isWanted ? file.rows(sql, about) : []);
  const needsText = groups.has('columns') || groups.has('keys') || groups.has('checks');
  return {
    statements: byKey(ask(needsText, `SELECT rowid AS id, sql FROM ${these}`), 'id'),
    columns: byKey(ask(groups.has('columns') || groups.has('keys'), columnsSql), 'id'),
    foreignKeys: byKey(ask(groups.has('keys'), foreignKeysSql), 'id'),
    indexParts: byKey(ask(groups.has('keys') || groups.has('indexes'), indexPartsSql), 'id'),
    belongings: byKey(
      ask(
        groups.has('indexes') || groups.has('triggers'),
        `SELECT type, name, tbl_name, sql FROM ${these} ORDER BY name`,
        JSON.stringify(related),
      ),
      'tbl_name',
    ),
    sizes: byKey(
      ask(groups.has('sizes'), sizesSql, JSON.stringify([...batch.map((one) => one.id), ...related])),
      'tbl_name',
    ),
  };
}

/** `in_time` looks at the clock for every object, because a pragma may be slow for one. */
const these = 'sqlite_schema AS s WHERE s.rowid IN (SELECT value FROM json_each(?)) AND in_time(s.rowid)';
const joined = (pragma: string) =>
  `sqlite_schema AS s, ${pragma} WHERE s.rowid IN (SELECT value FROM json_each(?)) AND in_time(s.rowid)`;

const columnsSql = `SELECT s.rowid AS id, x.cid, x.name, x.type, x."notnull" AS required, x.dflt_value AS otherwise,
  x.pk, x.hidden FROM ${joined("pragma_table_xinfo(s.name, 'main') AS x")}`;

/** A reference without columns means the primary key of the other table. */
const foreignKeysSql = `SELECT s.rowid AS id, f.id AS key, f.seq, f."table" AS target, f."from" AS source,
  coalesce(f."to", (SELECT p.name FROM pragma_table_info(f."table", 'main') AS p WHERE p.pk = f.seq + 1)) AS column,
  f.on_update, f.on_delete FROM ${joined("pragma_foreign_key_list(s.name, 'main') AS f")}`;

const indexPartsSql = `SELECT s.rowid AS id, l.name, l."unique" AS is_unique, l.origin, l.partial, x.seqno,
  x.name AS column FROM sqlite_schema AS s, pragma_index_list(s.name, 'main') AS l, pragma_index_xinfo(l.name, 'main') AS x
  WHERE s.type = 'table' AND s.rowid IN (SELECT value FROM json_each(?)) AND in_time(s.rowid) AND x.key`;

const sizesSql = `SELECT s.tbl_name, sum(d.pgsize) AS bytes FROM sqlite_schema AS s, dbstat AS d
  WHERE s.rowid IN (SELECT value FROM json_each(?)) AND s.rootpage > 0 AND in_time(s.rowid)
  AND d.aggregate = TRUE AND d.name = s.name GROUP BY s.tbl_name`;

function buildItems(reading: Reading, batch: readonly Listed[], rows: TableRows): readonly CatalogItem[] {
  const grants = grantsOn(reading.rights);
  return batch.map((one) => ({
    section: 'table',
    table: buildTable({ ...one, schema: sqliteSchema }, rows, {
      groups: reading.groups,
      rowEstimate: reading.rowEstimates.get(one.name) ?? null,
      grants,
    }),
  }));
}

function byKey(rows: readonly Row[], column: string): ReadonlyMap<unknown, readonly Row[]> {
  const found = new Map<unknown, Row[]>();
  for (const row of rows) {
    const key = typeof row[column] === 'string' ? folded(row[column]) : row[column];
    const group = found.get(key);
    if (group === undefined) found.set(key, [row]);
    else group.push(row);
  }
  return found;
}

/** Names of one schema differ by more than case. */
function folded(name: unknown): string {
  return String(name).toLowerCase();
}

/** Of every definition, in an order of its own; statistics of the engine do not count. */
function fingerprintOf(file: SqliteFile): string {
  const digest = createHash('sha256');
  const rows = file.each(
    `SELECT type, name, tbl_name, sql FROM sqlite_schema
     WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_autoindex%' ESCAPE '\\'
     AND in_time(rowid) ORDER BY type, name, tbl_name`,
  );
  for (const row of rows) digest.update(JSON.stringify([row['type'], row['name'], row['tbl_name'], row['sql']]));
  return digest.digest('hex');
}
