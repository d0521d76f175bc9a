/** What the data API takes and answers, typed by the rows of a dataset. @module */
import type { CallOptions } from './transport.js';

/** Conditions on one column; all of them hold. */
export interface Condition<Value> {
  readonly eq?: Value;
  readonly ne?: Value;
  readonly gt?: Value;
  readonly gte?: Value;
  readonly lt?: Value;
  readonly lte?: Value;
  readonly in?: readonly Value[];
  readonly nin?: readonly Value[];
  readonly between?: readonly [Value, Value];
  readonly nbetween?: readonly [Value, Value];
  readonly null?: boolean;
  readonly notnull?: boolean;
  readonly contains?: string;
  readonly ncontains?: string;
  readonly starts?: string;
  readonly nstarts?: string;
  readonly ends?: string;
  readonly nends?: string;
}

type Conditions<Row> = { readonly [Column in keyof Row]?: Condition<NonNullable<Row[Column]>> };

/** Columns and their conditions, and groups of filters. All that stands in one filter holds. */
export type Filter<Row> =
  | Conditions<Row>
  | { readonly and: readonly Filter<Row>[] }
  | { readonly or: readonly Filter<Row>[] }
  | { readonly not: readonly Filter<Row>[] };

type Column<Row> = keyof Row & string;

export interface RowsQuestion<Row> {
  /** Columns in this order; absent: every one that may be read. */
  readonly select?: readonly Column<Row>[];
  readonly filter?: Filter<Row>;
  /** `-salary` is descending; nulls come last either way. */
  readonly order?: readonly (Column<Row> | `-${Column<Row>}`)[];
  readonly distinct?: boolean;
  /** Related rows along foreign keys: `departments(name,location)`. */
  readonly embed?: string;
}

export interface PageQuestion<Row> extends RowsQuestion<Row> {
  /** Rows of the page; the service’s standard is 100. */
  readonly limit?: number;
  /** `nextCursor` of the page before, with the same question besides. */
  readonly cursor?: string;
  readonly offset?: number;
  /** Adds `total` and `isTotalEstimated`. */
  readonly count?: 'exact' | 'estimate';
}

/** Rows folded into groups: `{groupBy: ['department_id'], aggregate: {total: 'sum(salary)', n: 'count()'}}`. */
export interface GroupsQuestion<Row> {
  readonly groupBy?: readonly Column<Row>[];
  readonly aggregate?: Readonly<Record<string, string>>;
  readonly filter?: Filter<Row>;
  readonly order?: readonly string[];
  readonly limit?: number;
}

export interface Page<Row> {
  readonly data: readonly Row[];
  readonly nextCursor: string | null;
  readonly total?: number;
  readonly isTotalEstimated?: boolean;
}

export type KeyValue = string | number | bigint | boolean;
/** The primary key; of several columns, their values in order. */
export type Key = KeyValue | readonly KeyValue[];

/** A row that was read by its key, and what tells whether it is still the same. */
export interface FoundRow<Row> {
  readonly row: Row;
  /** For `ifMatch`; `null` where related rows came along. */
  readonly etag: string | null;
}

export interface WriteOptions extends CallOptions {
  /** Whether rows come back; one row does unless `false`, several only when `true`. */
  readonly returning?: boolean;
  /** Does it, tells what it would have been, and keeps nothing. */
  readonly dryRun?: boolean;
  /** The name of this write, by which it is done once; made where none is given. */
  readonly idempotencyKey?: string;
}

export interface WriteRowOptions extends WriteOptions {
  /** Only while the row is the one that was seen: the `etag` of it, else 412. */
  readonly ifMatch?: string;
}

export interface UpsertOptions extends WriteRowOptions {
  /** Adds and never changes: 412 where there is such a row. */
  readonly addOnly?: boolean;
}

export interface WrittenRow<Row> {
  /** `null` where it did not come back. */
  readonly row: Row | null;
  readonly etag: string | null;
  readonly isAdded: boolean;
  readonly isRehearsal: boolean;
}

export interface WrittenRows<Row> {
  readonly affected: number;
  /** `null` where they did not come back; of a rehearsal ten at most. */
  readonly rows: readonly Row[] | null;
  readonly isRehearsal: boolean;
}

export type Operation = 'query' | 'insert' | 'update' | 'delete';

export interface DatasetSummary {
  readonly name: string;
  readonly source: string;
  readonly kind: string;
  readonly schema: string | null;
  readonly table: string | null;
  readonly path: string;
}

export interface ColumnDescription {
  readonly name: string;
  readonly type: string;
  readonly nativeType: string;
  readonly length: number | null;
  readonly isNullable: boolean;
  readonly hasDefault: boolean;
  readonly isComputed: boolean;
  readonly isReadable: boolean;
  readonly isMasked: boolean;
  readonly isInsertable: boolean;
  readonly isUpdatable: boolean;
}

export interface DatasetDescription extends DatasetSummary {
  readonly operations: readonly Operation[];
  readonly columns: readonly ColumnDescription[];
  readonly primaryKey: readonly string[];
}

/** Who may do what with a dataset, and why. */
export interface AccessQuestion {
  readonly source: string;
  readonly object: string;
  readonly operation: Operation;
  readonly columns?: readonly string[];
  /** Somebody else, which takes the right to manage the directory. */
  readonly user?: string;
}

export interface AccessExplanation {
  readonly isAllowed: boolean;
  readonly dataset: string;
  readonly source: string;
  readonly operation: Operation;
  readonly grants: readonly {
    readonly id: string;
    readonly role: string;
    readonly operations: readonly Operation[];
    readonly readable: readonly string[] | null;
    readonly writable: readonly string[] | null;
    readonly filter: unknown;
    readonly masks: Readonly<Record<string, string>>;
  }[];
  readonly reason: string;
  readonly rule: string;
  readonly remedy: string | null;
}
