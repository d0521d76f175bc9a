/**
 * A session with a source in which scoped queries are run: the port of an engine, and what the room lends out.
 *
 * @module
 */
import type { ScopedCount, ScopedDelete, ScopedInsert, ScopedSelect, ScopedUpdate } from '../access/index.js';
import type { CanonicalRow, JsonBatch, JsonForm, Relation } from '../query/index.js';
import type { ConnectionTarget } from './model.js';
import type { Connector, ProbeLimits, ProbeResult } from './ports.js';
import type { Purpose } from './source.js';

/** A row in the order of the output, each value in the canonical text of its type (see `Bound`). */
export type DataRow = CanonicalRow;

export interface RunLimits {
  /** Wall time of the statement, milliseconds; it is cancelled on the server then. */
  readonly statementMs: number;
  /** Rows that may come; one more ends the reading with `sources.result_too_large`. */
  readonly maxRows: number;
  /** Bytes of values that may come. */
  readonly maxBytes: number;
  /** Aborted when the caller went away: the statement is cancelled on the server within a second. */
  readonly signal: AbortSignal;
}

/** Rows of one answer as JSON. Whoever has it reads to the last batch or not, and ends it. */
export interface JsonReading {
  /** Not to be asked for while it is being answered, nor after the last. */
  next(): Promise<JsonBatch>;
  /** Resolves when the session can be used again, or is broken. To be called once. */
  end(): Promise<void>;
}

export interface WriteOutcome {
  /** Rows inserted, changed or removed. */
  readonly affected: number;
  /** The output of each such row, in no order; empty when the query has no output or the relation no key. */
  readonly rows: readonly DataRow[];
}

/**
 * One session, used by one caller at a time. Statements are made by the engine's compiler: names from the catalogue,
 * every value bound.
 *
 * What is refused throws an error of `sources`: `query_refused`, `query_timeout`, `value_refused`,
 * `constraint_violated`, `serialization_failed`, `connection_lost`, `result_too_large`, `row_out_of_reach`,
 * `relation_changed` (a table or column of the plan is no more), `cancelled`.
 */
export interface DataSession {
  /** Rows in batches, read as fast as they are taken; memory does not grow with the result. */
  select(query: ScopedSelect, limits: RunLimits): AsyncIterable<readonly DataRow[]>;
  /**
   * As {@link select}, for engines that write JSON themselves: the same text, byte for byte, that `JsonRows` makes of
   * the rows.
   */
  selectJson?(query: ScopedSelect, form: JsonForm, limits: RunLimits): JsonReading;
  count(query: ScopedCount, limits: RunLimits): Promise<number>;
  /** In a transaction only. */
  insert(query: ScopedInsert, limits: RunLimits): Promise<WriteOutcome>;
  update(query: ScopedUpdate, limits: RunLimits): Promise<WriteOutcome>;
  remove(query: ScopedDelete, limits: RunLimits): Promise<WriteOutcome>;
  begin(limits: RunLimits): Promise<void>;
  commit(limits: RunLimits): Promise<void>;
  rollback(): Promise<void>;
  /** Columns of a `SELECT` that somebody who manages the source wrote, without running it. */
  describe(text: string, limits: RunLimits): Promise<Relation['columns']>;
  /** Asks the server for a sign of life, cheaply; absent where there is no server. @throws when none comes in time. */
  ping?(timeoutMs: number): Promise<void>;
  /** Whether it can be used again; false after a break, a cancel that did not answer, a rollback that failed. */
  isUsable(): boolean;
  close(): void;
}

export interface SessionLimits {
  /** Wall time of a statement that has no limit of its own, milliseconds. */
  readonly statementMs: number;
  /** What the source is for; absent: `read`. A session of a source that is only read begins no transaction that writes. */
  readonly purpose?: Purpose;
}

/** What an engine that can be queried has besides {@link Connector}. */
export interface DataConnector {
  /** Walks the stages like a probe; `session` is `null` when the walk failed. Never throws for what the database does. */
  openData(
    target: ConnectionTarget,
    limits: ProbeLimits & SessionLimits,
  ): Promise<{ readonly probe: ProbeResult; readonly session: DataSession | null }>;
}

/** A connector as the room takes it: one that cannot be queried has no `openData`. */
export type SourceConnector = Connector & Partial<DataConnector>;

/** A lent session; it goes back with {@link release}, whatever happened. */
export interface SessionLease {
  readonly session: DataSession;
  release(): void;
}

/** What the data room asks of sources. It trusts its caller to have asked the law: a lease asks nobody. */
export interface SourceData {
  /**
   * The relation as the catalogue has it, remembered for a minute and forgotten by {@link forget}; `null`: not there.
   * @throws `sources.unreachable` · `sources.reading_failed` · `sources.not_found` · `sources.not_queryable`
   */
  findRelation(sourceId: string, place: { readonly schema: string; readonly name: string }): Promise<Relation | null>;
  forget(sourceId: string): void;
  /**
   * A session of the source's pool: an idle one, a new one, or the next that comes back.
   * @throws `sources.unreachable` · `sources.pool_exhausted` when none came back in time · `sources.not_found`
   */
  lease(sourceId: string, signal: AbortSignal): Promise<SessionLease>;
}
