/**
 * The store on one SQLite file beside the program: WAL, every acknowledged commit synced, all of it on threads of its
 * own. The file and its folder are made readable for their owner alone.
 *
 * @module
 */
import { constants } from 'node:fs';
import { chmod, mkdir, open, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { StoreEngine } from './engine.js';
import { isFatalForSqlite, storeErrors, translateDriverError } from './errors.js';
import { SqliteDatabase } from './sqlite-driver.js';
import { inTurn, planned, type Read } from './sqlite-plan.js';
import { SqliteThread } from './sqlite-thread.js';
import { SqliteWriter } from './sqlite-writer.js';

export interface SqliteOptions {
  readonly file: string;
  /** Told once when a write may not have become durable; everything is refused from then on. */
  readonly onFatal: (error: Error) => void;
  readonly readers?: number;
  /** How long a statement waits for another process that writes. */
  readonly busyTimeoutMs?: number;
  readonly transactionTimeoutMs?: number;
  /** Transactions that may wait for their turn. */
  readonly maxWaiting?: number;
  /** Look-ups that may wait per reading thread. */
  readonly maxReads?: number;
}

const migrationTimeoutMs = 600_000;

/**
 * @throws `store.location_invalid` the folder or file cannot be made or used.
 * @throws `store.busy` another process held the file too long.
 */
export async function openSqlite(options: SqliteOptions): Promise<StoreEngine> {
  const file = resolve(options.file);
  try {
    await prepareFile(file);
  } catch (cause) {
    throw storeErrors.location_invalid({ cause });
  }
  const busyTimeoutMs = options.busyTimeoutMs ?? 5_000;
  const threads: SqliteThread[] = [];
  let writer: SqliteWriter | undefined;
  const onLost = (error: Error) => writer?.stop(error);
  const openThread = async (isReader: boolean) => {
    const maxPending = isReader ? (options.maxReads ?? 4_096) : 65_536;
    const thread = await SqliteThread.open({ file, isReader, busyTimeoutMs, maxPending, onLost });
    threads.push(thread);
    return thread;
  };
  const closeThreads = async () => {
    // The writer goes last: the last connection to close copies the WAL into the file, which a reader may not.
    for (const thread of threads.reverse()) await thread.close();
  };

  try {
    const writing = await openThread(false);
    const reading: SqliteThread[] = [];
    for (let count = options.readers ?? 1; count > 0; count -= 1) reading.push(await openThread(true));
    const group = new SqliteWriter(writing, {
      minUnits: 32,
      maxGroup: 256,
      maxGroupMs: 50,
      maxWaiting: options.maxWaiting ?? 2_048,
      transactionTimeoutMs: options.transactionTimeoutMs ?? 5_000,
      checkpointEvery: 800,
      onFatal: options.onFatal,
    });
    writer = group;

    let next = 0;
    const read: Read = ({ sql, parameters }) => {
      if (group.isStopped) return Promise.reject(storeErrors.stopped());
      next = (next + 1) % reading.length;
      const thread = reading[next];
      if (thread === undefined) return Promise.reject(storeErrors.closed());
      return thread.run(sql, parameters);
    };
    const writeNothing = () => Promise.reject(new TypeError('there is no transaction to write in'));

    return {
      kind: 'sqlite',
      auditChains: 1,
      read: new SqliteDatabase({
        run: read,
        expect: async (statement) => (await read(statement)).rows,
        runLater: writeNothing,
        append: writeNothing,
      }),
      transaction: (work) => inTurn(group, work),
      planned: (work) => planned(group, read, work),
      // A turn holds the file's only write lock.
      migration: (work) => inTurn(group, work, migrationTimeoutMs),
      writeAlone: null,
      linkWith: (trailKey) => writing.holdTrailKey(trailKey.reveal()),
      statistics: () => group.statistics,
      isReady: async () => {
        if (group.isStopped) return false;
        const answers = await Promise.allSettled(reading.map((thread) => thread.run('select 1')));
        return answers.every(({ status }) => status === 'fulfilled');
      },
      close: async () => {
        await group.close();
        await closeThreads();
      },
    };
  } catch (error) {
    await closeThreads();
    // While opening, damage means that this is not a database of ours, not that a write was lost.
    throw isFatalForSqlite(error) ? storeErrors.location_invalid({ cause: error }) : translateDriverError(error);
  }
}

/** Makes folder and file for their owner alone, durably; an existing file is narrowed, an existing folder is left. */
async function prepareFile(file: string): Promise<void> {
  const folder = dirname(file);
  const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 });
  const isNew = await createFile(file);
  if (!isNew) {
    // By path and not by descriptor: closing one would drop the locks this process may hold on the file already.
    const state = await stat(file);
    if (!state.isFile()) throw new Error('not a plain file');
    // SQLite gives the WAL and the shared memory file the mode of the database.
    if ((state.mode & 0o077) !== 0) await chmod(file, 0o600);
  }
  if (isNew) await syncFolder(folder);
  if (firstMade !== undefined) await syncFolder(dirname(firstMade));
}

/** @returns false when it exists. */
async function createFile(file: string): Promise<boolean> {
  try {
    const handle = await open(file, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
