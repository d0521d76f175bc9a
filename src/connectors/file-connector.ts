/**
 * A connector of database files: the walk, the preflight and the reading of a catalogue are the same for every engine
 * of files, because all the engine does happens in its thread.
 *
 * @module
 */
import {
  type CatalogItem,
  type CatalogLimits,
  type CatalogReading,
  type CatalogRequest,
  type CatalogSchema,
  type CatalogServer,
  type CheckFinding,
  type CheckName,
  type ConnectionTarget,
  type DataConnector,
  type Engine,
  type PreflightRequest,
  type ProbeLimits,
  type SourceConnector,
  sourcesErrors,
} from '../sources/index.js';
import type { FilePolicy } from './file-policy.js';
import { createFileSession, type FileDataEngine } from './file-session.js';
import { type FileJob, type FileThread, startFileThread } from './file-thread.js';
import { aborted } from './stage-time.js';
import { StageWalk, type Verdict } from './stage-walk.js';
import { createWriteTurns } from './write-turns.js';

export interface FileConnectorOptions {
  /** Folders whose files may be opened; empty: any while bound to loopback, none otherwise. */
  readonly roots: readonly string[];
  /** Live: whether every listener of ours is bound to a loopback address. */
  readonly isBoundToLoopback: () => boolean;
  /** Our data folder: never opened as a source, nor anything below it. */
  readonly ownFolders: readonly string[];
  /** Our store's file, wherever it is; nor that, under any name. */
  readonly ownFiles: readonly string[];
  /** The one question of a walk; tests ask a slow one. */
  readonly question?: string;
}

export interface FileConnectorEngine {
  readonly engine: Engine;
  /** What the version is told with. */
  readonly product: string;
  readonly worker: URL;
  readonly question: string;
  /** Whether the password is the key of an encrypted file; else it is never looked at. */
  readonly hasEncryption: boolean;
  judge(fault: unknown): Verdict;
  /** What a session for data asks of the thread, where there are such sessions. */
  readonly data?: FileDataEngine;
}

/** Checks that are asked of the thread, in this order. */
export const fileChecks = [
  ...(['serverVersion', 'roundTrip', 'readOnlyState', 'schemaUsage', 'sampleRead', 'writePrivileges'] as const),
  ...(['leastPrivilege', 'statementTimeout', 'encodingAndClock', 'catalogSize', 'catalogViews'] as const),
] satisfies readonly CheckName[];

export function createFileConnector(engine: FileConnectorEngine, options: FileConnectorOptions): SourceConnector {
  const { roots, isBoundToLoopback, ownFolders, ownFiles } = options;
  const sidecars = ownFiles.flatMap((file) => [file, `${file}-wal`, `${file}-shm`, `${file}-journal`]);
  const policy = (): FilePolicy => ({
    roots,
    isAnyFileAllowed: isBoundToLoopback(),
    ownFolders,
    ownFiles: sidecars,
  });

  async function walkTo(target: ConnectionTarget, limits: ProbeLimits, stays: boolean, use: FileJob['use'] = 'look') {
    const walk = new StageWalk(limits);
    const thread = startFileThread(engine.worker, {
      path: target.database,
      policy: policy(),
      key: engine.hasEncryption ? target.password.reveal() : '',
      question: options.question ?? engine.question,
      openMs: limits.totalMs,
      stays,
      use,
    });
    const isOpen = await walkStages(engine, walk, thread);
    if (!isOpen || !stays) thread.leave();
    return { walk, thread: isOpen ? thread : null };
  }

  return {
    engine: engine.engine,
    wellKnownPorts: [],
    extraKeys: [],
    authTypes: ['basic'],
    isFileEngine: true,
    async probe(target, limits) {
      const { walk } = await walkTo(target, limits, false);
      return walk.result();
    },
    async preflight(target, request, limits) {
      const { walk, thread } = await walkTo(target, limits, true);
      if (thread === null) return { probe: walk.result(), findings: [] };
      try {
        return { probe: walk.result(), findings: await findAll(engine, walk, thread, request) };
      } finally {
        thread.leave();
      }
    },
    async openCatalog(target, request, limits) {
      const { walk, thread } = await walkTo(target, limits, true);
      if (thread === null) return { probe: walk.result(), reading: null };
      const described = await walk.run('catalog', () => describe(thread, request), engine.judge);
      if (!described.ok) {
        thread.leave();
        return { probe: walk.result(), reading: null };
      }
      walk.pass('catalog', described.ms);
      return { probe: walk.result(), reading: createReading(thread, described.value, limits) };
    },
    ...(engine.data === undefined ? {} : { openData: openDataOf(engine.data) }),
  };

  function openDataOf(data: FileDataEngine): DataConnector['openData'] {
    const turns = createWriteTurns();
    return async (target, limits) => {
      const isWriting = limits.purpose === 'read_write' && data.isReadOnly !== true;
      const { walk, thread } = await walkTo(target, limits, true, isWriting ? 'write' : 'read');
      if (thread === null) return { probe: walk.result(), session: null };
      const session = createFileSession(thread, data, { isWriting });
      return { probe: walk.result(), session: isWriting ? turns.queue(session, target.database) : session };
    };
  }
}

