/** SQLite's faults as reasons: by result code, extended before primary (https://sqlite.org/rescode.html). @module */
import type { Reason } from '../../sources/index.js';
import { judgeFileFault } from '../file-faults.js';
import type { Verdict } from '../stage-walk.js';

/** Reads what a stage or a question threw. */
export function judgeSqliteFault(fault: unknown): Verdict {
  return judgeFileFault(fault, (code) =>
    typeof code === 'number' ? (reasonByCode.get(code) ?? reasonByCode.get(code & 0xff)) : undefined,
  );
}

const reasonByCode = new Map<number, Reason>([
  [1, 'QUERY_FAILED'], // ERROR
  [3, 'DATABASE_ACCESS_DENIED'], // PERM
  [5, 'DATABASE_FILE_LOCKED'], // BUSY
  [6, 'DATABASE_FILE_LOCKED'], // LOCKED
  [7, 'QUERY_FAILED'], // NOMEM
  [8, 'DATABASE_ACCESS_DENIED'], // READONLY: the files beside it cannot be made
  // READONLY_RECOVERY, READONLY_CANTLOCK, READONLY_ROLLBACK: whoever wrote has not finished, and only a writer can.
  [264, 'DATABASE_FILE_LOCKED'],
  [520, 'DATABASE_FILE_LOCKED'],
  [776, 'DATABASE_FILE_LOCKED'],
  [9, 'QUERY_TIMEOUT'], // INTERRUPT
  [10, 'CONNECTION_LOST'], // IOERR: the disk, or the file was cut off under us
  [11, 'DATABASE_FILE_NOT_A_DATABASE'], // CORRUPT
  [14, 'DATABASE_ACCESS_DENIED'], // CANTOPEN: it is there, as the policy saw
  [15, 'DATABASE_FILE_LOCKED'], // PROTOCOL: others take turns with the lock
  [17, 'QUERY_FAILED'], // SCHEMA: changed while it was asked
  [18, 'QUERY_FAILED'], // TOOBIG: beyond our limits
  [26, 'DATABASE_FILE_NOT_A_DATABASE'], // NOTADB
]);
