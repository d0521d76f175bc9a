/**
 * The main thread's handle on one SQLite thread: sends statements, gives their answers, and never waits for a disk.
 *
 * @module
 */
import { Worker } from 'node:worker_threads';
import { workerUrl } from '../kernel/worker-url.js';
import type { AuditEventValues } from './audit-codecs.js';
import { SqliteFailure, storeErrors } from './errors.js';
import {
  halt,
  type SqliteRow,
  type SqliteThreadData,
  type SqliteThreadOptions,
  type SqliteValue,
  type StatementFailure,
  type Task,
  type TaskReply,
  type ThreadReply,
  type ThreadRequest,
  type UnitOutcome,
  type WriteUnit,
} from './sqlite-protocol.js';
import { type StatementText, textsBehind } from './sqlite-texts.js';

export interface StatementResult {
  readonly rows: SqliteRow[];
  readonly changes: number;
}

export interface ThreadSettings extends SqliteThreadOptions {
  /** Statements that may be on their way at once. */
  readonly maxPending: number;
  /** Told once when the thread ended without being asked to. */
  readonly onLost: (error: Error) => void;
}

interface Waiting {
  readonly resolve: (reply: TaskReply) => void;
  readonly reject: (error: unknown) => void;
}

/** Threads that may be inside of a statement when the process ends. */
const running = new Set<Int32Array<SharedArrayBuffer>>();
const maxHaltMs = 2_000;
let isWatchingExit = false;

/** On exit nothing asynchronous runs any more: asks every thread to begin nothing, and waits for what has begun. */
function haltThreads(): void {
  const deadline = performance.now() + maxHaltMs;
  for (const shared of running) Atomics.store(shared, halt.isAsked, 1);
  for (const shared of running) {
    const leftMs = deadline - performance.now();
    if (leftMs > 0) Atomics.wait(shared, halt.isBusy, 1, leftMs);
  }
}

export class SqliteThread {
  readonly #worker: Worker;
  readonly #maxPending: number;
  readonly #waiting = new Map<number, Waiting>();
  #outbox: Task[] = [];
  #nextId = 1;
  /** Texts of statements that the thread knows. */
  #told = 0;
  #end: 'none' | 'closing' | 'closed' | 'lost' = 'none';

  /** @throws the {@link SqliteFailure} with which the file was refused. */
  static async open(settings: ThreadSettings): Promise<SqliteThread> {
    const shared = new Int32Array(new SharedArrayBuffer(halt.length * Int32Array.BYTES_PER_ELEMENT));
    const data: SqliteThreadData = {
      file: settings.file,
      isReader: settings.isReader,
      busyTimeoutMs: settings.busyTimeoutMs,
      halt: shared,
    };
    if (!isWatchingExit) process.on('exit', haltThreads);
    isWatchingExit = true;
    const worker = new Worker(workerUrl(import.meta.url, './sqlite-worker.js'), {
      workerData: data,
      name: settings.isReader ? 'store-reader' : 'store-writer',
      // Nothing of the environment is this thread's business.
      env: {},
    });
    running.add(shared);
    worker.once('exit', () => running.delete(shared));
    const answer = await firstAnswer(worker);
    if ('refused' in answer) throw failure(answer.refused);
    return new SqliteThread(worker, settings);
  }

  private constructor(worker: Worker, settings: ThreadSettings) {
    this.#worker = worker;
    this.#maxPending = settings.maxPending;
    const lose = (error: Error) => {
      if (this.#end === 'closed' || this.#end === 'lost') return;
      this.#end = 'lost';
      for (const { reject } of this.#waiting.values()) reject(storeErrors.stopped({ cause: error }));
      this.#waiting.clear();
      settings.onLost(error);
    };
    worker.on('message', (reply: ThreadReply) => {
      if ('replies' in reply) for (const one of reply.replies) this.#settle(one);
      else if ('closed' in reply) this.#end = 'closed';
    });
    worker.on('error', lose);
    worker.on('messageerror', lose);
    worker.on('exit', () => lose(new Error('the SQLite thread ended')));
  }

  /**
   * Runs one statement after everything sent before it.
   *
   * @throws `store.overloaded` too many are waiting.
   * @throws SqliteFailure what SQLite answered.
   */
  run(sql: StatementText, parameters: readonly SqliteValue[] = []): Promise<StatementResult> {
    return this.#ask((id) => ({ id, sql, parameters, isWithin: false }));
  }

  /**
   * The same, inside the open transaction. A full disk and the like make SQLite undo a transaction by itself: what was
   * sent behind that must not be durable on its own.
   *
   * @throws as {@link run}.
   */
  runWithin(sql: StatementText, parameters: readonly SqliteValue[] = []): Promise<StatementResult> {
    return this.#ask((id) => ({ id, sql, parameters, isWithin: true }));
  }

  /** Writes events at the end of the trail, inside the open transaction. @throws as {@link run}. */
  async append(events: readonly AuditEventValues[]): Promise<void> {
    await this.#ask((id) => ({ id, events }));
  }

  /** Writes units in one transaction, durably. @throws as {@link run}; then nothing of them is written. */
  async write(units: readonly WriteUnit[]): Promise<readonly UnitOutcome[]> {
    const answer = this.#ask((id) => ({ id, units }));
    // They have waited together already.
    this.#flush();
    const { outcomes = [] } = await answer;
    return outcomes;
  }

  /** Of the thread that writes, before it appends. */
  holdTrailKey(trailKey: Uint8Array): void {
    this.#worker.postMessage({ trailKey });
  }

  #ask(taskOf: (id: number) => Task): Promise<TaskReply> {
    if (this.#end !== 'none') {
      return Promise.reject(this.#end === 'lost' ? storeErrors.stopped() : storeErrors.closed());
    }
    if (this.#waiting.size >= this.#maxPending) {
      return Promise.reject(storeErrors.overloaded({ details: { retryAfterSeconds: 1 } }));
    }
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      this.#outbox.push(taskOf(id));
      if (this.#outbox.length === 1) this.#flushSoon();
    });
  }

  async close(): Promise<void> {
    if (this.#end !== 'none') return;
    this.#end = 'closing';
    this.#flush();
    const ended = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.postMessage({ close: true });
    await ended;
  }

  /**
   * When the event loop has called everybody it has news for: what is asked in one turn of it travels in one message,
   * because waking a thread costs more than a look-up.
   */
  #flushSoon(): void {
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    if (this.#outbox.length === 0) return;
    const tasks = this.#outbox;
    this.#outbox = [];
    const texts = textsBehind(this.#told);
    this.#told += texts.length;
    this.#worker.postMessage({ tasks, texts } satisfies ThreadRequest);
  }

  #settle(reply: TaskReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.failure === undefined) waiting?.resolve(reply);
    else waiting?.reject(failure(reply.failure));
  }
}

function firstAnswer(worker: Worker): Promise<ThreadReply> {
  return new Promise((resolve, reject) => {
    const lose = () => reject(new Error('the SQLite thread ended while opening'));
    worker.once('error', reject);
    worker.once('exit', lose);
    worker.once('message', (reply: ThreadReply) => {
      worker.off('error', reject);
      worker.off('exit', lose);
      resolve(reply);
    });
  });
}

function failure({ message, code, inTransaction }: StatementFailure): SqliteFailure {
  return new SqliteFailure(message, code, inTransaction);
}
