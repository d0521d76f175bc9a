/**
 * Our own descriptors of database files. Closing any one of a file drops every lock this process holds on it (POSIX
 * .1-2017, fcntl), those of a session that is writing, too; so one that was opened for a look stays open for as long as
 * a thread may have the file open, and serves whoever looks next.
 *
 * @module
 */
import { close } from 'node:fs';

export interface FileDescriptors {
  /**
   * A thread is about to look at a file.
   *
   * @param file  Device and inode.
   * @returns a descriptor to read it by; `null` when there is none yet.
   */
  enter(thread: object, file: string): Promise<number | null>;
  /** The thread has opened one, of this file or of what was in its place. */
  keep(thread: object, file: string, descriptor: number): void;
  /** The thread has ended, and its library let go of everything. */
  leave(thread: object): void;
}

interface Kept {
  readonly threads: Set<object>;
  readonly descriptors: number[];
}

export function createFileDescriptors(): FileDescriptors {
  const files = new Map<string, Kept>();
  /** Whoever comes while descriptors are being closed waits: the lock it would take might be dropped. */
  const closing = new Map<string, Promise<void>>();

  function keptOf(thread: object, file: string): Kept {
    const kept = files.get(file) ?? { threads: new Set(), descriptors: [] };
    files.set(file, kept);
    kept.threads.add(thread);
    return kept;
  }

  return {
    async enter(thread, file) {
      for (let busy = closing.get(file); busy !== undefined; busy = closing.get(file)) await busy;
      return keptOf(thread, file).descriptors[0] ?? null;
    },
    keep(thread, file, descriptor) {
      keptOf(thread, file).descriptors.push(descriptor);
    },
    leave(thread) {
      for (const [file, { threads, descriptors }] of files) {
        if (!threads.delete(thread) || threads.size > 0) continue;
        files.delete(file);
        if (descriptors.length === 0) continue;
        const closed = Promise.all(descriptors.map(closeQuietly)).then(() => {
          closing.delete(file);
        });
        closing.set(file, closed);
      }
    },
  };
}

/** On a disk that hangs it may take long; nobody else waits for it. */
function closeQuietly(descriptor: number): Promise<void> {
  return new Promise((resolve) => {
    close(descriptor, () => resolve());
  });
}
