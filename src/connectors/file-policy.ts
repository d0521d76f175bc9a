/**
 * Which files may be opened as a guarded database, by any engine of files. Runs in the worker thread, because a file
 * system that hangs must hang nobody else. See docs/decisions, "which SQLite files may be opened".
 *
 * @module
 */
import { type BigIntStats, realpathSync, statSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';

/** Plain data: it travels to the worker. */
export interface FilePolicy {
  /** Absolute folders; only files below one of them. Empty: see `isAnyFileAllowed`. */
  readonly roots: readonly string[];
  /** Without roots: any file (we serve nobody but this machine), or none. */
  readonly isAnyFileAllowed: boolean;
  /** Our own folders: never. */
  readonly ownFolders: readonly string[];
  /** Our own files, wherever they are and by whatever name they are reached: never. */
  readonly ownFiles: readonly string[];
}

/** A file that may be opened, as it was when it was judged. */
export interface JudgedFile {
  /** Real: no link in it. */
  readonly path: string;
  readonly device: bigint;
  readonly inode: bigint;
}

export type FileVerdict =
  | ({ readonly ok: true } & JudgedFile)
  | {
      readonly ok: false;
      readonly reason:
        | 'TARGET_NOT_ALLOWED'
        | 'DATABASE_FILE_MISSING'
        | 'DATABASE_FILE_NOT_A_DATABASE'
        | 'DATABASE_ACCESS_DENIED';
    };

const systemFolders = ['/proc', '/sys', '/dev'];

/**
 * Judges a path: where it leads is what counts, links followed. What may not be opened answers the same whether it is
 * there or not.
 *
 * @param path  Absolute.
 */
export function judgeFile(path: string, policy: FilePolicy): FileVerdict {
  const refused: FileVerdict = { ok: false, reason: 'TARGET_NOT_ALLOWED' };
  if (resolve(path) !== path) return refused;
  const roots = policy.roots.map((root) => realOr(root));
  const forbidden = [...systemFolders, ...policy.ownFolders.map((folder) => realOr(folder))];
  const isAllowed = (real: string) =>
    (roots.length === 0 ? policy.isAnyFileAllowed : roots.some((root) => isBelow(real, root))) &&
    !forbidden.some((folder) => real === folder || isBelow(real, folder));

  let real: string;
  let stats: BigIntStats;
  try {
    real = realpathSync(path);
    stats = statSync(real, { bigint: true });
  } catch (fault) {
    if (!isAllowed(realOrAncestor(path))) return refused;
    const code = fault instanceof Error && 'code' in fault ? fault.code : '';
    return { ok: false, reason: code === 'EACCES' ? 'DATABASE_ACCESS_DENIED' : 'DATABASE_FILE_MISSING' };
  }
  if (!isAllowed(real) || policy.ownFiles.some((own) => isSameFile(own, stats))) return refused;
  if (!stats.isFile()) return { ok: false, reason: 'DATABASE_FILE_NOT_A_DATABASE' };
  return { ok: true, path: real, device: stats.dev, inode: stats.ino };
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** A file by another name or a hard link is the same file. */
function isSameFile(own: string, stats: BigIntStats): boolean {
  try {
    const { dev, ino } = statSync(own, { bigint: true });
    return dev === stats.dev && ino === stats.ino;
  } catch {
    return false;
  }
}

function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

/** Where a path that is not there would be: its nearest existing ancestor, links followed, and the rest. */
function realOrAncestor(path: string): string {
  const parent = dirname(path);
  if (parent === path) return path;
  try {
    return realpathSync(parent) + path.slice(parent === sep ? 0 : parent.length);
  } catch {
    return realOrAncestor(parent) + path.slice(parent === sep ? 0 : parent.length);
  }
}
