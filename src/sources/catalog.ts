/**
 * What a database holds, told the same way for every engine: the nouns of metadata. Names are the server's own bytes;
 * they are data, never keys of an object.
 *
 * @module
 */
import type { CanonicalType } from '../query/index.js';
import type { Engine } from './model.js';
import type { Reason } from './reasons.js';

export type { CanonicalType } from '../query/index.js';

/** The server as the session finds it. */
export interface CatalogServer {
  readonly engine: Engine;
  readonly version: string | null;
  /** The database the session is in. */
  readonly catalog: string;
  readonly collation: string | null;
  readonly timeZone: string | null;
  readonly isReadOnly: boolean;
}

export interface CatalogSchema {
  readonly catalog: string;
  readonly name: string;
  readonly owner: string | null;
  readonly comment: string | null;
}

export const tableKinds = ['table', 'view', 'materialized_view', 'foreign_table'] as const;
export type TableKind = (typeof tableKinds)[number];

export interface CatalogColumn {
  readonly name: string;
  /** From 1, in the order of the table. */
  readonly ordinal: number;
  /** As the engine writes it: `numeric(10,2)`. */
  readonly nativeType: string;
  readonly canonicalType: CanonicalType;
  /** Characters of a text, bytes of a byte string; `null` without limit. */
  readonly length: number | null;
  readonly precision: number | null;
  readonly scale: number | null;
  readonly isNullable: boolean;
  /** The expression as the engine writes it. */
  readonly default: string | null;
  readonly generated: 'stored' | 'virtual' | null;
  readonly identity: 'always' | 'by_default' | 'auto_increment' | null;
  readonly collation: string | null;
  readonly comment: string | null;
}

export interface CatalogKey {
  readonly name: string | null;
  readonly columns: readonly string[];
}

export const referentialActions = ['no_action', 'restrict', 'cascade', 'set_null', 'set_default'] as const;
export type ReferentialAction = (typeof referentialActions)[number];

export interface CatalogForeignKey extends CatalogKey {
  readonly toSchema: string;
  readonly toTable: string;
  readonly toColumns: readonly string[];
  readonly onDelete: ReferentialAction;
  readonly onUpdate: ReferentialAction;
  readonly isDeferrable: boolean;
}

export interface CatalogCheck {
  readonly name: string | null;
  readonly expression: string;
}

export interface CatalogIndex {
  readonly name: string;
  /** `btree`, `hash`, `gin` … as the engine names it. */
  readonly method: string | null;
  /** Column names or, for an expression, its text. */
  readonly columns: readonly string[];
  readonly isUnique: boolean;
  /** The predicate of a partial index. */
  readonly where: string | null;
}

export interface CatalogTrigger {
  readonly name: string;
  readonly timing: 'before' | 'after' | 'instead_of';
  /** `insert`, `update`, `delete`, `truncate`. */
  readonly events: readonly string[];
}

/** A table or what can be read like one. Groups that were not asked for are absent. */
export interface CatalogTable {
  readonly kind: TableKind;
  readonly schema: string;
  readonly name: string;
  readonly comment: string | null;
  /** The server's guess; `null` when it has none. */
  readonly rowEstimate: number | null;
  readonly isPartitioned: boolean;
  /** The partitioned table it is a part of; absent for every other table. */
  readonly partitionOf?: { readonly schema: string; readonly name: string };
  /** Row-level security is on. */
  readonly hasRowSecurity: boolean;
  readonly columns?: readonly CatalogColumn[];
  readonly primaryKey?: CatalogKey | null;
  readonly uniqueKeys?: readonly CatalogKey[];
  readonly foreignKeys?: readonly CatalogForeignKey[];
  readonly checks?: readonly CatalogCheck[];
  readonly indexes?: readonly CatalogIndex[];
  readonly triggers?: readonly CatalogTrigger[];
  /** What the account of the session may do with it: `select`, `insert`, `update`, `delete`, `truncate`, `references`, `trigger`. */
  readonly grantsForCaller?: readonly string[];
  /** Bytes on the server's disk, indexes and out-of-line values included. */
  readonly bytes?: number | null;
}

export interface CatalogRoutine {
  readonly kind: 'function' | 'procedure' | 'aggregate' | 'window';
  readonly schema: string;
  readonly name: string;
  /** As the engine writes them; tells overloaded routines apart. */
  readonly arguments: string;
  readonly returns: string | null;
  readonly language: string | null;
  readonly volatility: 'immutable' | 'stable' | 'volatile' | null;
  readonly comment: string | null;
}

export interface CatalogSequence {
  readonly schema: string;
  readonly name: string;
  readonly nativeType: string | null;
  readonly start: string | null;
  readonly increment: string | null;
  readonly comment: string | null;
}

/** An enumeration (`values`) or a domain (`over`). */
export interface CatalogTypeDefinition {
  readonly kind: 'enum' | 'domain';
  readonly schema: string;
  readonly name: string;
  readonly values: readonly string[] | null;
  readonly over: string | null;
  readonly comment: string | null;
}

/** One object that could not be read, or not whole: the rest goes on. */
export interface CatalogFault {
  readonly schema: string | null;
  readonly name: string | null;
  /** What is missing: the object itself or a group of it. */
  readonly group: CatalogGroup | 'object';
  readonly reason: Reason;
}

/**
 * Objects come ordered by schema, then by {@link catalogSections}, then by name (a routine's arguments after it), all
 * in byte order of UTF-8: so two readings can be compared while they stream.
 */
export type CatalogItem =
  | { readonly section: 'table'; readonly table: CatalogTable }
  | { readonly section: 'type'; readonly type: CatalogTypeDefinition }
  | { readonly section: 'sequence'; readonly sequence: CatalogSequence }
  | { readonly section: 'routine'; readonly routine: CatalogRoutine }
  | { readonly section: 'fault'; readonly fault: CatalogFault };

/** In this order within a schema. Faults may stand anywhere. */
export const catalogSections = ['table', 'type', 'sequence', 'routine'] as const;
export type CatalogSection = (typeof catalogSections)[number];

export const catalogGroups = [
  ...['columns', 'keys', 'checks', 'indexes', 'triggers', 'grants', 'sizes'],
  ...['types', 'sequences', 'routines'],
] as const;
/** What a reading may leave out. `sizes` asks the server's disk and is read only when named. */
export type CatalogGroup = (typeof catalogGroups)[number];

/** The place after which a page goes on. */
export interface CatalogPlace {
  readonly schema: string;
  readonly section: CatalogSection;
  readonly name: string;
  /** Of a routine; else empty. */
  readonly arguments: string;
}

export interface CatalogRequest {
  /** Exact schema names; `null`: every schema but the engine's own. */
  readonly schemas: readonly string[] | null;
  /** Globs (`*`, `?`) an object's name must match one of; empty: any. */
  readonly names: readonly string[];
  readonly groups: ReadonlySet<CatalogGroup>;
  readonly after: CatalogPlace | null;
  /** Objects wanted, faults not counted; `null`: all. */
  readonly limit: number | null;
}
