/**
 * Whether the file that was judged is the one that was opened. Between the two somebody may put another in its place,
 * and a library takes a path, not a descriptor. Runs in the worker thread.
 *
 * @module
 */
import { constants, fstatSync, openSync, readdirSync, readlinkSync, readSync, statSync } from 'node:fs';
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
 * @param descriptor  One that this process has of the file; `null`: it is opened, and stays open.
 * @param keep        Told what was opened, whatever it is.
 * @throws FileReplaced · what `open` throws
 */
export function readHeader(
  judged: JudgedFile,
  descriptor: number | null,
  keep: (file: string, descriptor: number) => void,
): FileHeader {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const opened = descriptor ?? openSync(judged.path, flags);
  const stats = fstatSync(opened, { bigint: true });
  if (descriptor === null) keep(`${stats.dev}:${stats.ino}`, opened);
  if (!stats.isFile() || stats.dev !== judged.device || stats.ino !== judged.inode) throw new FileReplaced();
  const bytes = Buffer.alloc(headerBytes);
  const read = readSync(opened, bytes, 0, headerBytes, 0);
  return { bytes: bytes.subarray(0, read), sizeBytes: Number(stats.size) };
}

/** Device and inode. */
export function idOf({ device, inode }: JudgedFile): string {
  return `${device}:${inode}`;
}

/** What this process has open: number of the descriptor → what it leads to. */
export type Descriptors = ReadonlyMap<string, { readonly file: string; readonly isRegular: boolean }>;

/** `null` where the system does not tell. */
export function listDescriptors(): Descriptors | null {
  let numbers: string[];
  try {
    numbers = readdirSync(descriptorFolder);
  } catch {
    return null;
  }
  const found = new Map<string, { file: string; isRegular: boolean }>();
  for (const number of numbers) {
    try {
      const stats = statSync(`${descriptorFolder}/${number}`, { bigint: true });
      found.set(number, { file: `${stats.dev}:${stats.ino}`, isRegular: stats.isFile() });
    } catch {
      // Closed since it was listed.
    }
  }
  return found;
}

const descriptorFolder = '/proc/self/fd';

/**
 * Whether the library, between the two lists, opened the judged file, whatever the path led to meanwhile. One more
 * descriptor on it says so. A library that kept one may use that again, and then nothing else was opened besides what
 * lies beside it; where another thread opened something just then, it is taken for the worse.
 */
export function hasOpened(judged: JudgedFile, before: Descriptors, after: Descriptors): boolean {
  const own = idOf(judged);
  const count = (list: Descriptors) => [...list.values()].filter(({ file }) => file === own).length;
  if (count(after) > count(before)) return true;
  if (count(after) === 0) return false;
  return [...after].every(
    ([number, { file, isRegular }]) =>
      !isRegular || file === own || before.get(number)?.file === file || isBeside(judged, number),
  );
}

function isBeside(judged: JudgedFile, number: string): boolean {
  try {
    const path = readlinkSync(`${descriptorFolder}/${number}`);
    return sidecars.some(
      (ending) => path === `${judged.path}${ending}` || path === `${judged.path}${ending} (deleted)`,
    );
  } catch {
    return true;
  }
}

const sidecars = ['-wal', '-shm', '-journal', '.wal'] as const;

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
