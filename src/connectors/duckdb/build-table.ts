/** Rows of the catalogue's statements → one table or view. @module */
import type {
  CatalogColumn,
  CatalogForeignKey,
  CatalogGroup,
  CatalogIndex,
  CatalogKey,
  CatalogTable,
} from '../../sources/index.js';
import { plainTable, readCreateIndex, readCreateTable, type TableStatement } from '../create-statement.js';
import type { Row } from './connect.js';
import { canonicalTypeOf } from './types.js';

export interface TableDetails {
  readonly columns: readonly Row[];
  readonly constraints: readonly Row[];
  readonly indexes: readonly Row[];
}

/** @param row  Of `tablesQuery`; the details of the queries beside it. */
export function buildTable(
  row: Row,
  details: TableDetails,
  groups: ReadonlySet<CatalogGroup>,
  grants: readonly string[],
): CatalogTable {
  const [schema, name, kind, comment, estimate, sql] = row;
  const isView = kind === 'view';
  const statement = groups.has('columns') && typeof sql === 'string' ? readCreateTable(sql) : plainTable;
  const of = (wanted: string) => details.constraints.filter(([, , type]) => type === wanted);
  const [primaryKey] = of('PRIMARY KEY');
  return {
    kind: isView ? 'view' : 'table',
    schema: String(schema),
    name: String(name),
    comment: textOrNull(comment),
    rowEstimate: typeof estimate === 'number' ? estimate : null,
    isPartitioned: false,
    hasRowSecurity: false,
    ...(groups.has('columns')
      ? { columns: details.columns.map((column, at) => columnOf(column, at + 1, statement)) }
      : {}),
    ...(groups.has('keys')
      ? {
          primaryKey: primaryKey === undefined ? null : keyOf(primaryKey),
          uniqueKeys: of('UNIQUE').map(keyOf),
          foreignKeys: of('FOREIGN KEY').map((key) => foreignKeyOf(key, String(schema))),
        }
      : {}),
    ...(groups.has('checks')
      ? { checks: of('CHECK').map((check) => ({ name: textOrNull(check[3]), expression: String(check[5] ?? '') })) }
      : {}),
    ...(groups.has('indexes') ? { indexes: details.indexes.map(indexOf) } : {}),
    ...(groups.has('triggers') ? { triggers: [] } : {}),
    ...(groups.has('grants') ? { grantsForCaller: isView ? ['select'] : grants } : {}),
    // The engine keeps tables in row groups of shared blocks and has no size for one.
    ...(groups.has('sizes') ? { bytes: null } : {}),
  };
}

function columnOf(row: Row, ordinal: number, statement: TableStatement): CatalogColumn {
  const [, , name, nativeType, isNullable, otherwise, precision, scale, comment] = row;
  const canonicalType = canonicalTypeOf(String(nativeType));
  const isDecimal = canonicalType === 'decimal';
  const key = String(name).toLowerCase();
  return {
    name: String(name),
    ordinal,
    nativeType: String(nativeType),
    canonicalType,
    length: null,
    precision: isDecimal && typeof precision === 'number' ? precision : null,
    scale: isDecimal && typeof scale === 'number' ? scale : null,
    isNullable: isNullable === true,
    default: textOrNull(otherwise),
    // Stored ones the engine does not have yet.
    generated: statement.generated.has(key) ? 'virtual' : null,
    identity: null,
    collation: statement.collations.get(key) ?? null,
    comment: textOrNull(comment),
  };
}

function keyOf([, , , name, columns]: Row): CatalogKey {
  return { name: textOrNull(name), columns: texts(columns) };
}

/** References stay within a schema, and nothing cascades (https://duckdb.org/docs/stable/sql/constraints). */
function foreignKeyOf(row: Row, schema: string): CatalogForeignKey {
  return {
    ...keyOf(row),
    toSchema: schema,
    toTable: String(row[6] ?? ''),
    toColumns: texts(row[7]),
    onDelete: 'no_action',
    onUpdate: 'no_action',
    isDeferrable: false,
  };
}

function indexOf([, , name, isUnique, sql]: Row): CatalogIndex {
  const { parts, where } = typeof sql === 'string' ? readCreateIndex(sql) : { parts: [], where: null };
  return { name: String(name), method: 'art', columns: parts, isUnique: isUnique === true, where };
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