async function walkStages(engine: FileConnectorEngine, walk: StageWalk, thread: FileThread): Promise<boolean> {
  const admitted = await walk.run('policy', () => thread.reached('admitted'), engine.judge);
  if (!admitted.ok) return false;
  walk.pass('policy', admitted.ms);
  const opened = await walk.run('database', () => thread.reached('opened'), engine.judge);
  const version = thread.version();
  walk.serverVersion = version === null ? null : `${engine.product} ${version}`;
  if (!opened.ok) return false;
  walk.pass('database', opened.ms);
  const answered = await walk.run('query', () => thread.reached('answered'), engine.judge);
  if (answered.ok) walk.pass('query', answered.ms);
  return answered.ok;
}

async function findAll(
  engine: FileConnectorEngine,
  walk: StageWalk,
  thread: FileThread,
  request: PreflightRequest,
): Promise<readonly CheckFinding[]> {
  const timeUp = AbortSignal.any([walk.signal, AbortSignal.timeout(Math.max(1, Math.round(walk.leftMs)))]);
  const tooLate = aborted(timeUp);
  tooLate.catch(() => undefined);
  const make = async (check: CheckName): Promise<CheckFinding> => {
    const startedMs = performance.now();
    const failed = { check, status: 'fail', objects: [], statements: [] } as const;
    try {
      return (await Promise.race([thread.ask('check', { check, request }), tooLate])) as CheckFinding;
    } catch (fault) {
      const { reason, evidence = {} }: Verdict = timeUp.aborted ? { reason: 'STAGE_TIMEOUT' } : engine.judge(fault);
      const told = reason === 'UNCLASSIFIED' ? 'QUERY_FAILED' : reason;
      return { ...failed, reason: told, ms: Math.round(performance.now() - startedMs), evidence };
    }
  };
  return await Promise.all(
    fileChecks.map(async (check) => {
      const found = await make(check);
      walk.tell(found);
      return found;
    }),
  );
}

interface Described {
  readonly server: CatalogServer;
  readonly schemas: readonly CatalogSchema[];
}

async function describe(thread: FileThread, request: CatalogRequest): Promise<Described> {
  return (await thread.ask('describe', request)) as Described;
}

/** The thread sends a batch while the one before is read, and never more. */
function createReading(thread: FileThread, described: Described, limits: ProbeLimits & CatalogLimits): CatalogReading {
  let isEnded = false;
  // Left when its time is up, whoever forgot to close it.
  const timer = setTimeout(end, limits.readMs);
  timer.unref();
  limits.signal.addEventListener('abort', end, { once: true });
  if (limits.signal.aborted) end();
  let isTaken = false;

  function end(): void {
    isEnded = true;
    clearTimeout(timer);
    limits.signal.removeEventListener('abort', end);
    thread.leave();
  }

  async function* items(): AsyncGenerator<CatalogItem> {
    if (isTaken) throw new TypeError('a catalogue is read once');
    isTaken = true;
    try {
      let next = takeBatch();
      for (;;) {
        const batch = await next;
        if (batch === null) return;
        next = takeBatch();
        for (const item of batch) {
          if (isEnded) throw sourcesErrors.reading_failed();
          yield item;
        }
      }
    } finally {
      end();
    }
  }

  function takeBatch(): Promise<readonly CatalogItem[] | null> {
    const batch = thread.ask('next').catch((cause: unknown) => {
      throw sourcesErrors.reading_failed({ cause });
    });
    // Whoever stops reading early does not wait for this one.
    batch.catch(() => undefined);
    return batch as Promise<readonly CatalogItem[] | null>;
  }

  return {
    ...described,
    async fingerprint(schema) {
      try {
        return (await thread.ask('fingerprint', schema)) as string | null;
      } catch (cause) {
        throw sourcesErrors.reading_failed({ cause });
      }
    },
    items,
    async close() {
      end();
    },
  };
}
