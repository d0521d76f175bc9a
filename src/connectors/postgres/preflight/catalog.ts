/** Checks of the catalogue: its size, and whether all of it can be read. @module */
import { type Found, failed, passed, warned } from '../../check-findings.js';
import { quoteIdentifier } from '../quote.js';
import { type Asking, askedSchemas, isAskedSchema, nameAt, numberAt, readRow, readRows } from './ask.js';

export async function checkCatalogSize(asking: Asking): Promise<Found> {
  const row = await readRow(
    asking,
    `SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ${isAskedSchema}`,
    [askedSchemas(asking.request)],
  );
  const tables = numberAt(row, 0);
  const evidence = { tables, expected: asking.request.catalogTables };
  if (tables > asking.request.catalogTables) return warned('CATALOG_TOO_LARGE', { evidence });
  return tables === 0 ? warned('CATALOG_EMPTY', { evidence }) : passed(evidence);
}

/** What a reading of metadata and the checks here look at. */
const needed = [
  ...['pg_attrdef', 'pg_attribute', 'pg_auth_members', 'pg_class', 'pg_collation', 'pg_constraint', 'pg_database'],
  ...['pg_depend', 'pg_description', 'pg_enum', 'pg_index', 'pg_inherits', 'pg_language', 'pg_namespace', 'pg_proc'],
  ...['pg_roles', 'pg_sequence', 'pg_trigger', 'pg_type', 'pg_am', 'pg_settings'],
];

export async function checkCatalogViews(asking: Asking): Promise<Found> {
  const rows = await readRows(
    asking,
    `SELECT v.name, current_user FROM unnest($1::text[]) AS v(name)
     WHERE coalesce(NOT has_table_privilege(to_regclass('pg_catalog.' || v.name), 'SELECT'), true) ORDER BY v.name`,
    [needed],
  );
  const evidence = { asked: needed.length, missing: rows.length };
  const [first] = rows;
  if (first === undefined) return passed(evidence);
  const views = rows.map((row) => `pg_catalog.${quoteIdentifier(nameAt(row, 0))}`);
  const role = quoteIdentifier(nameAt(first, 1));
  return failed('CATALOG_VIEW_MISSING', {
    evidence,
    objects: views,
    statements: [`GRANT SELECT ON ${views.join(', ')} TO ${role}`],
  });
}
