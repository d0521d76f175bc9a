/** Checks of the catalogue: its size, and whether all of it can be read. @module */
import { type Found, failed, passed, warned } from '../../check-findings.js';
import { isServerRefusal } from '../errors.js';
import { type Asking, privilegesOf, readRows, schemasSeen } from './ask.js';

export async function checkCatalogSize(asking: Asking): Promise<Found> {
  const tables = (await schemasSeen(asking)).reduce((sum, one) => sum + one.tables, 0);
  const evidence = { tables, expected: asking.request.catalogTables };
  if (tables > asking.request.catalogTables) return warned('CATALOG_TOO_LARGE', { evidence });
  return tables === 0 ? warned('CATALOG_EMPTY', { evidence }) : passed(evidence);
}

/** What a reading of metadata looks at; each is asked about a schema that cannot be. */
const needed = [
  ['SCHEMATA', 'SCHEMA_NAME'],
  ['TABLES', 'TABLE_SCHEMA'],
  ['COLUMNS', 'TABLE_SCHEMA'],
  ['STATISTICS', 'TABLE_SCHEMA'],
  ['KEY_COLUMN_USAGE', 'TABLE_SCHEMA'],
  ['REFERENTIAL_CONSTRAINTS', 'CONSTRAINT_SCHEMA'],
  ['CHECK_CONSTRAINTS', 'CONSTRAINT_SCHEMA'],
  ['TRIGGERS', 'TRIGGER_SCHEMA'],
  ['ROUTINES', 'ROUTINE_SCHEMA'],
  ['PARAMETERS', 'SPECIFIC_SCHEMA'],
] as const;

/** Triggers and routines are shown only to who could change them: that is told, and no fault. */
export async function checkCatalogViews(asking: Asking): Promise<Found> {
  const missing: string[] = [];
  for (const [view, schema] of needed) {
    try {
      await readRows(asking, `SELECT 1 FROM information_schema.${view} WHERE ${schema} = '' LIMIT 1`);
    } catch (fault) {
      if (!isServerRefusal(fault)) throw fault;
      missing.push(`information_schema.${view}`);
    }
  }
  const privileges = await privilegesOf(asking);
  const schemas = await schemasSeen(asking);
  const seesAll = (...any: readonly string[]) =>
    schemas.every(({ name }) => any.some((one) => privileges.ofSchema(name).has(one)));
  const evidence = {
    asked: needed.length,
    missing: missing.length,
    seesTriggers: seesAll('TRIGGER'),
    seesRoutines:
      seesAll('EXECUTE', 'CREATE ROUTINE', 'ALTER ROUTINE') || privileges.ofTable('mysql', 'proc').has('SELECT'),
  };
  if (missing.length > 0) return failed('CATALOG_VIEW_MISSING', { evidence, objects: missing });
  return privileges.unread > 0
    ? warned('CATALOG_PARTIAL', { evidence: { ...evidence, unreadGrants: privileges.unread } })
    : passed(evidence);
}
