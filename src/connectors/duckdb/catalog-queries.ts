/**
 * What is asked for DuckDB's catalogue: one statement for each kind of thing, all ordered by schema and name in byte
 * order, so that they can be read side by side. Choosing is the engine's work.
 *
 * @module
 */
import type { CatalogRequest, CatalogSection } from '../../sources/index.js';
import { rankOf } from '../name-filter.js';

export interface Query {
  readonly sql: string;
  readonly values: readonly string[];
}

const here = 'database_name = current_database()';
const ownSchemas = "('information_schema', 'pg_catalog')";

/** Name and comment. */
export function schemasQuery({ schemas }: Pick<CatalogRequest, 'schemas'>): Query {
  const chosen = schemas === null ? '' : ` AND schema_name IN (${placesFor(schemas)})`;
  return {
    sql: `SELECT schema_name, comment FROM duckdb_schemas()
      WHERE ${here} AND schema_name NOT IN ${ownSchemas}${chosen} ORDER BY 1`,
    values: schemas ?? [],
  };
}

/** Schema, name, kind, comment, estimated rows, text of the CREATE statement. */
export function tablesQuery(request: CatalogRequest): Query {
  const ofTables = where(request, 'table', 'table_name');
  const ofViews = where(request, 'table', 'view_name');
  return {
    sql: `SELECT schema_name, table_name AS name, 'table' AS kind, comment, estimated_size, sql
        FROM duckdb_tables() WHERE ${ofTables.sql}
      UNION ALL SELECT schema_name, view_name, 'view', comment, NULL, NULL FROM duckdb_views() WHERE ${ofViews.sql}
      ORDER BY 1, 2${limitOf(request)}`,
    values: [...ofTables.values, ...ofViews.values],
  };
}

/** Schema, table, name, type, whether null is allowed, default, precision, scale, comment. */
export function columnsQuery(request: CatalogRequest): Query {
  return ofChosenTables(
    request,
    `SELECT schema_name, table_name, column_name, data_type, is_nullable, column_default, numeric_precision,
      numeric_scale, comment FROM duckdb_columns() WHERE NOT internal`,
    'column_index',
  );
}

/** Schema, table, kind, name, columns, expression, referenced table and its columns. */
export function constraintsQuery(request: CatalogRequest): Query {
  return ofChosenTables(
    request,
    `SELECT schema_name, table_name, constraint_type, constraint_name, constraint_column_names, expression,
      referenced_table, referenced_column_names FROM duckdb_constraints() WHERE constraint_type <> 'NOT NULL'`,
    'constraint_index',
  );
}

/** Schema, table, name, whether it is unique, text of the CREATE statement. */
export function indexesQuery(request: CatalogRequest): Query {
  return ofChosenTables(
    request,
    'SELECT schema_name, table_name, index_name, is_unique, sql FROM duckdb_indexes() WHERE true',
    'index_name',
  );
}

/** Schema, name, type it stands for, labels, comment. */
export function typesQuery(request: CatalogRequest): Query {
  const chosen = where(request, 'type', 'type_name');
  return {
    sql: `SELECT schema_name, type_name, logical_type, labels, comment FROM duckdb_types() WHERE ${chosen.sql}
      ORDER BY 1, 2${limitOf(request)}`,
    values: chosen.values,
  };
}

/** Schema, name, increment, comment. Where a sequence started is not kept: the file holds where it goes on. */
export function sequencesQuery(request: CatalogRequest): Query {
  const chosen = where(request, 'sequence', 'sequence_name', 'NOT temporary');
  return {
    sql: `SELECT schema_name, sequence_name, increment_by::VARCHAR, comment FROM duckdb_sequences()
      WHERE ${chosen.sql} ORDER BY 1, 2${limitOf(request)}`,
    values: chosen.values,
  };
}

/** Schema, name, arguments, kind, comment. */
export function routinesQuery(request: CatalogRequest): Query {
  const args = "array_to_string(parameters, ', ')";
  const chosen = where(request, 'routine', 'function_name', 'NOT internal', args);
  return {
    sql: `SELECT schema_name, function_name, ${args} AS arguments, function_type, comment FROM duckdb_functions()
      WHERE ${chosen.sql} ORDER BY 1, 2, 3${limitOf(request)}`,
    values: chosen.values,
  };
}

