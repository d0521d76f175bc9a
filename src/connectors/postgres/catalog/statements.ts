/**
 * The statements that read PostgreSQL's catalogue, for servers from version 10 on. One per group for the whole reading:
 * the tables of the reading in their order, and for each of them the rows of the group, found by index. So the first
 * rows come at once, a page costs what it shows, and time grows with what is read.
 *
 * The order of the details follows from the shape: a lateral subquery that may not be flattened (`OFFSET 0`) can only
 * be joined by a nested loop over the ordered tables. {@link sessionSettings} rules out that workers share it.
 *
 * @module
 */

import type { CatalogRequest } from '../../../sources/index.js';
import { conditions, type Dialect, inByteOrder, inSchemas, limitOf, type Selection, Statement } from './selection.js';

/** Longer texts are cut there, in characters: comments, defaults, expressions. */
export const maxTextLength = 65_536;

/**
 * Begins the transaction of a reading. Names are written in full and constants in one way whatever the account's
 * settings are; other sessions may share the snapshot.
 *
 * @param leftMs    Milliseconds for the whole reading.
 * @param snapshot  One that another session exported.
 */
export function beginReading(version: number, leftMs: number, snapshot: string | null): string {
  const ms = Math.max(1, Math.ceil(leftMs));
  const settings = [
    'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
    ...(snapshot === null ? [] : [`SET TRANSACTION SNAPSHOT '${snapshot.replaceAll("'", "''")}'`]),
    `SET LOCAL statement_timeout = ${ms}`,
    `SET LOCAL idle_in_transaction_session_timeout = ${ms}`,
    `SET LOCAL search_path = ''`,
    `SET LOCAL datestyle = 'ISO, YMD'`,
    `SET LOCAL intervalstyle = 'postgres'`,
    `SET LOCAL bytea_output = 'hex'`,
    'SET LOCAL quote_all_identifiers = off',
    'SET LOCAL max_parallel_workers_per_gather = 0',
    'SET LOCAL enable_material = off',
    ...(version >= 110_000 ? ['SET LOCAL jit = off'] : []),
  ];
  return settings.join('; ');
}

/** Facts of the server; asked before {@link beginReading} changes what the account's settings are. */
export const serverFacts = `SELECT current_setting('server_version_num'), current_database(),
  current_setting('TimeZone'), (SELECT datcollate FROM pg_catalog.pg_database WHERE datname = current_database()),
  pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on',
  current_setting('server_encoding')`;

export const exportSnapshot = 'SELECT pg_export_snapshot()';

/** Fields: name, owner, comment. */
export function selectSchemas(request: CatalogRequest, dialect: Dialect): Built {
  const statement = new Statement();
  return built(
    statement,
    `SELECT n.nspname, pg_get_userbyid(n.nspowner), ${commentOn('n.oid', 'pg_namespace')}
FROM pg_namespace n WHERE ${inSchemas(statement, 'n.nspname', request)} ORDER BY ${inByteOrder('n.nspname', dialect)}`,
  );
}

export interface Built {
  readonly sql: string;
  readonly values: Statement['values'];
}

export type BuildStatement = (selection: Selection, dialect: Dialect) => Built;

/** The comment on an object itself; written out, because the server's function for it is slower by far. */
function commentOn(oid: string, catalog: string): string {
  return `(SELECT ${cut('d.description')} FROM pg_description d WHERE d.objoid = ${oid}
    AND d.classoid = '${catalog}'::regclass AND d.objsubid = 0)`;
}

const privileges = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'];

/** Grants of an access list that other tables may share; one that is longer stands for its own table alone. */
const maxSharedGrants = 64;

/**
 * Fields: oid, schema, name, kind, comment, rows, row security, schema and name of the table it is a partition of, its
 * owner and its access list or what stands for it.
 */
