/**
 * A copy of the SQLite store of one instant, taken while others read and write. Secrets in it are sealed as they are in
 * the store; the key they are sealed under is not in it.
 *
 * @module
 */
import { constants } from 'node:fs';
import { type FileHandle, link, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { storeErrors, translateDriverError } from './errors.js';
import { SqliteThread } from './sqlite-thread.js';

export interface BackupOrder {
  /** The file to make. */
  readonly to: string;
  /** A backup that is there already is replaced; anything else never is. */
  readonly replace: boolean;
}

export interface Backup {
  readonly bytes: number;
}

/** How every SQLite database begins (sqlite.org/fileformat2.html §1.3). */
const header = Buffer.from('SQLite format 3\0', 'latin1');

/**
 * Writes the copy beside its name, looks through it, and gives it its name when it is whole and on the disk. For its
 * owner's eyes alone.
 *
 * @param file  The store.
 * @param mark  Makes names of files that are not whole yet.
 * @throws `store.backup_exists` · `store.backup_location_invalid` · `store.backup_damaged` · `store.unavailable`
 */
export async function backUpSqlite(file: string, order: BackupOrder, mark: string): Promise<Backup> {
  const to = resolve(order.to);
  await assertReplaceable(resolve(file), to, order.replace);
  const partial = `${to}.${mark}.partial`;
  try {
    await located(createPrivateFile(partial));
    await copyInto(file, partial);
    await assertWhole(partial);
    await located(syncFile(partial));
    const { size } = await stat(partial);
    if (order.replace) await located(rename(partial, to));
    else await located(giveName(partial, to));
    await located(syncFolder(dirname(to)));
    return { bytes: size };
  } catch (error) {
    await unlink(partial).catch(() => undefined);
    throw error;
  }
}

/** @throws `store.backup_damaged` for what is no whole database of ours; an empty file would be a new one. */
export async function assertWhole(file: string): Promise<void> {
  const verdicts = await inReader(file, async (thread) => {
    const { rows } = await thread.run('pragma integrity_check(1)');
    await thread.run('select name from migrations limit 1');
    return rows.flatMap((row) => Object.values(row));
  }).catch((cause: unknown) => {
    throw storeErrors.backup_damaged({ cause });
  });
  if (verdicts.length !== 1 || verdicts[0] !== 'ok') throw storeErrors.backup_damaged();
}

/** Nothing that could be somebody's only copy of something else is written over. */
async function assertReplaceable(file: string, to: string, mayReplace: boolean): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(to, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw storeErrors.backup_location_invalid({ cause: error });
  }
  try {
    const [there, store] = [await handle.stat(), await stat(file)];
    if (!there.isFile() || (there.ino === store.ino && there.dev === store.dev)) {
      throw storeErrors.backup_location_invalid();
    }
    if (!mayReplace) throw storeErrors.backup_exists();
    const start = Buffer.alloc(header.length);
    await handle.read(start, 0, start.length, 0);
    if (!start.equals(header)) throw storeErrors.backup_location_invalid();
  } finally {
    await handle.close();
  }
}

/** One statement, one snapshot; the new file holds nothing that was deleted. */
async function copyInto(file: string, partial: string): Promise<void> {
  try {
    await inReader(file, async (thread) => {
      // Forbids every write, also that of another file.
      await thread.run('pragma query_only = off');
      await thread.run('vacuum into ?', [partial]);
    });
  } catch (error) {
    throw translateDriverError(error);
  }
}

async function inReader<T>(file: string, work: (thread: SqliteThread) => Promise<T>): Promise<T> {
  const thread = await SqliteThread.open({
    ...{ file, isReader: true, busyTimeoutMs: 5_000, maxPending: 8 },
    // Whatever is waiting is refused then.
    onLost: () => undefined,
  });
  try {
    return await work(thread);
  } finally {
    await thread.close();
  }
}

/** @throws `store.backup_exists` when somebody else took the name meanwhile. */
async function giveName(partial: string, to: string): Promise<void> {
  try {
    await link(partial, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw storeErrors.backup_exists();
    // A file system without second names; that the name was free was looked at.
    await rename(partial, to);
    return;
  }
  await unlink(partial);
}

export async function createPrivateFile(file: string): Promise<void> {
  const handle = await open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  await handle.close();
}

export async function syncFile(file: string): Promise<void> {
  const handle = await open(file, constants.O_RDWR);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @throws `store.backup_location_invalid` for what the file system refuses. */
async function located<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const isSystem = typeof (cause as NodeJS.ErrnoException).syscall === 'string';
    throw isSystem ? storeErrors.backup_location_invalid({ cause }) : cause;
  }
}
