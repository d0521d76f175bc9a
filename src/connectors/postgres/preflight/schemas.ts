/** Checks of the schemas that will be needed: that they can be used, and that a row can be read in each. @module */
import type { CheckFinding } from '../../../sources/index.js';
import { type Found, failed, passed, skipped, warned } from '../../check-findings.js';
import { isServerError } from '../connect.js';
import { quoteIdentifier, quoteName } from '../quote.js';
import {
  type Asking,
  askedSchemas,
  flagAt,
  inLists,
  isAskedSchema,
  nameAt,
  numberAt,
  quoteAll,
  readRow,
  readRows,
} from './ask.js';

/** Schemas that are looked at. */
const maxSchemas = 1_000;

interface SchemaState {
  readonly name: string;
  readonly isUsable: boolean;
  /** Tables, views and the like. */
  readonly relations: number;
  /** Of them: with the right to read at least a column. */
  readonly readable: number;
}

/** Schemas of the request that are there, in byte order. */
async function readSchemas(asking: Asking): Promise<readonly SchemaState[]> {
  const rows = await readRows(
    asking,
    `SELECT n.nspname, has_schema_privilege(n.oid, 'USAGE'), count(c.oid),
       count(c.oid) FILTER (WHERE has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'))
     FROM pg_namespace n
       LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
     WHERE ${isAskedSchema}
     GROUP BY n.oid, n.nspname ORDER BY n.nspname COLLATE "C" LIMIT ${maxSchemas}`,
    [askedSchemas(asking.request)],
  );
  return rows.map((row) => ({
    name: nameAt(row, 0),
    isUsable: flagAt(row, 1),
    relations: numberAt(row, 2),
    readable: numberAt(row, 3),
  }));
}

async function accountName(asking: Asking): Promise<string> {
  return quoteIdentifier(nameAt(await readRow(asking, 'SELECT current_user'), 0));
}

/** The statements that let an account read the tables of schemas. @param role  Quoted. */
export function grantReading(schemas: readonly string[], role: string): readonly string[] {
  return inLists(quoteAll(schemas)).flatMap((list) => [
    `GRANT USAGE ON SCHEMA ${list} TO ${role}`,
    `GRANT SELECT ON ALL TABLES IN SCHEMA ${list} TO ${role}`,
  ]);
}

/**
 * Whether the schemas can be used. Statements are proposed for schemas that were named, and for the only one there is;
 * an account that can use some of the schemas nobody named lacks nothing.
 */
export async function checkSchemaUsage(asking: Asking): Promise<Found> {
  const there = await readSchemas(asking);
  const names = new Set(there.map((one) => one.name));
  const missing = (asking.request.schemas ?? []).filter((name) => !names.has(name));
  const unusable = there.filter((one) => !one.isUsable);
  const invisible = there.filter((one) => one.isUsable && one.relations > 0 && one.readable === 0);
  const empty = there.filter((one) => one.isUsable && one.relations === 0);
  const visible = there.filter((one) => one.isUsable && one.readable > 0);
  const evidence = {
    schemas: there.length,
    missing: missing.length,
    withoutUsage: unusable.length,
    withoutReadableObjects: invisible.length,
    empty: empty.length,
    objects: there.reduce((sum, one) => sum + one.relations, 0),
    readable: visible.reduce((sum, one) => sum + one.readable, 0),
  };
  const shut = [...unusable, ...invisible];
  const told = (which: readonly (SchemaState | string)[]) =>
    which.map((one) => quoteIdentifier(typeof one === 'string' ? one : one.name));
  // Of schemas that nobody named, some are none of our business: who cannot use them is told so, and granted nothing.
  if (asking.request.schemas === null && visible.length > 0) return passed(evidence, told(shut));

  const isClear = asking.request.schemas !== null || shut.length === 1;
  const role = isClear && shut.length > 0 ? await accountName(asking) : '';
  const withRelations = shut.filter((one) => one.relations > 0).map((one) => one.name);
  const statements = isClear
    ? [
        ...inLists(quoteAll(unusable.map((one) => one.name))).map((list) => `GRANT USAGE ON SCHEMA ${list} TO ${role}`),
        ...inLists(quoteAll(withRelations)).map((list) => `GRANT SELECT ON ALL TABLES IN SCHEMA ${list} TO ${role}`),
      ]
    : [];

  if (missing.length > 0) return failed('CATALOG_EMPTY', { evidence, objects: told(missing), statements });
  if (shut.length > 0) {
    const reason = unusable.length > 0 ? 'PRIV_SCHEMA_USAGE' : 'PRIV_SELECT';
    return failed(reason, { evidence, objects: told(shut), statements });
  }
  if (visible.length === 0) return warned('CATALOG_EMPTY', { evidence, objects: told(empty) });
  return passed(evidence);
}

