/** SQLite's faults as reasons: by primary result code (https://sqlite.org/rescode.html). @module */
import type { Reason } from '../../sources/index.js';
import type { Verdict } from '../stage-walk.js';
import { OpenFault } from './connect.js';

/** Reads what a stage threw. */
export function judgeSqliteFault(fault: unknown): Verdict {
  if (!(fault instanceof OpenFault)) return { reason: 'UNCLASSIFIED' };
  if (fault.reason === 'TARGET_NOT_ALLOWED') return { reason: 'TARGET_NOT_ALLOWED', stage: 'policy' };
  if (fault.reason === 'DRIVER_MISSING') return { reason: 'DRIVER_MISSING' };
  const policyReason = reasonByPolicy.get(fault.reason ?? '');
  if (policyReason !== undefined) return { reason: policyReason, stage: 'database' };
  if (fault.code === null) return { reason: 'UNCLASSIFIED' };
  return { reason: reasonByCode.get(fault.code & 0xff) ?? 'UNCLASSIFIED', evidence: { native: fault.code } };
}

const reasonByPolicy = new Map<string, Reason>([
  ['DATABASE_FILE_MISSING', 'DATABASE_FILE_MISSING'],
  ['DATABASE_FILE_NOT_A_DATABASE', 'DATABASE_FILE_NOT_A_DATABASE'],
  ['DATABASE_ACCESS_DENIED', 'DATABASE_ACCESS_DENIED'],
]);

const reasonByCode = new Map<number, Reason>([
  [3, 'DATABASE_ACCESS_DENIED'], // PERM
  [5, 'DATABASE_FILE_LOCKED'], // BUSY
  [6, 'DATABASE_FILE_LOCKED'], // LOCKED
  [9, 'QUERY_TIMEOUT'], // INTERRUPT
  [11, 'DATABASE_FILE_NOT_A_DATABASE'], // CORRUPT
  [14, 'DATABASE_ACCESS_DENIED'], // CANTOPEN: it is there, as the policy saw
  [26, 'DATABASE_FILE_NOT_A_DATABASE'], // NOTADB
]);
