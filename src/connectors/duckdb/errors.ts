/**
 * DuckDB's faults as reasons. The driver hands on no code, only a text that begins with the class of the fault and is
 * English wherever it runs; so the class is the code, and of the input and output class the first words are looked at.
 * Texts that could hold what a file says come after those.
 *
 * @module
 */
import type { Reason } from '../../sources/index.js';
import { judgeFileFault } from '../file-faults.js';
import type { FaultFacts } from '../file-thread.js';
import type { Verdict } from '../stage-walk.js';

/** Reads what a stage or a question threw. */
export function judgeDuckdbFault(fault: unknown): Verdict {
  return judgeFileFault(fault, (code) => reasonByClass.get(String(code)));
}

/** Runs in the thread. */
export function factsOfDuckdbFault(fault: unknown): FaultFacts {
  // The driver puts words of its own before some.
  const text = fault instanceof Error ? fault.message.replace(/^Failed to extract statements: /, '') : '';
  const [, found = null] = /^([A-Za-z][A-Za-z -]{1,30}?) Error: /.exec(text) ?? [];
  const reason = openings.find(([opening]) => text.startsWith(opening))?.[1] ?? null;
  return { reason, code: found === null ? null : found.toUpperCase() };
}

const openings: readonly (readonly [string, Reason])[] = [
  ['IO Error: Could not set lock on file', 'DATABASE_FILE_LOCKED'],
  ['IO Error: Trying to read a database file with version number', 'ENGINE_VERSION_UNSUPPORTED'],
  ['IO Error: Corrupt database file', 'DATABASE_FILE_NOT_A_DATABASE'],
  ['IO Error: Could not read enough bytes from file', 'DATABASE_FILE_NOT_A_DATABASE'],
  ['IO Error: Failure while replaying WAL file', 'DATABASE_FILE_NOT_A_DATABASE'],
  ['IO Error: The file "', 'DATABASE_FILE_NOT_A_DATABASE'],
  ['IO Error: Cannot open database "', 'DATABASE_FILE_MISSING'],
  ['Invalid Input Error: Wrong encryption key', 'AUTH_INVALID_CREDENTIALS'],
  ['Catalog Error: Cannot open encrypted database', 'AUTH_PASSWORD_REQUIRED'],
];

/** https://duckdb.org/docs/stable/dev/internal_errors and the classes of its C API. */
const reasonByClass = new Map<string, Reason>([
  ['INTERRUPT', 'QUERY_TIMEOUT'],
  ['IO', 'CONNECTION_LOST'],
  ['SERIALIZATION', 'DATABASE_FILE_NOT_A_DATABASE'],
  // What the library thinks impossible, a damaged file made possible.
  ['INTERNAL', 'DATABASE_FILE_NOT_A_DATABASE'],
  ['FATAL', 'DATABASE_FILE_NOT_A_DATABASE'],
  ['PERMISSION', 'DATABASE_ACCESS_DENIED'],
  ['OUT OF MEMORY', 'QUERY_FAILED'],
  ['BINDER', 'QUERY_FAILED'],
  ['CATALOG', 'QUERY_FAILED'],
  ['CONVERSION', 'QUERY_FAILED'],
  ['INVALID INPUT', 'QUERY_FAILED'],
  ['NOT IMPLEMENTED', 'QUERY_FAILED'],
  ['PARSER', 'QUERY_FAILED'],
  ['TRANSACTION', 'QUERY_FAILED'],
]);
