/** A file that a command makes: for its owner's eyes, whole or not there. @module */
import { lstat, open, rename, unlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CommandEnd, exitCodes } from './output.js';

/**
 * Writes piece after piece beside the name, and gives the file its name when everything is on the disk.
 *
 * @param mayReplace  A file that is there is replaced; what is no file (a folder, a device) never is.
 * @returns the whole path.
 * @throws CommandEnd where there is something of that name, or nothing can be written there.
 */
export async function writeNewFile(path: string, pieces: AsyncIterable<string>, mayReplace: boolean): Promise<string> {
  const file = resolve(path);
  await refuseWhatIsThere(file, mayReplace);
  const partial = `${file}.${process.pid}.partial`;
  try {
    const handle = await open(partial, 'wx', 0o600);
    try {
      for await (const piece of pieces) await handle.writeFile(piece);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await refuseWhatIsThere(file, mayReplace);
    await rename(partial, file);
    return file;
  } catch (error) {
    await unlink(partial).catch(() => undefined);
    throw isSystemFault(error) ? cannotWrite(error.code) : error;
  }
}

async function refuseWhatIsThere(file: string, mayReplace: boolean): Promise<void> {
  const there = await lstat(file).catch(() => null);
  if (there === null) return;
  if (!there.isFile()) throw cannotWrite('ENOTFILE');
  if (mayReplace) return;
  throw new CommandEnd(exitCodes.answerIsNo, 'There is a file of that name already.', '--force replaces it.');
}

function isSystemFault(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

function cannotWrite(code: string | undefined): CommandEnd {
  const isFull = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EIO';
  return isFull
    ? new CommandEnd(exitCodes.couldNotDetermine, 'The file could not be written whole.', 'Make room for it.')
    : new CommandEnd(exitCodes.wrongUse, 'No file can be made there.', 'Name one in a folder you may write to.');
}
