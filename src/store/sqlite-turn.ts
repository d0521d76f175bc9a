/**
 * A turn on the writer: a transaction that sees the answers of its own statements, in a savepoint of the
 * `BEGIN IMMEDIATE` that it shares with the others of its group.
 *
 * @module
 */
import type { AuditEventValues } from './audit-codecs.js';
import { isFatalForSqlite, SqliteFailure, storeErrors } from './errors.js';
import type { SqliteValue } from './sqlite-protocol.js';
import type { StatementText } from './sqlite-texts.js';
import type { SqliteThread, StatementResult } from './sqlite-thread.js';

/** One open `BEGIN IMMEDIATE` and those who wait for its `COMMIT`. */
export class Group {
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
  async run(sql: StatementText, parameters: readonly SqliteValue[]): Promise<StatementResult> {
    this.#assertOpen();
    return this.#noting(this.#thread.runWithin(sql, parameters));
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
    this.#group.controlled = this.#thread.runWithin(sql).then(
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
