/**
 * MariaDB fills its catalogue views table by table, and an error in the middle becomes a warning: the answer then ends
 * well and is short. A reading must not take that for all there is.
 *
 * @module
 */
import type { Session } from '../connect.js';

/** A session that throws the error an answer hid among its warnings, after the rows that came. */
export function hearSilentFaults(session: Session): Session {
  const judge = async (signal: AbortSignal): Promise<void> => {
    if (session.warnings() === 0) return;
    const told = await session.rows('SHOW WARNINGS', [], { signal, maxRows: maxWarnings });
    const errno = told.map(([, code]) => Number(code)).find((code) => breaking.has(code));
    if (errno === undefined) return;
    // In the shape of the driver's own, because it is the server's.
    throw Object.assign(new Error('the server gave up in the middle of an answer'), { errno, sqlState: 'HY000' });
  };
  return {
    ...session,
    async rows(sql, values, limits) {
      const rows = await session.rows(sql, values, limits);
      await judge(limits.signal);
      return rows;
    },
    async *batches(sql, values, signal) {
      yield* session.batches(sql, values, signal);
      await judge(signal);
    },
  };
}

/** What a session keeps at most; `soberSession` asks for as many. */
export const maxWarnings = 1_024;

/**
 * Errors that end more than the object they were met at: out of time, memory, disk or files, or ended by somebody.
 * Others belong to one object (a view on what is gone) and are told as a fault of it.
 */
const breaking: ReadonlySet<number> = new Set([
  ...[3, 5, 9, 20, 23, 24, 28], // of the system's, as the server numbers them: disk, memory, files
  ...[1021, 1026, 1030, 1037, 1038, 1041, 1135], // disk full, error writing, memory, threads
  ...[1205, 1213], // lock wait, deadlock
  ...[1317, 1927, 1969, 3024], // interrupted, killed, out of time
]);
