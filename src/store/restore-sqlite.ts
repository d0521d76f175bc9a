/**
 * Puts a backup in the place of the SQLite store. Until the copy is whole, brought up to date and good to be used,
 * the store is as it was; from one moment to the next it is the copy; what was there is kept beside it.
 *
 * @module
 */
import { copyFile, link, rename, stat, unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { assertWhole, createPrivateFile, syncFile, syncFolder } from './backup-sqlite.js';
import { storeErrors } from './errors.js';

export interface Restore {
  /** The backup. */
  readonly from: string;
  /** The store. */
  readonly file: string;
  /** Part of the names of what is written and kept: `<file>.<mark>.restoring`, `<file>.<mark>.before-restore`. */
  readonly mark: string;
  /** Brings the copy up to date and closes it; what it throws leaves the store as it was. */
  prepare(copy: string): Promise<void>;
}

const journals = ['-wal', '-shm', '-journal'] as const;
const busyCode = 5;

/**
 * @returns the file the store of before is kept in; `null` where there was none.
 * @throws `store.in_use` somebody has the store open.
 * @throws `store.backup_unreadable` · `store.backup_damaged` · `store.location_invalid` · what `prepare` throws.
 */
export async function restoreSqlite({ from, file: path, mark, prepare }: Restore): Promise<string | null> {
  const file = resolve(path);
  const copy = `${file}.${mark}.restoring`;
  const kept = `${file}.${mark}.before-restore`;
  const hold = (await exists(file)) ? holdAlone(file) : null;
  try {
    await copyBackup(resolve(from), copy);
    await assertWhole(copy);
    await prepare(copy);
    await remove(`${copy}-shm`);
    // Nothing of the copy may be left in a file that does not move along.
    if (await exists(`${copy}-wal`)) throw storeErrors.backup_damaged();
    await syncFile(copy);
    const isKept = await keep(file, kept);
    await rename(copy, file);
    await syncFolder(dirname(file));
    return isKept ? kept : null;
  } catch (error) {
    for (const end of ['', ...journals]) await remove(`${copy}${end}`);
    throw isSystemError(error) ? storeErrors.location_invalid({ cause: error }) : error;
  } finally {
    hold?.close();
  }
}

async function copyBackup(from: string, copy: string): Promise<void> {
  // A store in use is no backup: a part of it is in the file beside it.
  if (await exists(`${from}-wal`)) throw storeErrors.backup_unreadable();
  await createPrivateFile(copy);
  try {
    await copyFile(from, copy);
  } catch (cause) {
    throw storeErrors.backup_unreadable({ cause });
  }
}

/**
 * The store for ourselves alone until the copy has its place: a service that starts meanwhile waits or fails, and does
 * not write into what is being put aside. In the journal mode of a single user, because closing a WAL would take away
 * the file of that name, which is the copy's by then.
 *
 * @returns `null` where the file is no database any more: nobody can work on it.
 * @throws `store.in_use`
 */
function holdAlone(file: string): InstanceType<typeof DatabaseSync> | null {
  let database: InstanceType<typeof DatabaseSync> | null = null;
  try {
    database = new DatabaseSync(file, { timeout: 0, defensive: true });
    database.exec('pragma trusted_schema = off');
    database.exec('pragma locking_mode = exclusive');
    database.exec('pragma journal_mode = delete');
    database.exec('begin exclusive');
    return database;
  } catch (error) {
    try {
      database?.close();
    } catch {
      // It could not be opened to begin with.
    }
    const code = (error as { sqliteExtendedCode?: unknown } | null)?.sqliteExtendedCode;
    if (typeof code === 'number' && (code & 0xff) === busyCode) throw storeErrors.in_use();
    return null;
  }
}

/** Gives the store of before a second name, with whatever could not be written into it. */
async function keep(file: string, kept: string): Promise<boolean> {
  for (const end of journals) {
    // A journal that stayed would be played into the copy.
    if (await exists(`${file}${end}`)) await rename(`${file}${end}`, `${kept}${end}`);
  }
  if (!(await exists(file))) return false;
  try {
    await link(file, kept);
  } catch {
    // A file system without second names.
    await rename(file, kept);
  }
  return true;
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function remove(file: string): Promise<void> {
  await unlink(file).catch(() => undefined);
}

function isSystemError(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException | null)?.syscall === 'string';
}
