/** Checks of the schemas that will be needed: seen, readable, and writable where that is declared. @module */
import { type Found, failed, passed, skipped, warned } from '../../check-findings.js';
import { serverErrno } from '../errors.js';
import type { Privileges } from '../privileges.js';
import { quoteName } from '../quote.js';
import { type Asking, isShowable, privilegesOf, readRows, type SeenSchema, schemasSeen } from './ask.js';
import { grantOnSchemas, readingPrivileges, shownNames, writingPrivileges } from './grant-statements.js';

/**
 * A schema nobody gave us anything in does not exist for us: the server does not say which it is. Statements are
 * proposed for schemas that were named, and for the only one there is.
 */
export async function checkSchemaUsage(asking: Asking): Promise<Found> {
  const there = await schemasSeen(asking);
  const privileges = await privilegesOf(asking);
  const names = new Set(there.map((one) => one.name));
  const missing = (asking.request.schemas ?? []).filter((name) => !names.has(name));
  const shut = there.filter((one) => !mayReadSomethingOf(privileges, one.name)).map((one) => one.name);
  const open = there.filter((one) => mayReadSomethingOf(privileges, one.name));
  const empty = open.filter((one) => one.tables === 0).map((one) => one.name);
  const evidence = {
    schemas: there.length,
    missing: missing.length,
    withoutSelect: shut.length,
    empty: empty.length,
    objects: there.reduce((sum, one) => sum + one.tables, 0),
  };
  const isNamed = asking.request.schemas !== null;
  // Of schemas that nobody named, some are none of our business: who cannot read them is told so, and granted nothing.
  if (!isNamed && shut.length > 0 && open.length > 0) return passed(evidence, shownNames(shut));
  const isClear = isNamed || shut.length === 1;
  const statements = isClear ? grantOnSchemas([...missing, ...shut], readingPrivileges, privileges) : [];
  const objects = shownNames([...missing, ...shut]);
  if (missing.length > 0) {
    // Who may see every schema and does not see this one knows that it is not there.
    const isAbsent = ['SHOW DATABASES', 'ALL PRIVILEGES', 'SELECT'].some((one) => privileges.everywhere.has(one));
    const details = { evidence, objects };
    return isAbsent ? failed('CATALOG_EMPTY', details) : failed('PRIV_SCHEMA_USAGE', { ...details, statements });
  }
  if (shut.length > 0) return failed('PRIV_SELECT', { evidence, objects, statements });
  if (open.length === empty.length) return warned('CATALOG_EMPTY', { evidence, objects: shownNames(empty) });
  return passed(evidence);
}

function mayReadSomethingOf(privileges: Privileges, schema: string): boolean {
  if (privileges.unread > 0 || privileges.ofSchema(schema).has('SELECT')) return true;
  return privileges.tablesOf(schema).some((table) => privileges.ofTable(schema, table).has('SELECT'));
}

/** Schemas of which a row is read; of more, the rest is left. */
const maxSampled = 50;
/** Tables looked at in a schema, and tried until one can be read. */
const maxCandidates = 200;
const maxTries = 3;

/** Reads a row of a table of each schema. Tables come first: a view runs code of its owner's. */
export async function checkSampleRead(asking: Asking): Promise<Found> {
  const privileges = await privilegesOf(asking);
  const isNamed = asking.request.schemas !== null;
  const toRead = (await schemasSeen(asking))
    .filter((one) => one.tables > 0 && (isNamed || mayReadSomethingOf(privileges, one.name)))
    .slice(0, maxSampled);
  if (toRead.length === 0) return skipped({ schemas: 0 });
  const unread: string[] = [];
  const busy: string[] = [];
  let rows = 0;
  let native = 0;
  for (const schema of toRead) {
    const tried = await readOneOf(asking, privileges, schema);
    native = tried.native ?? native;
    rows += tried.rows;
    if (tried.isRead) continue;
    // Locked, or too slow to say: the right to read is not what is missing.
    if (tried.native !== null && busyErrnos.has(tried.native)) busy.push(schema.name);
    else unread.push(schema.name);
  }
  const read = toRead.length - unread.length - busy.length;
  const tables = await readTables(asking, privileges, toRead);
  const told = { readable: tables.readable, unreadable: tables.unreadable, ...(native === 0 ? {} : { native }) };
  const evidence = { schemas: toRead.length, read, rows, ...told };
  const tell = read === toRead.length || (!isNamed && read > 0) ? warned : failed;
  if (read < toRead.length && unread.length === 0) {
    return tell('QUERY_TIMEOUT', { evidence, objects: shownNames([...unread, ...busy]) });
  }
  const shut = new Set(unread);
  const partly = tables.shut.filter((one) => !shut.has(one.schema));
  if (shut.size === 0 && partly.length === 0) return passed(evidence);
  // Schemas of which nothing could be read are named as a whole, and before the tables of the others.
  const objects = [
    ...shownNames([...unread, ...busy]),
    ...partly.flatMap(({ schema, names }) => names.map((name) => shownNames([schema, name]).join('.'))),
  ];
  if (!isNamed && !(read === 0 && toRead.length === 1)) return tell('PRIV_SELECT', { evidence, objects });
  const statements = [
    ...grantOnSchemas(unread, readingPrivileges, privileges),
    ...partly.flatMap(({ schema, names }) => grantOnTables(schema, names, privileges)),
  ];
  return tell('PRIV_SELECT', { evidence, objects, statements });
}

