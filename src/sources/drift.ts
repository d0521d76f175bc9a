/** What changed in a database since its last snapshot, as typed changes. @module */
import type { CatalogSection } from './catalog.js';

/** When a source's catalogue was written down. */
export interface Snapshot {
  readonly id: string;
  readonly sourceId: string;
  readonly takenAtMs: number;
  readonly objects: number;
}

/** One object of a snapshot: its place and everything compared about it. */
export interface SnapshotEntry {
  readonly schema: string;
  readonly section: CatalogSection;
  readonly name: string;
  readonly arguments: string;
  /** Canonical JSON of the object without what changes by itself (row estimates, sizes, grants). */
  readonly body: string;
}

export const changeKinds = [
  ...['schema_added', 'schema_removed'],
  ...['table_added', 'table_removed', 'table_kind_changed', 'table_comment_changed', 'row_security_changed'],
  ...['column_added', 'column_removed', 'column_type_changed', 'column_nullability_changed'],
  ...['column_default_changed', 'column_moved', 'column_comment_changed', 'column_changed'],
  ...['primary_key_changed', 'unique_key_added', 'unique_key_removed', 'foreign_key_added', 'foreign_key_removed'],
  ...['foreign_key_changed', 'check_added', 'check_removed', 'check_changed'],
  ...['index_added', 'index_removed', 'index_changed', 'trigger_added', 'trigger_removed', 'trigger_changed'],
  ...['type_added', 'type_removed', 'type_changed', 'sequence_added', 'sequence_removed', 'sequence_changed'],
  ...['routine_added', 'routine_removed', 'routine_changed'],
] as const;
export type ChangeKind = (typeof changeKinds)[number];

export interface CatalogChange {
  readonly kind: ChangeKind;
  readonly schema: string;
  /** The table, type, sequence or routine; `null` for a schema. */
  readonly object: string | null;
  /** The column, key, check, index or trigger inside it. */
  readonly member: string | null;
  /** As it was and as it is, in words of the engine; `null` where there is nothing to show. */
  readonly before: string | null;
  readonly after: string | null;
  /** Whether a reader that relied on the old form may fail. */
  readonly isBreaking: boolean;
}
