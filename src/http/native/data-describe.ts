/** A dataset as its users see it: what they may do with it, and its columns as far as they may use them. @module */
import type { Dataset, DatasetView } from '../../data/index.js';

export function presentDataset({ name, sourceName, of }: Dataset): object {
  return {
    ...{ name, source: sourceName },
    kind: of.kind,
    // The text of a named query is for who manages the source.
    schema: of.kind === 'table' ? of.schema : null,
    table: of.kind === 'table' ? of.name : null,
    path: `/data/v1/${sourceName}/${name}`,
  };
}

/** Columns that may neither be read nor written are not told of, nor is how many rows others have. */
export function presentView({ dataset, operations, columns, primaryKey }: DatasetView): object {
  const known = columns.filter((column) => column.isReadable || column.isInsertable || column.isUpdatable);
  return {
    ...presentDataset(dataset),
    operations,
    columns: known.map(({ name, type, nativeType, length, ...is }) => ({
      ...{ name, type, nativeType, length },
      ...{ isNullable: is.isNullable, hasDefault: is.hasDefault, isComputed: is.isComputed },
      ...{ isReadable: is.isReadable, isMasked: is.isMasked },
      ...{ isInsertable: is.isInsertable, isUpdatable: is.isUpdatable },
    })),
    primaryKey: primaryKey.every((name) => known.some((column) => column.name === name)) ? primaryKey : [],
  };
}
