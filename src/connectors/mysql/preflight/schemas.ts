/** Checks of the schemas that will be needed: seen, readable, and writable where that is declared. @module */
import { type Found, failed, passed, skipped, warned } from '../../check-findings.js';
import { serverErrno } from '../errors.js';
import type { Privileges } from '../privileges.js';
import { quoteName } from '../quote.js';
import { type Asking, privilegesOf, readRows, type SeenSchema, schemasSeen } from './ask.js';
import { grantOnSchemas, readingPrivileges, shownNames, writingPrivileges } from './grant-statements.js';

/** A schema nobody gave us anything in does not exist for us: the server does not say which it is. */
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
  const statements = grantOnSchemas([...missing, ...shut], readingPrivileges, privileges);
  const objects = shownNames([...missing, ...shut]);
  if (missing.length > 0) {
    // Who may see every schema and does not see this one knows that it is not there.
    const isAbsent = ['SHOW DATABASES', 'ALL PRIVILEGES', 'SELECT'].some((one) => privileges.everywhere.has(one));
    const details = { evidence, objects };
    return isAbsent ? failed('CATALOG_EMPTY', details) : failed('PRIV_SCHEMA_USAGE', { ...details, statements });
  }
  if (shut.length > 0) {
    // Of schemas that nobody named, some may be none of our business.
    const tell = asking.request.schemas === null && open.length > 0 ? warned : failed;
    return tell('PRIV_SELECT', { evidence, objects, statements });
  }
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
  const toRead = (await schemasSeen(asking)).filter((one) => one.tables > 0).slice(0, maxSampled);
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
  const evidence = { schemas: toRead.length, read, rows, ...(native === 0 ? {} : { native }) };
  if (read === toRead.length) return passed(evidence);
  const tell = asking.request.schemas === null && read > 0 ? warned : failed;
  const objects = shownNames([...unread, ...busy]);
  if (unread.length === 0) return tell('QUERY_TIMEOUT', { evidence, objects });
  return tell('PRIV_SELECT', { evidence, objects, statements: grantOnSchemas(unread, readingPrivileges, privileges) });
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
  return failed('PRIV_WRITE_MISSING', { evidence, objects: shownNames(shut), statements });
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
