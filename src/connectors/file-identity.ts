/**
 * Whether the file that was judged is the one that was opened. Between the two somebody may put another in its place,
 * and a library takes a path, not a descriptor. Runs in the worker thread.
 *
 * @module
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import type { JudgedFile } from './file-policy.js';

/** The file is not the one that was judged any more. */
export class FileReplaced extends Error {}

/** Enough for the headers of every format here. */
const headerBytes = 4_096;

export interface FileHeader {
  readonly bytes: Buffer;
  readonly sizeBytes: number;
}

/**
 * Reads the beginning of exactly the judged file; a pipe or device put in its place is not waited for.
 *
 * Closing a descriptor drops the locks this process holds on the file (POSIX.1-2017, fcntl). All we hold are shared
 * ones of readings that last milliseconds, so another writer is let in early and nothing is written wrongly.
 *
 * @throws FileReplaced · what `open` throws
 */
export function readHeader(judged: JudgedFile): FileHeader {
  const descriptor = openSync(judged.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor, { bigint: true });
    if (!stats.isFile() || stats.dev !== judged.device || stats.ino !== judged.inode) throw new FileReplaced();
    const bytes = Buffer.alloc(headerBytes);
    const read = readSync(descriptor, bytes, 0, headerBytes, 0);
    return { bytes: bytes.subarray(0, read), sizeBytes: Number(stats.size) };
  } finally {
    closeSync(descriptor);
  }
}

/**
 * How many descriptors this process has on the judged file; `null` where the system does not tell. One more after the
 * library opened a path than before means that it opened this file, whatever the path led to meanwhile.
 */
export function countDescriptors(judged: JudgedFile): number | null {
  let names: string[];
  try {
    names = readdirSync('/proc/self/fd');
  } catch {
    return null;
  }
  return names.filter((name) => isJudged(judged, `/proc/self/fd/${name}`)).length;
}

/** Whether the path still leads to the judged file. */
export function isStillThere(judged: JudgedFile): boolean {
  return isJudged(judged, judged.path);
}

function isJudged(judged: JudgedFile, path: string): boolean {
  try {
    const stats = statSync(path, { bigint: true });
    return stats.ino === judged.inode && stats.dev === judged.device;
  } catch {
    return false;
  }
}
