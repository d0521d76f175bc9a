/**
 * An SQLite file opened in a thread of its own: the library is synchronous, and a file may be locked, slow or on a disk
 * that hangs. A thread is never terminated: stopped inside the library it takes the whole process with it. It ends by
 * itself, after a bounded wait for locks; whoever runs out of time before that leaves it alone, and few run at once.
 *
 * @module
 */
import { Worker } from 'node:worker_threads';
import { workerUrl } from '../../kernel/worker-url.js';
import type { FilePolicy } from './file-policy.js';

export interface OpenRequest {
  readonly path: string;
  readonly policy: FilePolicy;
}

/** What the thread says, in this order; the first `failed` ends it. */
export type OpenMessage =
  | { readonly kind: 'admitted' | 'opened' | 'answered' }
  | { readonly kind: 'version'; readonly version: string }
  /** `code` is SQLite's own (https://sqlite.org/rescode.html), `null` where our policy spoke. */
  | { readonly kind: 'failed'; readonly reason: string | null; readonly code: number | null };

/** What an attempt failed with. */
export class OpenFault extends Error {
  readonly reason: string | null;
  readonly code: number | null;

  constructor(reason: string | null, code: number | null) {
    super('the file could not be opened');
    this.reason = reason;
    this.code = code;
  }
}

export interface Opening {
  /** Resolves when the thread came this far. @throws OpenFault */
  reached(kind: 'admitted' | 'opened' | 'answered'): Promise<void>;
  version(): string | null;
  /** Nobody is interested any more. */
  leave(): void;
}

const maxThreads = 8;
let threads = 0;
const waiting: (() => void)[] = [];

/** Starts a thread as soon as there is room for one; it opens read-only, asks one question and ends. */
export function startOpening(request: OpenRequest): Opening {
  const seen = new Set<string>();
  let version: string | null = null;
  let fault: OpenFault | null = null;
  let isLeft = false;
  let wake: () => void = () => undefined;

  function note(message: OpenMessage): void {
    if (message.kind === 'version') version = message.version;
    else if (message.kind === 'failed') fault ??= new OpenFault(message.reason, message.code);
    else seen.add(message.kind);
    wake();
  }

  function start(): void {
    if (isLeft) {
      waiting.shift()?.();
      return;
    }
    threads += 1;
    const worker = new Worker(workerUrl(import.meta.url, './open-worker.js'), {
      workerData: request,
      env: {},
      execArgv: [],
    });
    worker.unref();
    worker.on('message', note);
    worker.on('error', () => note({ kind: 'failed', reason: 'DRIVER_MISSING', code: null }));
    worker.on('exit', () => {
      threads -= 1;
      note({ kind: 'failed', reason: null, code: null });
      waiting.shift()?.();
    });
  }

  if (threads < maxThreads) start();
  else waiting.push(start);

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
    leave() {
      isLeft = true;
    },
  };
}
