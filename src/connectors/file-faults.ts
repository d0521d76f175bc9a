/** Faults of database files that mean the same for every engine of files. @module */
import type { Reason } from '../sources/index.js';
import { FileFault } from './file-thread.js';
import type { Verdict } from './stage-walk.js';

/**
 * Reads what a stage or a question threw.
 *
 * @param byCode  The engine's own table: code or class of fault → reason.
 */
export function judgeFileFault(fault: unknown, byCode: (code: number | string) => Reason | undefined): Verdict {
  if (!(fault instanceof FileFault)) return { reason: 'UNCLASSIFIED' };
  const { reason, code } = fault;
  const evidence = code === null ? {} : { native: code };
  const known = knownReasons.get(reason ?? '');
  if (known !== undefined) return { ...known, evidence };
  return { reason: (code === null ? undefined : byCode(code)) ?? 'UNCLASSIFIED', evidence };
}

const knownReasons = new Map<string, { readonly reason: Reason; readonly stage?: Verdict['stage'] & string }>([
  ['TARGET_NOT_ALLOWED', { reason: 'TARGET_NOT_ALLOWED', stage: 'policy' }],
  ['AUTH_PASSWORD_REQUIRED', { reason: 'AUTH_PASSWORD_REQUIRED', stage: 'authenticate' }],
  ['AUTH_INVALID_CREDENTIALS', { reason: 'AUTH_INVALID_CREDENTIALS', stage: 'authenticate' }],
  ['DATABASE_FILE_MISSING', { reason: 'DATABASE_FILE_MISSING', stage: 'database' }],
  ['DATABASE_FILE_NOT_A_DATABASE', { reason: 'DATABASE_FILE_NOT_A_DATABASE', stage: 'database' }],
  ['DATABASE_FILE_LOCKED', { reason: 'DATABASE_FILE_LOCKED', stage: 'database' }],
  ['DATABASE_ACCESS_DENIED', { reason: 'DATABASE_ACCESS_DENIED', stage: 'database' }],
  ['ENGINE_VERSION_UNSUPPORTED', { reason: 'ENGINE_VERSION_UNSUPPORTED', stage: 'database' }],
  ['CONNECTION_LOST', { reason: 'CONNECTION_LOST' }],
  ['QUERY_TIMEOUT', { reason: 'QUERY_TIMEOUT' }],
  ['DRIVER_MISSING', { reason: 'DRIVER_MISSING' }],
  ['INTERNAL', { reason: 'INTERNAL' }],
]);