/** Schemas of which a row is read; of more, the rest is left. */
const maxSampled = 50;
/** Tables tried in a schema until one can be read. */
const maxTries = 3;

interface Candidate {
  readonly schema: string;
  readonly name: string;
  readonly hasRowSecurity: boolean;
  readonly isWhole: boolean;
}

/**
 * Reads a row of a table of each schema. Tables come first. Views and tables with row-level security run code of their
 * owners with the rights of whoever reads them: a superuser's are not lent to them.
 */
export async function checkSampleRead(asking: Asking): Promise<Found> {
  const there = await readSchemas(asking);
  const rows = await readRows(
    asking,
    `SELECT s.nspname, s.relname, s.secured, s.whole FROM (
       SELECT n.nspname, c.relname, c.relkind, row_security_active(c.oid) AS secured,
         has_table_privilege(c.oid, 'SELECT') AS whole,
         row_number() OVER (PARTITION BY n.oid ORDER BY c.relkind = 'v', row_security_active(c.oid),
           has_table_privilege(c.oid, 'SELECT') DESC, c.reltuples > 0 DESC, c.relname) AS place
       FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid
         AND c.relkind IN ('r', 'p', 'm', 'v') AND c.relispopulated
       WHERE ${isAskedSchema} AND has_schema_privilege(n.oid, 'USAGE')
         AND (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'))
         AND NOT (c.relkind = 'v' AND (SELECT rolsuper FROM pg_roles WHERE rolname = current_user))
     ) s WHERE s.place <= ${maxTries} ORDER BY s.nspname COLLATE "C", s.place LIMIT ${maxSampled * maxTries}`,
    [askedSchemas(asking.request)],
  );
  const candidates = new Map<string, Candidate[]>();
  for (const row of rows) {
    const one = {
      schema: nameAt(row, 0),
      name: nameAt(row, 1),
      hasRowSecurity: flagAt(row, 2),
      isWhole: flagAt(row, 3),
    };
    candidates.set(one.schema, [...(candidates.get(one.schema) ?? []), one]);
  }
  const isNamed = asking.request.schemas !== null;
  const toRead = there.filter((one) => one.relations > 0 && (isNamed || one.isUsable)).slice(0, maxSampled);
  if (toRead.length === 0) return skipped({ schemas: there.length });

  const unread: SchemaState[] = [];
  const busy: SchemaState[] = [];
  let refusal: CheckFinding['evidence'] = {};
  let columnsOnly = 0;
  let rowSecurity = 0;
  for (const schema of toRead) {
    const { candidate, native } = await readOneOf(asking, candidates.get(schema.name) ?? []);
    if (native !== null) refusal = { native };
    if (candidate?.isWhole === false) columnsOnly += 1;
    if (candidate?.hasRowSecurity === true) rowSecurity += 1;
    if (candidate !== null) continue;
    // Locked, or too slow to say: the right to read is not what is missing.
    if (native === '55P03' || native === '57014') busy.push(schema);
    else unread.push(schema);
  }
  const read = toRead.length - unread.length - busy.length;
  const usable = toRead.filter((one) => one.isUsable);
  const readable = usable.reduce((sum, one) => sum + one.readable, 0);
  const unreadable = usable.reduce((sum, one) => sum + one.relations - one.readable, 0);
  const evidence = { schemas: toRead.length, read, readable, unreadable, columnsOnly, rowSecurity, ...refusal };
  const tell = read === toRead.length || (!isNamed && read > 0) ? warned : failed;
  if (read < toRead.length && unread.length === 0) {
    return tell('QUERY_TIMEOUT', { evidence, objects: quoteAll(busy.map((one) => one.name)) });
  }
  if (unread.length === 0 && unreadable === 0) return passed(evidence);
  const shut = new Set(unread.map((one) => one.name));
  const tables = await readUnreadable(asking);
  const partly = new Map([...tables].filter(([schema]) => !shut.has(schema)));
  // Schemas of which nothing could be read are named as a whole, and before the tables of the others.
  const objects = [
    ...quoteAll([...shut, ...busy.map((one) => one.name)]),
    ...[...partly].flatMap(([schema, names]) => names.map((name) => quoteName(schema, name))),
  ];
  if (!isNamed && !(read === 0 && toRead.length === 1)) return tell('PRIV_SELECT', { evidence, objects });
  const role = await accountName(asking);
  const statements = [
    ...(shut.size === 0 ? [] : grantReading([...shut], role)),
    ...[...partly].flatMap(([schema, names]) => grantTables(schema, names, role)),
  ];
  return tell('PRIV_SELECT', { evidence, objects, statements });
}