export const selectTables: BuildStatement = (selection, dialect) => {
  const statement = new Statement();
  const tables = selectFrom(statement, selection, dialect, tableKinds, [
    'c.relkind',
    'c.reltuples',
    'c.relpages',
    'c.relrowsecurity',
    'c.relispartition',
    'c.relowner',
    'c.relacl',
  ]);
  return built(
    statement,
    `SELECT t.oid, t.nspname, t.relname, t.relkind, ${commentOn('t.oid', 'pg_class')},
  CASE WHEN t.relkind IN ('v', 'c') OR t.reltuples < 0 OR (t.reltuples = 0 AND t.relpages = 0) THEN NULL
    ELSE round(t.reltuples::numeric) END,
  t.relrowsecurity, CASE WHEN t.relispartition THEN (SELECT json_build_array(pn.nspname, p.relname)
    FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
    WHERE i.inhrelid = t.oid LIMIT 1) END,
  t.relowner, CASE WHEN cardinality(t.relacl) > ${maxSharedGrants} THEN t.oid::text ELSE t.relacl::text END
FROM (${tables}) t`,
  );
};

/**
 * What the account may do with some tables. Fields: oid, a word of 1 and 0 in the order of `catalog.ts`.
 * @param oids  Of tables.
 */
export function selectGrants(oids: readonly string[]): Built {
  const word = privileges.map((one) => `has_table_privilege(u.oid, '${one}')::int::text`).join(' || ');
  return { sql: `SELECT u.oid, ${word} FROM unnest($1::oid[]) AS u(oid)`, values: [oids] };
}

/**
 * The text of a default, of a row `d` of `pg_attrdef`. Only a generated column's names columns; for those of its table
 * the server makes unique names each time, which with many columns takes it very long.
 *
 * @param isGenerated  A condition.
 */
export function defaultText(isGenerated: string): string {
  return `pg_get_expr(d.adbin, CASE WHEN ${isGenerated} THEN d.adrelid ELSE 0 END)`;
}

/**
 * A row for each column. Fields: oid, name, number, type, its modifier, not null, default, identity, generated,
 * collation, comment.
 */
