/** A table of the catalogue → what queries are planned against. @module */
import type { Column, Relation } from '../../query/index.js';
import type { CatalogColumn, CatalogTable } from '../catalog.js';
import { sourcesErrors } from '../errors.js';
import type { Engine } from '../model.js';

/**
 * @param table  With the groups `columns` and `keys`.
 * @throws `sources.reading_failed` when its columns could not be read.
 */
export function relationOf(table: CatalogTable, engine: Engine): Relation {
  const { schema, name, kind, rowEstimate, columns, primaryKey = null, uniqueKeys = [], foreignKeys = [] } = table;
  if (columns === undefined) throw sourcesErrors.reading_failed();
  const ordered = [...columns].sort((one, other) => one.ordinal - other.ordinal);
  const keyColumns = primaryKey?.columns ?? [];
  const isRequired = new Map(ordered.map((column) => [column.name, !column.isNullable]));
  const isNeverNull = (names: readonly string[]) => names.every((one) => isRequired.get(one) === true);
  const keys = primaryKey === null ? uniqueKeys : [primaryKey, ...uniqueKeys];
  return {
    origin: { kind: 'table', schema, name, isView: kind === 'view' || kind === 'materialized_view' },
    columns: ordered.map((column) => columnOf(column, numbersRows(column, keyColumns, engine))),
    primaryKey: keyColumns,
    uniqueKeys: keys.map((key) => key.columns).filter((names) => names.length > 0 && isNeverNull(names)),
    foreignKeys: foreignKeys.map((key) => ({
      name: key.name,
      columns: key.columns,
      toSchema: key.toSchema,
      toTable: key.toTable,
      toColumns: key.toColumns,
    })),
    rowEstimate,
  };
}

function columnOf(column: CatalogColumn, isNumbered: boolean): Column {
  const { name, canonicalType, nativeType, length, isNullable, generated, identity } = column;
  const isComputed = generated !== null || identity === 'always';
  const hasDefault = column.default !== null || identity !== null || isComputed || isNumbered;
  const isDerived = generated !== null;
  return { name, type: canonicalType, nativeType, length, isNullable, hasDefault, isComputed, isDerived };
}

/** SQLite gives the next number where a single `INTEGER` key is not given (https://sqlite.org/lang_createtable.html §5). */
function numbersRows({ name, nativeType }: CatalogColumn, key: readonly string[], engine: Engine): boolean {
  return engine === 'sqlite' && key.length === 1 && key[0] === name && nativeType.toUpperCase() === 'INTEGER';
}
