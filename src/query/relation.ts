/**
 * What a query is planned against: one table, view or named query with its columns, as the catalogue told them. Names
 * are the database's own; they are looked up, never written by a caller.
 *
 * @module
 */

export const canonicalTypes = [
  ...['boolean', 'int16', 'int32', 'int64', 'decimal', 'float32', 'float64', 'text', 'bytes', 'bit'],
  ...['date', 'time', 'timestamp', 'timestamptz', 'interval', 'uuid', 'json', 'xml', 'enum', 'set', 'array', 'struct'],
  ...['map', 'range', 'geometry', 'network', 'search', 'other'],
] as const;
/** The engine-neutral kind of value a column holds; `other` for what has no name here. */
export type CanonicalType = (typeof canonicalTypes)[number];

export interface Column {
  readonly name: string;
  readonly type: CanonicalType;
  /** As the engine writes it: `numeric(10,2)`. */
  readonly nativeType: string;
  /** Characters of a text, bytes of a byte string; `null` without limit. */
  readonly length: number | null;
  readonly isNullable: boolean;
  /** The database has a value where none is given: a default, an identity, a sequence. */
  readonly hasDefault: boolean;
  /** The database computes it and takes no other value. */
  readonly isComputed: boolean;
  /** It is computed out of other columns of its row, and changes when they do. */
  readonly isDerived?: boolean;
}

/** What rows come out of. */
export type RelationOrigin =
  | { readonly kind: 'table'; readonly schema: string; readonly name: string; readonly isView: boolean }
  /** One `SELECT`, written by who manages the source. */
  | { readonly kind: 'query'; readonly text: string };

export interface ForeignKey {
  readonly name: string | null;
  readonly columns: readonly string[];
  readonly toSchema: string;
  readonly toTable: string;
  readonly toColumns: readonly string[];
}

export interface Relation {
  readonly origin: RelationOrigin;
  /** In the order of the table; names are unique. */
  readonly columns: readonly Column[];
  /** Names; empty where there is none. */
  readonly primaryKey: readonly string[];
  /** Sets of columns that are unique and never null, the primary key included. */
  readonly uniqueKeys: readonly (readonly string[])[];
  readonly foreignKeys: readonly ForeignKey[];
  /** The server's guess; `null` when it has none. */
  readonly rowEstimate: number | null;
}
