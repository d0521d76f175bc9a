/**
 * An SQLite file opened in a thread of its own: the library is synchronous, and a file may be locked, slow or made to
 * keep it busy. The thread says how far it came and is ended when its time is up.
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
  /** Ends the thread. */
  close(): Promise<unknown>;
}

/** Starts the thread; it opens read-only, asks one question and stops. */
export function startOpening(request: OpenRequest): Opening {
  const worker = new Worker(workerUrl(import.meta.url, './open-worker.js'), {
    workerData: request,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 64 },
  });
  const seen = new Set<string>();
  let version: string | null = null;
  let fault: OpenFault | null = null;
  let wake: () => void = () => undefined;

  worker.on('message', (message: OpenMessage) => {
    if (message.kind === 'version') version = message.version;
    else if (message.kind === 'failed') fault ??= new OpenFault(message.reason, message.code);
    else seen.add(message.kind);
    wake();
  });
  worker.on('error', () => {
    fault ??= new OpenFault('DRIVER_MISSING', null);
    wake();
  });
  worker.on('exit', () => {
    fault ??= new OpenFault(null, null);
    wake();
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
    close: () => worker.terminate(),
  };
}