/** Tables of one schema that are named one by one; of more, all are meant. */
const maxNamed = 20;

/** Tables, views and the like that cannot be read although their schema can be used, by schema: some of each. */
async function readUnreadable(asking: Asking): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await readRows(
    asking,
    `SELECT s.nspname, s.relname FROM (
       SELECT n.nspname, c.relname, row_number() OVER (PARTITION BY n.oid ORDER BY c.relname COLLATE "C") AS place
       FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
       WHERE ${isAskedSchema} AND has_schema_privilege(n.oid, 'USAGE')
         AND NOT (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'))
     ) s WHERE s.place <= ${maxNamed + 1} ORDER BY s.nspname COLLATE "C", s.place LIMIT ${maxSampled * maxNamed}`,
    [askedSchemas(asking.request)],
  );
  const found = new Map<string, string[]>();
  for (const row of rows) {
    const schema = nameAt(row, 0);
    found.set(schema, [...(found.get(schema) ?? []), nameAt(row, 1)]);
  }
  return found;
}

function grantTables(schema: string, names: readonly string[], role: string): readonly string[] {
  if (names.length > maxNamed) return [`GRANT SELECT ON ALL TABLES IN SCHEMA ${quoteIdentifier(schema)} TO ${role}`];
  return inLists(names.map((name) => quoteName(schema, name))).map((list) => `GRANT SELECT ON ${list} TO ${role}`);
}

/** @returns the first that could be read, and the code of the last refusal. */
async function readOneOf(
  asking: Asking,
  candidates: readonly Candidate[],
): Promise<{ readonly candidate: Candidate | null; readonly native: string | null }> {
  const { session, statementMs } = asking;
  let native: string | null = null;
  for (const candidate of candidates) {
    try {
      const limits = `SET LOCAL statement_timeout = ${statementMs}; SET LOCAL lock_timeout = ${lockMs}`;
      await session.ask(
        `BEGIN READ ONLY; ${limits}; SELECT 1 FROM ${quoteName(candidate.schema, candidate.name)} LIMIT 1; ROLLBACK`,
      );
      return { candidate, native };
    } catch (fault) {
      if (!isServerError(fault)) throw fault;
      native = /^[0-9A-Z]{5}$/.test(fault.code ?? '') ? (fault.code ?? null) : null;
      await session.ask('ROLLBACK');
    }
  }
  return { candidate: null, native };
}

/** A table that somebody has locked is passed over. */
const lockMs = 250;
