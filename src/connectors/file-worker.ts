/**
 * The thread's side of an open file: judges the path, sees that what was opened is what was judged, asks the question of
 * the walk and then answers what it is asked. Engines say how to look at a header, open and ask.
 *
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import {
  type FileHeader,
  FileReplaced,
  hasOpened,
  idOf,
  isStillThere,
  listDescriptors,
  readHeader,
} from './file-identity.js';
import { type JudgedFile, judgeFile } from './file-policy.js';
import type { FaultFacts, FileJob, FileMessage, FileOrder, FileOrders } from './file-thread.js';

/** A fault whose reason is clear where it happens. */
export class KnownFault extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

/** A file the library has opened. */
export interface OpenFile {
  readonly version: string;
  /** Asks the question of the walk. */
  answer(question: string): Promise<void>;
  /** Verbs that can be asked. */
  readonly verbs: ReadonlyMap<string, (argument: unknown) => Promise<unknown>>;
  /** Stops what is being asked, where the library can. */
  interrupt(): void;
  close(): void;
}

export interface FileEngine {
  /** Whether the beginning looks like a database of this engine. @throws KnownFault */
  judgeHeader(header: FileHeader): void;
  /**
   * Opens and reads enough to know that it is a database.
   *
   * @param isStopped  Whether what is being asked is to be given up; it changes while the library works.
   * @throws KnownFault · the library's own
   */
  open(file: JudgedFile, header: FileHeader, job: FileJob, isStopped: () => boolean): Promise<OpenFile>;
  /** The engine's code of a fault of its library. */
  codeOf(fault: unknown): FaultFacts;
}

/** A file may be put into another's place while we look; so often it is looked at again. */
const attempts = 5;

/** Between two looks, milliseconds: who opens something else just then has done so. */
const pauseMs = 4;

/** Does the job this thread was started for. */
export async function serveFile(engine: FileEngine): Promise<void> {
  const job = workerData as FileOrders;
  // Orders that come while the file is being opened wait for it; leaving does not.
  const orders: FileOrder[] = [];
  let open: OpenFile | null = null;
  let isLeft = false;
  let take: (() => void) | null = null;
  let lend: ((descriptor: number | null) => void) | null = null;
  const askHeader = async (judged: JudgedFile) => {
    say({ kind: 'judged', file: idOf(judged) });
    const descriptor = await new Promise<number | null>((resolve) => {
      lend = resolve;
    });
    return readHeader(judged, descriptor, (file, opened) => say({ kind: 'kept', file, descriptor: opened }));
  };
  let current = 0;
  const isStopped = () => Atomics.load(job.stopped, 0) >= Math.max(1, current);
  parentPort?.on('message', (order: FileOrder) => {
    if (order.kind === 'leave') {
      isLeft = true;
      open?.interrupt();
    } else if (order.kind === 'header') {
      lend?.(order.descriptor);
    } else if (order.kind === 'stop') {
      // It may come when what it was for has ended.
      if (current > 0 && isStopped()) open?.interrupt();
    } else orders.push(order);
    take?.();
  });
  try {
    open = await openJudged(engine, job, { askHeader, isStopped });
    say({ kind: 'version', version: open.version });
    say({ kind: 'opened' });
    if (!isLeft) await open.answer(job.question);
    // Only now where nothing else is asked: whoever hears it may end the process, and must not find us in the library.
    if (!job.stays) {
      open.close();
      open = null;
    }
    say({ kind: 'answered' });
    while (open !== null && !isLeft) {
      const order = orders.shift();
      if (order?.kind === 'ask') {
        current = order.id;
        say(await reply(engine, open, order));
        current = 0;
      } else
        await new Promise<void>((resolve) => {
          take = resolve;
        });
    }
  } catch (fault) {
    say({ kind: 'failed', ...factsOf(engine, fault) });
  } finally {
    try {
      open?.close();
    } catch {
      // It was only read.
    }
    parentPort?.close();
  }
}

interface Serving {
  /** @throws FileReplaced · what `open` throws */
  readonly askHeader: (judged: JudgedFile) => Promise<FileHeader>;
  readonly isStopped: () => boolean;
}

async function openJudged(engine: FileEngine, job: FileJob, serving: Serving): Promise<OpenFile> {
  for (let attempt = 1; ; attempt += 1) {
    const verdict = judgeFile(job.path, job.policy);
    const isRefused = !verdict.ok && verdict.reason === 'TARGET_NOT_ALLOWED';
    if (attempt === 1 && !isRefused) say({ kind: 'admitted' });
    // What was let in once and is another thing now is being replaced.
    if (!verdict.ok) throw new KnownFault(isRefused && attempt > 1 ? 'DATABASE_FILE_LOCKED' : verdict.reason);
    try {
      return await openExactly(engine, job, verdict, serving);
    } catch (fault) {
      if (isStillThere(verdict) && !(fault instanceof FileReplaced)) throw fault;
      // It is being replaced by somebody who does not wait for readers: as good as locked.
      if (attempt === attempts) throw new KnownFault('DATABASE_FILE_LOCKED');
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

async function openExactly(
  engine: FileEngine,
  job: FileJob,
  judged: JudgedFile,
  { askHeader, isStopped }: Serving,
): Promise<OpenFile> {
  const header = await askHeader(judged);
  engine.judgeHeader(header);
  const before = listDescriptors();
  const open = await engine.open(judged, header, job, isStopped);
  const after = listDescriptors();
  const isSame = before === null || after === null ? isStillThere(judged) : hasOpened(judged, before, after);
  if (isSame) return open;
  open.close();
  throw new FileReplaced();
}

async function reply(engine: FileEngine, open: OpenFile, order: FileOrder & { kind: 'ask' }): Promise<FileMessage> {
  try {
    const verb = open.verbs.get(order.verb);
    if (verb === undefined) throw new TypeError(`there is no verb ${order.verb}`);
    return { kind: 'reply', id: order.id, value: await verb(order.argument) };
  } catch (fault) {
    return { kind: 'refusal', id: order.id, ...factsOf(engine, fault) };
  }
}

function factsOf(engine: FileEngine, fault: unknown): FaultFacts {
  if (fault instanceof KnownFault) return { reason: fault.reason, code: null };
  if (fault instanceof Error && 'syscall' in fault && 'code' in fault) {
    return { reason: reasonBySystemCode.get(String(fault.code)) ?? null, code: String(fault.code) };
  }
  return engine.codeOf(fault);
}

const reasonBySystemCode = new Map([
  ['ENOENT', 'DATABASE_FILE_MISSING'],
  ['ENOTDIR', 'DATABASE_FILE_MISSING'],
  // The file that was looked at has become a link since.
  ['ELOOP', 'TARGET_NOT_ALLOWED'],
  ['EACCES', 'DATABASE_ACCESS_DENIED'],
  ['EPERM', 'DATABASE_ACCESS_DENIED'],
  ['EIO', 'CONNECTION_LOST'],
  ['ESTALE', 'CONNECTION_LOST'],
  ['ENXIO', 'DATABASE_FILE_NOT_A_DATABASE'],
  ['EISDIR', 'DATABASE_FILE_NOT_A_DATABASE'],
]);

function say(message: FileMessage): void {
  parentPort?.postMessage(message);
}
