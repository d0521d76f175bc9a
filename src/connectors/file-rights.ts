/** What this process may do with a database file, told without writing to it. Runs in the worker thread. @module */
import { accessSync, constants, statSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';

export interface FileRights {
  /** This process may write to the file. */
  readonly isWritable: boolean;
  /** It may make files beside it, as writers must. */
  readonly isFolderWritable: boolean;
  /** Anybody on the machine may read it. */
  readonly isWorldReadable: boolean;
  readonly isWorldWritable: boolean;
  /** Permission bits, octal. */
  readonly mode: string;
}

/** @throws what `stat` throws. */
export function rightsOn(path: string): FileRights {
  const { mode } = statSync(path);
  return {
    isWritable: may(path, constants.W_OK),
    isFolderWritable: may(dirname(path), constants.W_OK | constants.X_OK),
    isWorldReadable: (mode & 0o004) !== 0,
    isWorldWritable: (mode & 0o002) !== 0,
    mode: (mode & 0o777).toString(8).padStart(4, '0'),
  };
}

/** What the account may do with every table of a file. */
export function grantsOn(rights: FileRights): readonly string[] {
  return rights.isWritable && rights.isFolderWritable ? ['select', 'insert', 'update', 'delete'] : ['select'];
}

/** What a file's database is called: its name without folder and ending. */
export function catalogNameOf(path: string): string {
  return basename(path, extname(path));
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
