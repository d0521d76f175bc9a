/** Everything a door may ask of data: query and write under grants, and manage what is granted. @module */
import type { accessRules, Grant } from '../access/index.js';
import type { Page, PageRequest } from '../kernel/page.js';
import type { CanonicalType, JsonBatch, JsonForm, Operation, Select, Write } from '../query/index.js';
import type { DataRow } from '../sources/index.js';
import type { Actor, Dataset, DatasetReference, DatasetView, GrantDetail } from './model.js';

export interface OutputShape {
  readonly name: string;
  readonly type: CanonicalType;
  readonly isMasked: boolean;
}

/** Rows of one answer. Whoever has it reads the batches to their end or calls {@link close}. */
export interface Reading {
  readonly output: readonly OutputShape[];
  readonly batches: AsyncIterable<readonly DataRow[]>;
  close(): Promise<void>;
}

export interface ReadOrder {
  readonly dataset: DatasetReference;
  readonly query: Select;
  /** At most; the source's own limits hold besides. */
  readonly maxRows: number;
  /** Aborted when the caller went away. */
  readonly signal: AbortSignal;
}

/** A reading whose rows are wanted as JSON. */
export interface JsonOrder extends ReadOrder {
  /** How they are written. The same output is the same object for as long as the same is asked by the same right. */
  form(output: readonly OutputShape[]): JsonForm;
}

/** Whoever has it asks to the last batch or calls {@link close}. Where the first is the last there is nothing to close. */
export interface JsonAnswer {
  readonly output: readonly OutputShape[];
  readonly first: JsonBatch;
  /** Not while another is being asked for, and not after the last. */
  next(): Promise<JsonBatch>;
  close(): Promise<void>;
}

export interface WriteOrder {
  /** Done in this order in one transaction: all or nothing. All datasets must be of one source. */
  readonly statements: readonly {
    readonly dataset: DatasetReference;
    readonly write: Write;
    readonly expect?: Expectation;
  }[];
  /** Does it, tells what it did, and keeps nothing. */
  readonly isRehearsal: boolean;
  readonly signal: AbortSignal;
}

/** Another number of rows rolls everything back with `data.row_changed`. */
export interface Expectation {
  readonly affected: number;
}

export interface Written {
  readonly affected: number;
  readonly output: readonly OutputShape[];
  readonly rows: readonly DataRow[];
}

/** A write that has a name, so that it is done once however often it is sent. */
export interface OnceOrder {
  /** The caller's name for the request; 24 h it is the same request. */
  readonly key: string;
  /** The request itself: another one under the same name is refused. */
  readonly content: string;
}

export interface OnceAnswer {
  readonly status: number;
  /** Empty where the answer of before was too long to be kept (a million characters). */
  readonly body: string;
  /** It is the answer of before; nothing was done. */
  readonly isRepeated: boolean;
}

/** A closed list. */
export type ExplanationRule = (typeof accessRules)[number] | 'account_disabled';

/** Why a caller may do something, or may not. */
export interface Explanation {
  readonly isAllowed: boolean;
  readonly dataset: string;
  readonly source: string;
  readonly operation: Operation;
  /** The grants that count, and what each lets through. */
  readonly grants: readonly {
    readonly id: string;
    readonly role: string;
    readonly operations: readonly Operation[];
    readonly readable: readonly string[] | null;
    readonly writable: readonly string[] | null;
    readonly filter: Grant['filter'];
    readonly masks: Grant['masks'];
  }[];
  /** What decided: a sentence that names the rule. */
  readonly reason: string;
  /** A closed word for it. */
  readonly rule: ExplanationRule;
  /** The command that would allow it; `null` when it is allowed or a grant would not help. */
  readonly remedy: string | null;
}

export interface Data {
  /**
   * @throws `data.dataset_denied` unknown and not granted alike · `access.denied` · what planning and running throw.
   */
  read(actor: Actor, order: ReadOrder): Promise<Reading>;
  /** @throws as {@link read} */
  readJson(actor: Actor, order: JsonOrder): Promise<JsonAnswer>;
  /** Rows in reach that satisfy the filter. `estimate`: the server's guess for the whole table where nothing narrows. */
  count(
    actor: Actor,
    order: {
      readonly dataset: DatasetReference;
      readonly filter: Select['filter'];
      readonly isEstimate: boolean;
      readonly signal: AbortSignal;
    },
  ): Promise<{ readonly count: number; readonly isEstimate: boolean }>;
  /**
   * @throws `data.row_changed` · `data.several_sources` · what running throws; then nothing was kept. Only
   *         `data.commit_unknown` leaves that open.
   */
  write(actor: Actor, order: WriteOrder): Promise<readonly Written[]>;
  /**
   * Does `work`, which writes, at most once per account and key; the answer is kept, sealed, for whoever asks again.
   * @throws `data.idempotency_key_reused` · `data.outcome_unknown` · what `work` throws.
   */
  once(
    actor: Actor,
    order: OnceOrder,
    work: () => Promise<{ readonly status: number; readonly body: string }>,
  ): Promise<OnceAnswer>;
  /** What the caller may do with a dataset. @throws `data.dataset_denied` */
  view(actor: Actor, dataset: DatasetReference): Promise<DatasetView>;
  /** Datasets some grant of the caller is for. */
  list(actor: Actor, filter: { readonly source?: string }, page: PageRequest): Promise<Page<Dataset>>;
  /**
   * Why the caller, or with `directory.manage` somebody else, may or may not do this.
   * @param username  `null`: the caller.
   */
  explain(
    actor: Actor,
    question: {
      readonly username: string | null;
      readonly dataset: DatasetReference;
      readonly operation: Operation;
      readonly columns: readonly string[];
    },
  ): Promise<Explanation>;

  /** Administration: @throws `access.denied` unless `directory.manage`, or `sources.manage` in the organisation. */
  readonly datasets: {
    add(actor: Actor, input: NewDataset): Promise<Dataset>;
    list(actor: Actor, filter: { readonly source?: string }, page: PageRequest): Promise<Page<Dataset>>;
    show(actor: Actor, reference: string): Promise<Dataset>;
    rename(actor: Actor, reference: string, name: string): Promise<Dataset>;
    remove(actor: Actor, reference: string): Promise<void>;
  };
  readonly grants: {
    add(actor: Actor, input: NewGrant): Promise<GrantDetail>;
    list(
      actor: Actor,
      filter: {
        readonly role?: string;
        readonly source?: string;
        readonly dataset?: string;
        readonly organisation?: string;
      },
      page: PageRequest,
    ): Promise<Page<GrantDetail>>;
    show(actor: Actor, id: string): Promise<GrantDetail>;
    change(actor: Actor, id: string, change: Partial<GrantTerms>): Promise<GrantDetail>;
    remove(actor: Actor, id: string): Promise<void>;
  };

  /** Writes down what was read and is not in the trail yet; call before the store closes. */
  settle(): Promise<void>;
}

export interface NewDataset {
  /** Name or id. */
  readonly source: string;
  /** Absent: made from the table's name, `order_items` → `OrderItems`. */
  readonly name?: string;
  readonly of: Dataset['of'];
}

export type GrantTerms = Pick<Grant, 'operations' | 'readable' | 'writable' | 'filter' | 'masks'>;

export interface NewGrant extends GrantTerms {
  /** Role by name, in the organisation of the dataset. */
  readonly role: string;
  /** By name or id; or a table of a source, which becomes a dataset where it is none yet. */
  readonly dataset:
    | { readonly reference: string }
    | { readonly source: string; readonly schema: string; readonly table: string };
}
