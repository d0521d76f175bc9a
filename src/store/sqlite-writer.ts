/**
 * Group commit. Units, which are known in full, go to the writing thread many at a time, and are answered when their
 * one commit is durable. Transactions that want to see their own answers run one after the other, each in a savepoint
 * of one open `BEGIN IMMEDIATE`; when nobody waits any more, or the group is full, one `COMMIT` makes all of them
 * durable and only then are they answered. Whoever comes while the disk is syncing waits for the next group.
 *
 * @module
 */
import type { AuditEventValues } from './audit-codecs.js';
import { isFatalForSqlite, SqliteFailure, storeErrors } from './errors.js';
import type { SqliteValue, UnitOutcome, WriteUnit } from './sqlite-protocol.js';
import type { SqliteThread, StatementResult } from './sqlite-thread.js';

export interface WriterSettings {
  /** Units in one commit while no more than as many again wait; beyond that, half of those who wait. */
  readonly minUnits: number;
  /** Transactions, or units, in one group. */
  readonly maxGroup: number;
  /** How long a group may stay open before it commits, although others wait. */
  readonly maxGroupMs: number;
  /** Transactions that may wait for their turn. */
  readonly maxWaiting: number;
  /** Longest time one transaction may hold the writer, unless it asks for more. */
  readonly transactionTimeoutMs: number;
  /** Transactions after which the WAL is copied into the database file. */
  readonly checkpointEvery: number;
  /** Told once: what is on the disk is not known any more, and the writer has stopped. */
  readonly onFatal: (error: Error) => void;
}

export interface WriterStatistics {
  /** Transactions that were made durable. */
  readonly transactions: number;
  /** Commits that made them so. */
  readonly commits: number;
}

/** One open `BEGIN IMMEDIATE` and those who wait for its `COMMIT`. */
class Group {
  /** Set when SQLite undid the transaction by itself, or a savepoint could not be handled: nothing may commit. */
  failure: unknown = null;
  /** Answer of the last savepoint command; answers come in order, so with it all of them are in. */
  controlled: Promise<void> = Promise.resolve();
  readonly outcome: Promise<void>;
  settle!: { readonly resolve: () => void; readonly reject: (error: unknown) => void };

  constructor() {
    this.outcome = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    // Those who wait see it; a group whose members all failed before has nobody waiting.
    this.outcome.catch(() => {});
  }

  note(error: unknown): void {
    if (this.failure === null) this.failure = error;
  }
}

/** A transaction's time on the writer: from its savepoint to {@link commit}, {@link rollback} or its deadline. */
export class WriterTurn {
  readonly #thread: SqliteThread;
  readonly #group: Group;
  readonly #finish: () => void;
  readonly #timer: NodeJS.Timeout;
  #end: 'none' | 'committed' | 'undone' | 'timed_out' = 'none';

  constructor(thread: SqliteThread, group: Group, timeoutMs: number, finish: () => void) {
    this.#thread = thread;
    this.#group = group;
    this.#finish = finish;
    this.#control('savepoint turn');
    this.#timer = setTimeout(() => {
      this.#undo('timed_out');
    }, timeoutMs);
  }

  get isOver(): boolean {
    return this.#end !== 'none';
  }

  /** @throws `store.transaction_timeout` */
  async run(sql: string, parameters: readonly SqliteValue[]): Promise<StatementResult> {
    this.#assertOpen();
    return this.#noting(this.#thread.run(sql, parameters));
  }

  /** Events at the end of the trail. @throws `store.transaction_timeout` */
  async append(events: readonly AuditEventValues[]): Promise<void> {
    this.#assertOpen();
    if (events.length > 0) await this.#noting(this.#thread.append(events));
  }

  /** Gives the writer to the next transaction. @returns when the whole group is durable. */
  async commit(): Promise<void> {
    this.#assertOpen();
    this.#end = 'committed';
    this.#control('release turn');
    this.#giveUp();
    await this.#group.outcome;
  }

  /**
   * Undoes this transaction alone. Resolves with the group, because what the transaction saw of earlier ones is not
   * durable before.
   */
  async rollback(): Promise<void> {
    this.#undo('undone');
    await this.#group.outcome.catch(() => {});
  }

  #undo(end: 'undone' | 'timed_out'): void {
    if (this.#end !== 'none') return;
    this.#end = end;
    this.#control('rollback to turn');
    this.#control('release turn');
    this.#giveUp();
  }

  #giveUp(): void {
    clearTimeout(this.#timer);
    this.#finish();
  }

  /** Sent without waiting: the thread keeps the order, and a failure spoils the group before it can commit. */
  #control(sql: string): void {
    this.#group.controlled = this.#thread.run(sql).then(
      () => {},
      (error: unknown) => this.#group.note(error),
    );
  }

  #assertOpen(): void {
    if (this.#end === 'timed_out') throw storeErrors.transaction_timeout();
    if (this.#end !== 'none') throw new TypeError('the transaction is over');
  }

  async #noting<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      this.#noteIfGroupIsLost(error);
      throw error;
    }
  }

  #noteIfGroupIsLost(error: unknown): void {
    if (!(error instanceof SqliteFailure)) this.#group.note(error);
    else if (!error.inTransaction || isFatalForSqlite(error)) this.#group.note(error);
  }
}

interface Waiter {
  readonly timeoutMs: number;
  readonly resolve: (turn: WriterTurn) => void;
  readonly reject: (error: unknown) => void;
}

interface WaitingUnit {
  readonly unit: WriteUnit;
  readonly resolve: (outcome: UnitOutcome) => void;
  readonly reject: (error: unknown) => void;
}

