/**
 * Group commit. Units, which are known in full, go to the writing thread many at a time, and are answered when their
 * one commit is durable. Transactions that want to see their own answers run one after the other, each in a savepoint
 * of one open `BEGIN IMMEDIATE`; when nobody waits any more, or the group is full, one `COMMIT` makes all of them
 * durable and only then are they answered. Whoever comes while the disk is syncing waits for the next group.
 *
 * @module
 */
import { isFatalForSqlite, SqliteFailure, storeErrors } from './errors.js';
import type { UnitOutcome, WriteUnit } from './sqlite-protocol.js';
import { type SentUnits, tellAll, type WaitingUnit } from './sqlite-sent-units.js';
import type { SqliteThread } from './sqlite-thread.js';
import { Group, WriterTurn } from './sqlite-turn.js';

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

interface Waiter {
  readonly timeoutMs: number;
  readonly resolve: (turn: WriterTurn) => void;
  readonly reject: (error: unknown) => void;
}

export class SqliteWriter {
  readonly #thread: SqliteThread;
  readonly #settings: WriterSettings;
  readonly #waiting: Waiter[] = [];
  #units: WaitingUnit[] = [];
  /** The one that is written, and at most one behind it. */
  readonly #sent: SentUnits[] = [];
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
      this.#sendIfWhole();
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

  /** One group after the other, until nobody waits or something else is due. */
  async #writeUnits(): Promise<void> {
    this.#sendUnits();
    for (let first = this.#sent[0]; first !== undefined; first = this.#sent[0]) {
      const answer = await first.answer;
      if ('error' in answer) this.#stopIfFatal(answer.error);
      else this.#count(answer.outcomes.filter((outcome) => outcome === 'written').length);
      this.#sent.shift();
      // Sent before anybody is told: those who are have much to do, and the disk need not wait for them.
      if (this.#sent.length > 0) this.#sendIfWhole();
      else if (this.#units.length > 0 && !this.#isElseDue()) this.#sendUnits();
      tellAll(first.units, answer);
    }
  }

  /** A whole group need not wait for the answer of the one before: the thread goes on with it at once. */
  #sendIfWhole(): void {
    if (this.#sent.length !== 1 || this.#units.length < this.#settings.minUnits || this.#isElseDue()) return;
    this.#sendUnits();
  }

  #sendUnits(): void {
    const units = this.#takeUnits();
    const answer = this.#thread.write(units.map(({ unit }) => unit)).then(
      (outcomes) => ({ outcomes }),
      (error: unknown) => ({ error }),
    );
    this.#sent.push({ units, answer });
  }

  #isElseDue(): boolean {
    return this.#waiting.length > 0 || this.#sinceCheckpoint >= this.#settings.checkpointEvery;
  }

  /** Half of them, so that those who are answered prepare what they want next while the others are written. */
  #takeUnits(): WaitingUnit[] {
    const { minUnits, maxGroup } = this.#settings;
    return this.#units.splice(0, Math.min(maxGroup, Math.max(minUnits, Math.ceil(this.#units.length / 2))));
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