export const selectColumns: BuildStatement = (selection, dialect) => {
  const isWhole = selection.request.groups.has('columns');
  const [generated, isGenerated] =
    dialect.version >= 120_000 ? ["nullif(a.attgenerated, '')", "a.attgenerated <> ''"] : ['NULL', 'false'];
  const facts = `, a.atttypid, a.atttypmod, a.attnotnull,
    CASE WHEN a.atthasdef THEN (SELECT ${cut(defaultText(isGenerated))} FROM pg_attrdef d
      WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum) END,
    nullif(a.attidentity, ''), ${generated},
    CASE WHEN a.attcollation NOT IN (0, 100) THEN (SELECT l.collname FROM pg_collation l
      WHERE l.oid = a.attcollation) END,
    (SELECT ${cut('d.description')} FROM pg_description d WHERE d.objoid = a.attrelid
      AND d.classoid = 'pg_class'::regclass AND d.objsubid = a.attnum)`;
  return detail(
    selection,
    dialect,
    tableKinds,
    `SELECT a.attname, a.attnum${isWhole ? facts : ''} FROM pg_attribute a
  WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
  );
};

/**
 * Fields: oid, name, kind, numbers of its columns, check expression; of a foreign key: schema, table, the column there,
 * the columns there when they are several, on delete, on update, deferrable.
 */
export const selectConstraints: BuildStatement = (selection, dialect) => {
  const { groups } = selection.request;
  const wanted = [...(groups.has('keys') ? ['p', 'u', 'f'] : []), ...(groups.has('checks') ? ['c'] : [])];
  const kinds = wanted.map((one) => `'${one}'`).join(', ');
  // A foreign key to a partitioned table has a constraint of its own for each partition there.
  const own =
    dialect.version >= 110_000
      ? `AND NOT (k.conparentid <> 0 AND EXISTS (SELECT FROM pg_constraint o
    WHERE o.oid = k.conparentid AND o.conrelid = k.conrelid))`
      : '';
  const foreign = (value: string) => `CASE WHEN k.contype = 'f' THEN ${value} END`;
  return detail(
    selection,
    dialect,
    ['r', 'p', 'f'],
    `SELECT k.conname, k.contype, k.conkey, CASE WHEN k.contype = 'c' THEN ${cut('pg_get_expr(k.conbin, k.conrelid)')} END,
    ${foreign('(SELECT fn.nspname FROM pg_namespace fn WHERE fn.oid = f.relnamespace)')}, ${foreign('f.relname')},
    ${foreign(`CASE WHEN cardinality(k.confkey) = 1 THEN (SELECT a.attname FROM pg_attribute a
      WHERE a.attrelid = k.confrelid AND a.attnum = k.confkey[1]) END`)},
    ${foreign(`CASE WHEN cardinality(k.confkey) > 1 THEN (SELECT json_agg(a.attname ORDER BY u.place)
      FROM unnest(k.confkey) WITH ORDINALITY AS u(number, place)
      JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number) END`)},
    ${foreign('k.confdeltype')}, ${foreign('k.confupdtype')}, k.condeferrable
  FROM pg_constraint k LEFT JOIN pg_class f ON f.oid = k.confrelid
  WHERE k.conrelid = t.oid AND k.contype IN (${kinds}) ${own}`,
  );
};

/** Fields: oid, name, method, unique, numbers of the columns (0: the next expression), expressions, predicate. */
export const selectIndexes: BuildStatement = (selection, dialect) => {
  // From version 11 on columns may be carried along that are no part of the key.
  const keys = dialect.version >= 110_000 ? 'x.indnkeyatts' : 'x.indnatts';
  return detail(
    selection,
    dialect,
    ['r', 'p', 'm'],
    `SELECT i.relname, m.amname, x.indisunique, (x.indkey::int2[])[0:${keys} - 1],
    CASE WHEN x.indexprs IS NOT NULL THEN (SELECT json_agg(left(pg_get_indexdef(x.indexrelid, p, true), ${maxTextLength} / ${keys}) ORDER BY p)
      FROM generate_series(1, ${keys}) AS p WHERE x.indkey[p - 1] = 0) END,
    CASE WHEN x.indpred IS NOT NULL THEN ${cut('pg_get_expr(x.indpred, x.indrelid)')} END
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am m ON m.oid = i.relam
  WHERE x.indrelid = t.oid`,
    'c.relhasindex',
  );
};

/** Fields: oid, name, kind as bits (PostgreSQL, `catalog/pg_trigger.h`). */
export const selectTriggers: BuildStatement = (selection, dialect) =>
  detail(
    selection,
    dialect,
    tableKinds,
    `SELECT g.tgname, g.tgtype FROM pg_trigger g WHERE g.tgrelid = t.oid AND NOT g.tgisinternal`,
    'c.relhastriggers',
  );

/** Fields: oid, bytes. */
export const selectSizes: BuildStatement = (selection, dialect) =>
  detail(selection, dialect, ['r', 'p', 'm'], 'SELECT pg_total_relation_size(t.oid)');

/** Fields: schema, name, kind, labels, type under a domain, comment. */
export const selectTypes: BuildStatement = (selection, dialect) => {
  const statement = new Statement();
  const names = { oid: 't.oid', schema: 'n.nspname', name: 't.typname' };
  return built(
    statement,
    `SELECT t.nspname, t.typname, t.typtype,
  CASE WHEN t.typtype = 'e' THEN (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e
    WHERE e.enumtypid = t.oid) END,
  CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END, ${commentOn('t.oid', 'pg_type')}
FROM (SELECT t.oid, n.nspname, t.typname, t.typtype, t.typbasetype, t.typtypmod
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE t.typtype IN ('e', 'd') AND ${conditions(statement, dialect, selection, names)}
  ORDER BY ${inByteOrder('n.nspname', dialect)}, ${inByteOrder('t.typname', dialect)}
  ${limitOf(statement, selection)}) t`,
  );
};

/** Fields: schema, name, type, start, increment, comment. What an identity column has for itself is left out. */
export const selectSequences: BuildStatement = (selection, dialect) => {
  const statement = new Statement();
  const own = `NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
    AND d.deptype = 'i')`;
  const sequences = selectFrom(statement, selection, dialect, ['S'], [], own);
  return built(
    statement,
    `SELECT t.nspname, t.relname, format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement,
  ${commentOn('t.oid', 'pg_class')}
FROM (${sequences}) t LEFT JOIN LATERAL (SELECT s.* FROM pg_sequence s WHERE s.seqrelid = t.oid OFFSET 0) s ON true`,
  );
};

/** Fields: schema, name, arguments, kind, result, language, volatility, comment. */
export const selectRoutines: BuildStatement = (selection, dialect) => {
  const statement = new Statement();
  const kind =
    dialect.version >= 110_000 ? 'p.prokind' : `CASE WHEN p.proisagg THEN 'a' WHEN p.proiswindow THEN 'w' ELSE 'f' END`;
  const identity = 'pg_get_function_identity_arguments(p.oid)';
  const names = { oid: 'p.oid', schema: 'n.nspname', name: 'p.proname', arguments: identity };
  return built(
    statement,
    `SELECT t.nspname, t.proname, ${cut('t.arguments')}, t.kind, ${cut('pg_get_function_result(t.oid)')},
  (SELECT l.lanname FROM pg_language l WHERE l.oid = t.prolang), t.provolatile,
  ${commentOn('t.oid', 'pg_proc')}
FROM (SELECT p.oid, n.nspname, p.proname, ${identity} AS arguments, ${kind} AS kind, p.prolang, p.provolatile
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${conditions(statement, dialect, selection, names)}
  ORDER BY ${inByteOrder('n.nspname', dialect)}, ${inByteOrder('p.proname', dialect)}, ${inByteOrder(identity, dialect)}
  ${limitOf(statement, selection)}) t`,
  );
};

export const tableKinds = ['r', 'p', 'v', 'm', 'f'];

/** The relations of a selection in their order. @param kinds, more  Written by us. */
function selectFrom(
  statement: Statement,
  selection: Selection,
  dialect: Dialect,
  kinds: readonly string[],
  fields: readonly string[],
  condition = 'true',
): string {
  const names = { oid: 'c.oid', schema: 'n.nspname', name: 'c.relname' };
  const isKind = `c.relkind IN (${kinds.map((kind) => `'${kind}'`).join(', ')})`;
  return `SELECT ${['c.oid', 'n.nspname', 'c.relname', ...fields].join(', ')}
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${isKind} AND ${condition} AND ${conditions(statement, dialect, selection, names)}
  ORDER BY ${inByteOrder('n.nspname', dialect)}, ${inByteOrder('c.relname', dialect)} ${limitOf(statement, selection)}`;
}

/**
 * Rows of details of the tables of a selection. With a limit, all kinds are counted as the tables themselves are, and
 * those that have no such details are left out after it.
 */
export function detail(
  selection: Selection,
  dialect: Dialect,
  kinds: readonly string[],
  rows: string,
  flag = 'true',
): Built {
  const statement = new Statement();
  const isLimited = selection.request.limit !== null && selection.oids === null;
  const tables = isLimited
    ? selectFrom(statement, selection, dialect, tableKinds, [])
    : selectFrom(statement, selection, dialect, kinds, [], flag);
  return built(statement, `SELECT t.oid, x.* FROM (${tables}) t CROSS JOIN LATERAL (${rows} OFFSET 0) x`);
}

function cut(text: string): string {
  return `left(${text}, ${maxTextLength})`;
}

function built(statement: Statement, sql: string): Built {
  return { sql, values: statement.values };
}
