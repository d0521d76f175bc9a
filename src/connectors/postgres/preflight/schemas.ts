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
  const role = shut.length === 0 ? '' : await accountName(asking);
  const withRelations = shut.filter((one) => one.relations > 0).map((one) => one.name);
  const statements = [
    ...inLists(quoteAll(unusable.map((one) => one.name))).map((list) => `GRANT USAGE ON SCHEMA ${list} TO ${role}`),
    ...inLists(quoteAll(withRelations)).map((list) => `GRANT SELECT ON ALL TABLES IN SCHEMA ${list} TO ${role}`),
  ];
  const told = (which: readonly (SchemaState | string)[]) =>
    which.map((one) => quoteIdentifier(typeof one === 'string' ? one : one.name));

  if (missing.length > 0) return failed('CATALOG_EMPTY', { evidence, objects: told(missing), statements });
  if (shut.length > 0) {
    const reason = unusable.length > 0 ? 'PRIV_SCHEMA_USAGE' : 'PRIV_SELECT';
    // Of schemas that nobody named, some may be none of our business.
    const tell = asking.request.schemas === null && visible.length > 0 ? warned : failed;
    return tell(reason, { evidence, objects: told(shut), statements });
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
  const toRead = there.filter((one) => one.relations > 0).slice(0, maxSampled);
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
  const evidence = { schemas: toRead.length, read, columnsOnly, rowSecurity, ...refusal };
  if (read === toRead.length) return passed(evidence);
  const tell = asking.request.schemas === null && read > 0 ? warned : failed;
  const objects = quoteAll([...unread, ...busy].map((one) => one.name));
  if (unread.length === 0) return tell('QUERY_TIMEOUT', { evidence, objects });
  const statements = grantReading(
    unread.map((one) => one.name),
    await accountName(asking),
  );
  return tell('PRIV_SELECT', { evidence, objects, statements });
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