/** Everything that defines a schema, and nothing that changes with its rows: kind, name and texts. */
export function definitionsQuery(schema: string): Query {
  const parts = [
    "SELECT 'table', table_name, sql, comment FROM duckdb_tables() WHERE NOT internal",
    "SELECT 'view', view_name, sql, comment FROM duckdb_views() WHERE NOT internal",
    "SELECT 'index', index_name, sql, comment FROM duckdb_indexes() WHERE true",
    "SELECT 'type', type_name, logical_type || coalesce(labels::VARCHAR, ''), comment FROM duckdb_types() WHERE NOT internal",
    `SELECT 'sequence', sequence_name, concat_ws(' ', min_value, max_value, increment_by, cycle), comment
      FROM duckdb_sequences() WHERE true`,
    `SELECT 'routine', function_name, concat_ws(' ', function_type, parameters, macro_definition), comment
      FROM duckdb_functions() WHERE NOT internal`,
    `SELECT 'column', table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal AND comment IS NOT NULL`,
  ].map((part) => `${part} AND ${here} AND schema_name = ?`);
  return { sql: `${parts.join(' UNION ALL ')} ORDER BY 1, 2, 3, 4`, values: parts.map(() => schema) };
}

/** What a request chooses of a section. */
function where(
  { schemas, names, after }: CatalogRequest,
  section: CatalogSection,
  name: string,
  and = 'NOT internal',
  args: string | null = null,
): Query {
  const conditions = [here, and, `schema_name NOT IN ${ownSchemas}`];
  const values: string[] = [];
  if (schemas !== null) {
    conditions.push(`schema_name IN (${placesFor(schemas)})`);
    values.push(...schemas);
  }
  if (names.length > 0) {
    // An expression of RE2 takes linear time, which LIKE does not.
    conditions.push(`(${names.map(() => `regexp_full_match(${name}, ?, 's')`).join(' OR ')})`);
    values.push(...names.map(expressionOf));
  }
  if (after !== null) {
    const distance = rankOf[section] - rankOf[after.section];
    if (distance !== 0) {
      conditions.push(distance > 0 ? 'schema_name >= ?' : 'schema_name > ?');
      values.push(after.schema);
    } else {
      conditions.push(
        args === null ? `(schema_name, ${name}) > (?, ?)` : `(schema_name, ${name}, ${args}) > (?, ?, ?)`,
      );
      values.push(after.schema, after.name, ...(args === null ? [] : [after.arguments]));
    }
  }
  return { sql: conditions.join(' AND '), values };
}

/** Details of the tables a request chooses. */
function ofChosenTables(request: CatalogRequest, select: string, order: string): Query {
  const tail = `ORDER BY schema_name, table_name, ${order}`;
  if (request.names.length === 0 && request.after === null && request.limit === null) {
    const { schemas } = request;
    const chosen = schemas === null ? '' : ` AND schema_name IN (${placesFor(schemas)})`;
    return { sql: `${select} AND ${here}${chosen} ${tail}`, values: schemas ?? [] };
  }
  const tables = tablesQuery(request);
  return {
    sql: `WITH chosen AS (${tables.sql}) ${select} AND ${here}
      AND (schema_name, table_name) IN (SELECT (schema_name, name) FROM chosen) ${tail}`,
    values: tables.values,
  };
}

function limitOf({ limit }: CatalogRequest): string {
  return limit === null ? '' : ` LIMIT ${Math.max(0, Math.trunc(limit))}`;
}

function placesFor(values: readonly string[]): string {
  return values.length === 0 ? 'NULL' : values.map(() => '?').join(', ');
}

/** A glob as an expression of RE2. */
function expressionOf(glob: string): string {
  return [...glob]
    .map((sign) => {
      if (sign === '*') return '.*';
      if (sign === '?') return '.';
      return /[\p{L}\p{N}_]/u.test(sign) ? sign : `\\x{${(sign.codePointAt(0) ?? 0).toString(16)}}`;
    })
    .join('');
}
