/**
 * What PostgreSQL says to a statement of ours, as refusals of sources: by SQLSTATE alone (PostgreSQL, appendix A), and
 * never with a word of the server's outside the cause.
 *
 * @module
 */
import { AppError } from '../../kernel/errors.js';
import { StreamGuardFault } from '../../network/index.js';
import { sourcesErrors } from '../../sources/index.js';
import { isServerError } from './connect.js';

/** @param columns  Names the statement has: one of them may be told. */
export function readStatementFault(fault: unknown, columns: ReadonlySet<string>): AppError {
  if (fault instanceof AppError) return fault;
  const context = { cause: fault };
  if (fault instanceof StreamGuardFault && fault.code === 'BYTE_BUDGET') return sourcesErrors.result_too_large(context);
  if (!isServerError(fault)) return sourcesErrors.connection_lost(context);
  const state = fault.code ?? '';
  const kind = byState.get(state) ?? byClass.get(state.slice(0, 2)) ?? 'query_refused';
  const isTold = (kind === 'constraint_violated' || kind === 'value_refused') && columns.has(fault.column ?? '');
  return sourcesErrors[kind]({ ...context, ...(isTold ? { details: { field: fault.column ?? '' } } : {}) });
}

/** Whether a statement the server keeps was planned for a table that looks different now, or is not kept at all. */
export function isStalePlan(fault: unknown): boolean {
  return isServerError(fault) && (fault.code === '0A000' || fault.code === '26000');
}

/** Whether the session has ended with it. A refusal we made up ourselves says nothing about the session. */
export function endsSession(fault: unknown): boolean {
  if (fault instanceof AppError) return false;
  return !isServerError(fault) || /^(?:08|57P|25P0[34])/.test(fault.code ?? '08');
}

type Kind =
  | 'connection_lost'
  | 'constraint_violated'
  | 'query_refused'
  | 'query_timeout'
  | 'relation_changed'
  | 'serialization_failed'
  | 'value_refused';

const byState = new Map<string, Kind>([
  ['40001', 'serialization_failed'],
  ['40P01', 'serialization_failed'],
  ['55P03', 'serialization_failed'],
  ['44000', 'constraint_violated'], // WITH CHECK OPTION
  ['57014', 'query_timeout'],
  ['42P01', 'relation_changed'],
  ['42703', 'relation_changed'],
  ['3F000', 'relation_changed'],
  ['25P03', 'connection_lost'],
  ['25P04', 'connection_lost'],
  ['57P01', 'connection_lost'],
  ['57P02', 'connection_lost'],
  ['57P03', 'connection_lost'],
  ['57P05', 'connection_lost'],
]);

const byClass = new Map<string, Kind>([
  ['08', 'connection_lost'],
  ['22', 'value_refused'],
  ['23', 'constraint_violated'],
]);
