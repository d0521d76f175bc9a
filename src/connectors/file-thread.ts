/**
 * A database file opened in a thread of its own: SQLite is synchronous, and any file may be locked, slow or on a disk
 * that hangs. A thread is never terminated: stopped inside either library it takes the whole process with it. It ends
 * by itself when it is left; one that hangs is left alone, and few run at once.
 *
 * @module
 */
import { Worker } from 'node:worker_threads';
import { createFileDescriptors } from './file-descriptors.js';
import type { FilePolicy } from './file-policy.js';

export interface FileJob {
  readonly path: string;
  readonly policy: FilePolicy;
  /** Of an encrypted file; empty without. */
  readonly key: string;
  /** The one question of the walk. */
  readonly question: string;
  /** Milliseconds the walk may take, told to whoever can stop by itself. */
  readonly openMs: number;
  /** Whether the file stays open after the walk, for {@link FileThread.ask}. */
  readonly stays: boolean;
  /** `look`: one look at it that leaves no trace; `read` and `write`: for as long as data is asked for. */
  readonly use: 'look' | 'read' | 'write';
}

/** What the thread is started with. */
export interface FileOrders extends FileJob {
  /** The greatest number of an order that is to be given up; shared, because the library keeps the thread busy. */
  readonly stopped: Int32Array;
}

/** What the thread says on its way, in this order; the first `failed` ends it. */
export type FileMessage =
  | { readonly kind: 'admitted' | 'opened' | 'answered' }
  | { readonly kind: 'version'; readonly version: string }
  /** About to look at a file; see `file-descriptors.ts`. Answered by `header`. */
  | { readonly kind: 'judged'; readonly file: string }
  | { readonly kind: 'kept'; readonly file: string; readonly descriptor: number }
  | ({ readonly kind: 'failed' } & FaultFacts)
  | { readonly kind: 'reply'; readonly id: number; readonly value: unknown }
  | ({ readonly kind: 'refusal'; readonly id: number } & FaultFacts);

/** What the thread is told. */
export type FileOrder =
  | { readonly kind: 'ask'; readonly id: number; readonly verb: string; readonly argument: unknown }
  | { readonly kind: 'stop' }
  | { readonly kind: 'header'; readonly descriptor: number | null }
  | { readonly kind: 'leave' };

export interface FaultFacts {
  /** What was clear where it happened; else `null`. */
  readonly reason: string | null;
  /** The engine's own code, or its word for the class of the fault; `null` where it has none. */
  readonly code: number | string | null;
}

/** What an attempt failed with. */
export class FileFault extends Error {
  readonly reason: string | null;
  readonly code: number | string | null;

  constructor({ reason, code }: FaultFacts) {
    super('the file could not be opened or read');
    this.reason = reason;
    this.code = code;
  }
}

export interface FileThread {
  /** Resolves when the thread came this far. @throws FileFault */
  reached(kind: 'admitted' | 'opened' | 'answered'): Promise<void>;
  version(): string | null;
  /** Asks the open file; answered in the order asked. @throws FileFault */
  ask(verb: string, argument?: unknown): Promise<unknown>;
  /** What was asked so far is given up as soon as the library looks up; it is answered with a fault. */
  stop(): void;
  /** Nobody is interested any more: the file is closed as soon as the library lets go. May be called again. */
  leave(): void;
}

/** What a thread makes is gone with the next answer: more room for it would only be memory that is never given back. */
const youngMegabytes = 4;

/** Of each kind apart: readings that take minutes leave room for tests, and sessions that stay for readings. */
const maxThreads = { passing: 8, staying: 4, lent: 16 } as const;
const rooms = {
  passing: createRoom(maxThreads.passing),
  staying: createRoom(maxThreads.staying),
  lent: createRoom(maxThreads.lent),
};

const descriptors = createFileDescriptors();

/** Starts a thread as soon as there is room for one. */
export function startFileThread(worker: URL, job: FileJob): FileThread {
  const room = rooms[job.use !== 'look' ? 'lent' : job.stays ? 'staying' : 'passing'];
  const stopped = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const seen = new Set<string>();
  const waiting = new Map<number, { resolve(value: unknown): void; reject(fault: FileFault): void }>();
  let thread: Worker | null = null;
  let version: string | null = null;
  let fault: FileFault | null = null;
  let isLeft = false;
  let asked = 0;
  let wake: () => void = () => undefined;

  function note(message: FileMessage): void {
    if (message.kind === 'version') version = message.version;
    else if (message.kind === 'reply') settle(message.id)?.resolve(message.value);
    else if (message.kind === 'refusal') settle(message.id)?.reject(new FileFault(message));
    else if (message.kind === 'failed') end(new FileFault(message));
    else if (message.kind === 'judged') void lendDescriptor(message.file);
    else if (message.kind === 'kept') descriptors.keep(seen, message.file, message.descriptor);
    else seen.add(message.kind);
    wake();
  }

  async function lendDescriptor(file: string): Promise<void> {
    const descriptor = await descriptors.enter(seen, file);
    thread?.postMessage({ kind: 'header', descriptor } satisfies FileOrder);
  }

  function settle(id: number) {
    const one = waiting.get(id);
    waiting.delete(id);
    return one;
  }

  function end(reason: FileFault): void {
    fault ??= reason;
    for (const one of waiting.values()) one.reject(fault);
    waiting.clear();
    wake();
  }

  room.enter((exit) => {
    if (isLeft) {
      exit();
      return;
    }
    const orders: FileOrders = { ...job, stopped };
    const resourceLimits = { maxYoungGenerationSizeMb: youngMegabytes };
    thread = new Worker(worker, {
      workerData: orders,
      env: {},
      execArgv: [],
      trackUnmanagedFds: false,
      resourceLimits,
    });
    thread.unref();
    thread.on('message', note);
    thread.on('error', () => end(new FileFault({ reason: 'INTERNAL', code: null })));
    thread.on('exit', () => {
      descriptors.leave(seen);
      exit();
      end(new FileFault({ reason: null, code: null }));
    });
  });

  return {
    async reached(kind) {
      while (!seen.has(kind)) {
        if (fault !== null) throw fault;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    version: () => version,
    ask(verb, argument) {
      if (fault !== null) return Promise.reject(fault);
      asked += 1;
      const id = asked;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        thread?.postMessage({ kind: 'ask', id, verb, argument } satisfies FileOrder);
      });
    },
    stop() {
      Atomics.store(stopped, 0, asked);
      thread?.postMessage({ kind: 'stop' } satisfies FileOrder);
    },
    leave() {
      if (isLeft) return;
      isLeft = true;
      Atomics.store(stopped, 0, everything);
      thread?.postMessage({ kind: 'leave' } satisfies FileOrder);
      end(new FileFault({ reason: 'LEFT', code: null }));
    },
  };
}

const everything = 0x7fff_ffff;

function createRoom(places: number): { enter(begin: (exit: () => void) => void): void } {
  const queue: ((exit: () => void) => void)[] = [];
  let taken = 0;
  function next(): void {
    while (taken < places) {
      const begin = queue.shift();
      if (begin === undefined) return;
      taken += 1;
      let isOut = false;
      begin(() => {
        if (isOut) return;
        isOut = true;
        taken -= 1;
        next();
      });
    }
  }
  return {
    enter(begin) {
      queue.push(begin);
      next();
    },
  };
}
