/**
 * The bounded pool of threads that hash passwords. argon2 and WebCrypto would share libuv's pool, where a login storm
 * starves token checks (measured: 10,300/s to 44/s); here hashing has threads of its own, a bounded queue in front of
 * them, and nothing else of the process runs there. A thread is started when a job would have to wait without it:
 * services that check tokens only hold none.
 *
 * @module
 */
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import type { Secret } from '../kernel/secret.js';
import { workerUrl } from '../kernel/worker-url.js';
import { identityErrors } from './errors.js';
import { passwordBytes } from './password-bytes.js';
import type { PasswordHasher, PasswordParameters } from './ports.js';

/** What a thread is asked. `hash: null` asks for a new hash under `parameters`. */
export interface HashJob {
  readonly id: number;
  readonly password: Uint8Array<ArrayBuffer>;
  readonly hash: string | null;
  readonly parameters: PasswordParameters;
}

export interface HashReply {
  readonly id: number;
  readonly hash: string | null;
  readonly verified: boolean;
  readonly failed: boolean;
}

export interface PasswordPoolOptions {
  /** Default: one less than the processors, at least one. */
  readonly threads?: number;
  /** Jobs that may wait; one more is refused. Default 64 per thread, four to five seconds of standard hashes. */
  readonly maxQueued?: number;
  /** Where the worker is; for tests that break it. */
  readonly workerFile?: URL;
}

export interface PasswordPool extends PasswordHasher {
  /** For metrics: jobs waiting, jobs running, measured milliseconds per hash. */
  measure(): { readonly queued: number; readonly running: number; readonly hashMs: number };
}

interface Waiting {
  readonly job: HashJob;
  resolve(reply: HashReply): void;
  reject(error: unknown): void;
}

interface Thread {
  readonly worker: Worker;
  current: Waiting | null;
  /** Of what is running; `null`: not known. */
  startedAtMs: number | null;
}

const noParameters: PasswordParameters = { memoryKib: 0, passes: 0, lanes: 0 };
/** Assumed until the first hash was measured: 64 MiB, t=3 on one core of the reference machine. */
const assumedHashMs = 70;
/** A thread that dies this often in a row without finishing a job is broken, not unlucky. */
const maxBarrenStarts = 3;

/** @throws RangeError when a number is not a positive integer. */
export function createPasswordPool(options: PasswordPoolOptions = {}): PasswordPool {
  const threadCount = options.threads ?? Math.max(1, availableParallelism() - 1);
  const maxQueued = options.maxQueued ?? 64 * threadCount;
  if (!Number.isSafeInteger(threadCount) || threadCount < 1) throw new RangeError('threads must be 1 or more');
  if (!Number.isSafeInteger(maxQueued) || maxQueued < 1) throw new RangeError('maxQueued must be 1 or more');
  return new Pool(threadCount, maxQueued, options.workerFile ?? workerUrl(import.meta.url, './password-worker.js'));
}

class Pool implements PasswordPool {
  readonly #maxQueued: number;
  readonly #threadCount: number;
  readonly #workerFile: URL;
  readonly #threads = new Set<Thread>();
  readonly #queue: Waiting[] = [];
  #hashMs = assumedHashMs;
  #lastId = 0;
  #barrenStarts = 0;
  #closed = false;

  constructor(threadCount: number, maxQueued: number, workerFile: URL) {
    this.#threadCount = threadCount;
    this.#maxQueued = maxQueued;
    this.#workerFile = workerFile;
  }

  async hash(password: Secret, parameters: PasswordParameters): Promise<string> {
    const reply = await this.#submit(password, null, parameters);
    if (reply.failed || reply.hash === null) throw new TypeError('argon2 refused the password parameters');
    return reply.hash;
  }

  async verify(hash: string, password: Secret): Promise<boolean> {
    const reply = await this.#submit(password, hash, noParameters);
    if (reply.failed) throw new TypeError('argon2 could not read the stored hash');
    return reply.verified;
  }

  assertRoom(): void {
    if (this.#queue.length < this.#maxQueued) return;
    const waitMs = (this.#queue.length / this.#threadCount) * this.#hashMs;
    const retryAfterSeconds = Math.min(60, Math.max(1, Math.ceil(waitMs / 1000)));
    throw identityErrors.hash_queue_full({ details: { retryAfterSeconds } });
  }

  measure() {
    return { queued: this.#queue.length, running: this.#running(), hashMs: this.#hashMs };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#queue.splice(0)) waiting.reject(identityErrors.hash_interrupted());
    const threads = [...this.#threads];
    this.#threads.clear();
    for (const thread of threads) {
      thread.current?.reject(identityErrors.hash_interrupted());
      thread.current = null;
    }
    await Promise.all(threads.map((thread) => thread.worker.terminate()));
  }

  #running(): number {
    let running = 0;
    for (const thread of this.#threads) if (thread.current !== null) running += 1;
    return running;
  }

  async #submit(password: Secret, hash: string | null, parameters: PasswordParameters): Promise<HashReply> {
    if (this.#closed) throw identityErrors.hash_interrupted();
    this.assertRoom();
    const job: HashJob = { id: this.#lastId + 1, password: passwordBytes(password), hash, parameters };
    this.#lastId = job.id;
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, resolve, reject });
      this.#dispatch();
    });
  }

  #start(): Thread {
    const worker = new Worker(this.#workerFile, { name: 'latchkey-password', stdin: false });
    const thread: Thread = { worker, current: null, startedAtMs: null };
    this.#threads.add(thread);
    // Idle threads must not keep a finished program alive; a running job must.
    worker.unref();
    worker.on('message', (reply: HashReply) => this.#finish(thread, reply));
    // 'error' is always followed by 'exit', where the thread is replaced; unheard it would end the process.
    worker.on('error', () => undefined);
    worker.on('exit', () => this.#replace(thread));
    return thread;
  }

  #dispatch(): void {
    for (const thread of this.#threads) {
      if (thread.current === null) this.#giveNext(thread, performance.now());
    }
    while (!this.#closed && this.#queue.length > 0 && this.#threads.size < this.#threadCount) {
      // The first job of a thread waits for its start, which says nothing about hashes.
      this.#giveNext(this.#start(), null);
    }
  }

  #giveNext(thread: Thread, startedAtMs: number | null): void {
    const next = this.#queue.shift();
    if (next === undefined) return;
    thread.current = next;
    thread.startedAtMs = startedAtMs;
    thread.worker.ref();
    // The bytes are moved, not copied: the only copy is the thread's, which overwrites it.
    thread.worker.postMessage(next.job, [next.job.password.buffer]);
  }

  #finish(thread: Thread, reply: HashReply): void {
    const { current, startedAtMs } = thread;
    if (current === null || current.job.id !== reply.id) return;
    thread.current = null;
    thread.worker.unref();
    this.#barrenStarts = 0;
    if (startedAtMs !== null) this.#hashMs += 0.2 * (performance.now() - startedAtMs - this.#hashMs);
    current.resolve(reply);
    this.#dispatch();
  }

  #replace(thread: Thread): void {
    if (!this.#threads.delete(thread)) return;
    // Not tried again: a job that ends its thread would end the next one too.
    thread.current?.reject(identityErrors.hash_interrupted());
    this.#barrenStarts += 1;
    if (this.#barrenStarts >= maxBarrenStarts * this.#threadCount) {
      // Starting again at once would spin; the next job tries anew.
      this.#barrenStarts = 0;
      for (const waiting of this.#queue.splice(0)) waiting.reject(identityErrors.hash_interrupted());
      return;
    }
    this.#dispatch();
  }
}
