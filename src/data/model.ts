/**
 * The nouns of the data room: a dataset is a table, a view or a named query of a source, under the name it is granted
 * and asked for by.
 *
 * @module
 */
import type { Grant, Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import type { CanonicalType, ForeignKey, Operation } from '../query/index.js';

export interface Dataset {
  readonly id: string;
  /** Unique in its organisation: a letter, then letters, digits and `_`, at most 128; `Employees`. */
  readonly name: string;
  readonly sourceId: string;
  readonly sourceName: string;
  /** Of the source. */
  readonly organisationId: string;
  readonly of:
    | { readonly kind: 'table'; readonly schema: string; readonly name: string }
    /** One `SELECT`; can only be queried. */
    | { readonly kind: 'query'; readonly text: string };
  readonly createdAtMs: number;
}

/** How a caller names a dataset. */
export type DatasetReference =
  /** By its name, in the caller's organisation. */
  | { readonly by: 'name'; readonly name: string }
  /** By source (name or id) and the dataset's name, or `schema.table`, or the table alone where that is one dataset. */
  | { readonly by: 'place'; readonly source: string; readonly object: string };

/** A grant with the names of what it joins. */
export interface GrantDetail {
  readonly grant: Grant;
  readonly role: string;
  readonly dataset: string;
  readonly source: string;
  readonly sourceId: string;
  /** Uid of the dataset's. */
  readonly organisation: string;
  readonly organisationId: string;
  readonly createdAtMs: number;
}

/** Who asks, and from where. */
export interface Actor {
  readonly principal: Principal;
  readonly origin: AuditOrigin;
}

/** What a caller may do with a dataset, for doors that describe it or fold attributes. */
export interface DatasetView {
  readonly dataset: Dataset;
  readonly operations: readonly Operation[];
  readonly columns: readonly ColumnView[];
  /** Every column of the table, whoever may see it: for doors that stamp rows. Never shown. */
  readonly tableColumns?: readonly Pick<ColumnView, 'name' | 'type' | 'nativeType' | 'isComputed'>[];
  /** The primary key, whoever may see it: for doors that find the row a caller names. Never shown. */
  readonly tableKey?: readonly string[];
  /** Names; empty where there is none. */
  readonly primaryKey: readonly string[];
  /** Those of which the caller may read every column here; what they point to is another dataset, asked for by itself. */
  readonly foreignKeys: readonly ForeignKey[];
  readonly rowEstimate: number | null;
}

export interface ColumnView {
  readonly name: string;
  readonly type: CanonicalType;
  readonly nativeType: string;
  readonly length: number | null;
  readonly isNullable: boolean;
  readonly hasDefault: boolean;
  readonly isComputed: boolean;
  readonly isReadable: boolean;
  /** Some grant shows a mask in its place. */
  readonly isMasked: boolean;
  /** By an insert, by an update. */
  readonly isInsertable: boolean;
  readonly isUpdatable: boolean;
}