export class SqliteWriter {
  readonly #thread: SqliteThread;
  readonly #settings: WriterSettings;
  readonly #waiting: Waiter[] = [];
  #units: WaitingUnit[] = [];
  #running: Promise<void> | null = null;
  #end: 'none' | 'closed' | 'stopped' = 'none';
  #transactions = 0;
  #commits = 0;
  #sinceCheckpoint = 0;

  constructor(thread: SqliteThread, settings: WriterSettings) {
    this.#thread = thread;
    this.#settings = settings;
  }

  get statistics(): WriterStatistics {
    return { transactions: this.#transactions, commits: this.#commits };
  }

  get isStopped(): boolean {
    return this.#end === 'stopped';
  }

  /**
   * A turn on the writer, in order of asking.
   *
   * @param timeoutMs  Longest time it may be held.
   * @throws `store.overloaded` · `store.stopped` · `store.closed` · what `BEGIN IMMEDIATE` was refused with.
   */
  async acquire(timeoutMs = this.#settings.transactionTimeoutMs): Promise<WriterTurn> {
    this.#assertRoom(this.#waiting.length);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ timeoutMs, resolve, reject });
      this.#running ??= this.#work();
    });
  }

  /**
   * Writes a unit, or nothing of it. @returns when it is durable.
   *
   * @throws as {@link acquire} · what its commit was refused with.
   */
  async write(unit: WriteUnit): Promise<UnitOutcome> {
    this.#assertRoom(this.#units.length);
    return new Promise((resolve, reject) => {
      this.#units.push({ unit, resolve, reject });
      this.#running ??= this.#work();
    });
  }

  #assertRoom(waiting: number): void {
    if (this.#end !== 'none') throw this.#refusal();
    if (waiting >= this.#settings.maxWaiting) throw storeErrors.overloaded({ details: { retryAfterSeconds: 1 } });
  }

  /** Lets those who wait finish, then refuses. */
  async close(): Promise<void> {
    if (this.#end === 'none') this.#end = 'closed';
    await this.#running;
  }

  /** Refuses everything from here on: the state of the disk is not known. */
  stop(error: Error): void {
    if (this.#end === 'stopped') return;
    this.#end = 'stopped';
    this.#rejectWaiting(this.#refusal());
    this.#settings.onFatal(error);
  }

  #refusal(): unknown {
    return this.#end === 'stopped' ? storeErrors.stopped() : storeErrors.closed();
  }

  #rejectWaiting(error: unknown): void {
    for (const { reject } of [...this.#waiting.splice(0), ...this.#units.splice(0)]) reject(error);
  }

  async #work(): Promise<void> {
    while (this.#waiting.length + this.#units.length > 0) {
      if (this.#units.length > 0) await this.#writeUnits();
      if (this.#waiting.length > 0) await this.#runGroup();
      await this.#checkpointIfDue();
    }
    // In the same step as the look at who waits: whoever comes next starts the work again.
    this.#running = null;
  }

  async #writeUnits(): Promise<void> {
    const { minUnits, maxGroup } = this.#settings;
    // Half of them, so that those who are answered prepare what they want next while the others are written.
    const size = Math.min(maxGroup, Math.max(minUnits, Math.ceil(this.#units.length / 2)));
    const group = this.#units.splice(0, size);
    try {
      const outcomes = await this.#thread.write(group.map(({ unit }) => unit));
      const written = outcomes.filter((outcome) => outcome === 'written').length;
      this.#count(written);
      group.forEach(({ resolve }, place) => {
        resolve(outcomes[place] ?? 'failed');
      });
    } catch (error) {
      this.#stopIfFatal(error);
      for (const { reject } of group) reject(error);
    }
  }

  #count(transactions: number): void {
    this.#transactions += transactions;
    this.#commits += 1;
    this.#sinceCheckpoint += transactions;
  }

  async #runGroup(): Promise<void> {
    try {
      await this.#thread.run('begin immediate');
    } catch (error) {
      this.#rejectWaiting(error);
      this.#stopIfFatal(error);
      return;
    }
    const group = new Group();
    const deadline = performance.now() + this.#settings.maxGroupMs;
    let members = 0;
    while (group.failure === null && members < this.#settings.maxGroup && performance.now() < deadline) {
      const waiter = this.#waiting.shift();
      if (waiter === undefined) break;
      members += 1;
      await new Promise<void>((finish) => {
        waiter.resolve(new WriterTurn(this.#thread, group, waiter.timeoutMs, finish));
      });
    }
    await this.#endGroup(group, members);
  }

  async #endGroup(group: Group, members: number): Promise<void> {
    try {
      await group.controlled;
      if (group.failure !== null) throw group.failure;
      await this.#thread.run('commit');
    } catch (error) {
      const isOpen = !(error instanceof SqliteFailure) || error.inTransaction;
      if (isOpen) await this.#thread.run('rollback').catch(() => {});
      this.#stopIfFatal(error);
      group.settle.reject(error);
      return;
    }
    this.#count(members);
    group.settle.resolve();
  }

  async #checkpointIfDue(): Promise<void> {
    if (this.#sinceCheckpoint < this.#settings.checkpointEvery || this.#end === 'stopped') return;
    this.#sinceCheckpoint = 0;
    try {
      await this.#thread.run('pragma wal_checkpoint(passive)');
    } catch (error) {
      // A full disk only means that the WAL grows until there is space again.
      this.#stopIfFatal(error);
    }
  }

  #stopIfFatal(error: unknown): void {
    if (error instanceof Error && isFatalForSqlite(error)) this.stop(error);
  }
}