/** Tables of one schema that are named one by one; of more, all are meant. */
const maxNamed = 20;

interface Tables {
  readonly readable: number;
  readonly unreadable: number;
  /** Some of those that cannot be read, by schema. */
  readonly shut: readonly { readonly schema: string; readonly names: readonly string[] }[];
}

/** Which tables the account can see and not read, where a schema as a whole may not be read. */
async function readTables(asking: Asking, privileges: Privileges, schemas: readonly SeenSchema[]): Promise<Tables> {
  let readable = 0;
  let unreadable = 0;
  const shut: { schema: string; names: readonly string[] }[] = [];
  for (const { name: schema, tables } of schemas) {
    // What could not be understood of the grants may be what gives the rest.
    if (privileges.unread > 0 || privileges.ofSchema(schema).has('SELECT')) {
      readable += tables;
      continue;
    }
    const rows = await readRows(
      asking,
      `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE <> 'SEQUENCE'
       ORDER BY CAST(TABLE_NAME AS BINARY) LIMIT ${maxTables}`,
      [schema],
    );
    const names = rows.map(([name]) => name ?? '');
    const closed = names.filter((name) => !privileges.ofTable(schema, name).has('SELECT'));
    readable += names.length - closed.length;
    unreadable += closed.length;
    if (closed.length > 0) shut.push({ schema, names: closed.slice(0, maxNamed + 1) });
  }
  return { readable, unreadable, shut };
}

function grantOnTables(schema: string, names: readonly string[], privileges: Privileges): readonly string[] {
  if (names.length > maxNamed) return grantOnSchemas([schema], readingPrivileges, privileges);
  return [schema, ...names].every(isShowable)
    ? names.map((name) => `GRANT SELECT ON ${quoteName(schema)}.${quoteName(name)} TO ${privileges.account.text}`)
    : [];
}

/** Lock wait, and the time limit of a statement by either server. */
const busyErrnos: ReadonlySet<number> = new Set([1205, 1317, 1969, 3024]);

interface Tried {
  readonly isRead: boolean;
  /** Rows that came: none from an empty table. */
  readonly rows: number;
  readonly native: number | null;
}

async function readOneOf(asking: Asking, privileges: Privileges, { name: schema }: SeenSchema): Promise<Tried> {
  const tables = await readRows(
    asking,
    `SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE <> 'SEQUENCE'
     ORDER BY TABLE_TYPE = 'VIEW', CAST(TABLE_NAME AS BINARY) LIMIT ${maxCandidates}`,
    [schema],
  );
  const isPowerful = privileges.everywhere.has('SUPER') || privileges.everywhere.has('ALL PRIVILEGES');
  const candidates = tables
    // The rights of a powerful account are not lent to whoever made a view.
    .filter(([, type]) => type !== 'VIEW' || !isPowerful)
    .filter(([name]) => privileges.unread > 0 || privileges.ofTable(schema, name ?? '').has('SELECT'));
  let emptyOne = false;
  let native: number | null = null;
  for (const [name] of candidates.slice(0, maxTries)) {
    try {
      const rows = await readRows(asking, `SELECT 1 FROM ${quoteName(schema)}.${quoteName(name ?? '')} LIMIT 1`);
      if (rows.length > 0) return { isRead: true, rows: 1, native };
      emptyOne = true;
    } catch (fault) {
      native = serverErrno(fault);
      if (native === null) throw fault;
    }
  }
  return { isRead: emptyOne, rows: 0, native };
}

/** Tables of a schema that are looked at one by one, where the schema as a whole may not be written to. */
const maxTables = 5_000;

export async function checkWritePrivileges(asking: Asking): Promise<Found> {
  if (asking.request.purpose === 'read') return skipped();
  const privileges = await privilegesOf(asking);
  const there = await schemasSeen(asking);
  const shut: string[] = [];
  const statements: string[] = [];
  for (const { name } of there) {
    const held = privileges.ofSchema(name);
    const lacking = writingPrivileges.filter((one) => !held.has(one));
    if (lacking.length === 0 || (await mayWriteEach(asking, privileges, name))) continue;
    shut.push(name);
    statements.push(...grantOnSchemas([name], lacking, privileges));
  }
  const evidence = { schemas: there.length, writable: there.length - shut.length };
  if (shut.length === 0) return there.length === 0 ? warned('CATALOG_EMPTY', { evidence }) : passed(evidence);
  const objects = shownNames(shut);
  if (asking.request.schemas !== null) return failed('PRIV_WRITE_MISSING', { evidence, objects, statements });
  // Of schemas that nobody named, some are to be read only; where none at all can be written, the purpose fails.
  if (shut.length < there.length) return warned('PRIV_WRITE_MISSING', { evidence, objects });
  return failed('PRIV_WRITE_MISSING', { evidence, objects, statements: shut.length === 1 ? statements : [] });
}

/** Whether every table of the schema, and there is one, may be written to by grants of its own. */
async function mayWriteEach(asking: Asking, privileges: Privileges, schema: string): Promise<boolean> {
  if (privileges.tablesOf(schema).length === 0) return false;
  const rows = await readRows(
    asking,
    `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = 'BASE TABLE'
     LIMIT ${maxTables}`,
    [schema],
  );
  return (
    rows.length > 0 &&
    rows.every(([table]) => writingPrivileges.every((one) => privileges.ofTable(schema, table ?? '').has(one)))
  );
}
