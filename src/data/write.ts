/**
 * Writes under grants: every statement is narrowed before any runs, all run in one transaction of one source, and what
 * is about to be kept stands in the trail before it is kept.
 *
 * @module
 */
import {
  type ScopedDelete,
  type ScopedInsert,
  type ScopedUpdate,
  type ScopedWrite,
  scopeDelete,
  scopeInsert,
  scopeUpdate,
} from '../access/index.js';
import type { AuditEvent } from '../audit/index.js';
import { AppError } from '../kernel/errors.js';
import { queryErrors, type Relation, type Write } from '../query/index.js';
import type { DataRow, DataSession, RunLimits, WriteOutcome } from '../sources/index.js';
import { dataErrors } from './errors.js';
import { maxStatements, maxWrittenBytes, maxWrittenRows } from './limits.js';
import type { Actor } from './model.js';
import type { DataParts } from './parts.js';
import { type Reach, reach } from './reach.js';
import { refusalRecorded } from './read-trail.js';
import { relationOf } from './relation-of.js';
import { tryAgain } from './try-again.js';
import type { WriteOrder, Written } from './use-cases.js';
import { type DoneStatement, writeEvents } from './write-events.js';

interface PlannedStatement {
  readonly reach: Reach;
  readonly write: Write;
  /** Several where different grants let different rows in. */
  readonly queries: readonly ScopedWrite[];
  readonly expected: number | null;
}

/** See `use-cases.ts`. */
export async function write(parts: DataParts, actor: Actor, order: WriteOrder): Promise<readonly Written[]> {
  if (order.statements.length === 0) throw queryErrors.rows_invalid();
  if (order.statements.length > maxStatements) throw queryErrors.rows_invalid({ details: { limit: maxStatements } });
  const found = new Map<string, Promise<Reach>>();
  const reaches: Reach[] = [];
  for (const { dataset } of order.statements) {
    const key = JSON.stringify(dataset);
    const one = found.get(key) ?? reach(parts.store, actor.principal, dataset);
    found.set(key, one);
    reaches.push(await refusalRecorded(parts, actor, () => one, null, 'data.written'));
  }
  const [first] = reaches;
  if (first === undefined) throw queryErrors.rows_invalid();
  // Told only to who may use all of them.
  if (reaches.some(({ dataset }) => dataset.sourceId !== first.dataset.sourceId)) throw dataErrors.several_sources();
  const { statementMs, dataset } = first;
  const limits: RunLimits = {
    statementMs,
    maxRows: maxWrittenRows,
    maxBytes: maxWrittenBytes,
    signal: order.signal,
  };
  return tryAgain(parts, dataset.sourceId, async () => {
    const planned = await plan(parts, actor, order, reaches, limits);
    const lease = await parts.sources.lease(dataset.sourceId, order.signal);
    try {
      return await run(parts, actor, order, planned, lease.session, limits);
    } catch (error) {
      if (error instanceof AppError && error.kind === 'permission_denied') {
        parts.trail.refused(actor, 'data.written', dataset, error.code);
      }
      throw error;
    } finally {
      lease.release();
    }
  });
}

async function plan(
  parts: DataParts,
  actor: Actor,
  order: WriteOrder,
  reaches: readonly Reach[],
  limits: RunLimits,
): Promise<readonly PlannedStatement[]> {
  const planned: PlannedStatement[] = [];
  for (const [at, { write: statement, expect }] of order.statements.entries()) {
    const found = reaches[at];
    if (found === undefined) throw new TypeError('a statement without its dataset');
    const work = async () => narrow(found, await relationOf(parts, found.dataset, limits), statement);
    const queries = await refusalRecorded(parts, actor, work, found.dataset, 'data.written');
    planned.push({ reach: found, write: statement, queries, expected: expect?.affected ?? null });
  }
  return planned;
}

function narrow({ standing }: Reach, relation: Relation, statement: Write): readonly ScopedWrite[] {
  switch (statement.kind) {
    case 'insert':
      return scopeInsert(standing, relation, statement);
    case 'update':
      return [scopeUpdate(standing, relation, statement)];
    case 'delete':
      return [scopeDelete(standing, relation, statement)];
  }
}

async function run(
  parts: DataParts,
  actor: Actor,
  order: WriteOrder,
  planned: readonly PlannedStatement[],
  session: DataSession,
  limits: RunLimits,
): Promise<readonly Written[]> {
  await session.begin(limits);
  const done: DoneStatement[] = [];
  const written: Written[] = [];
  let isCommitting = false;
  try {
    for (const { reach: found, write: statement, queries, expected } of planned) {
      const outcome = await runAll(session, queries, limits);
      if (expected !== null && outcome.affected !== expected) throw dataErrors.row_changed();
      done.push({ reach: found, write: statement, queries, affected: outcome.affected, rows: outcome.rows.length });
      const output = queries[0]?.output ?? [];
      const shape = output.map(({ name, type, isMasked }) => ({ name, type, isMasked }));
      written.push({ affected: outcome.affected, output: shape, rows: outcome.rows });
    }
    const events = writeEvents(parts.clock, actor, done, order.isRehearsal);
    // Before it is kept, so that nothing is ever kept that nobody wrote down; a commit that fails is told as well.
    await parts.audit.append(events);
    if (order.isRehearsal) {
      await session.rollback();
      return written;
    }
    isCommitting = true;
    await session.commit(unhurried(limits));
    return written;
  } catch (error) {
    await session.rollback().catch(() => undefined);
    if (!isCommitting) throw error;
    const failed = await commitFailed(parts, writeEvents(parts.clock, actor, done, false), error);
    throw failed;
  }
}

async function runAll(session: DataSession, queries: readonly ScopedWrite[], limits: RunLimits): Promise<WriteOutcome> {
  let affected = 0;
  const rows: DataRow[] = [];
  for (const query of queries) {
    const outcome = await runOne(session, query, { ...limits, maxRows: limits.maxRows - rows.length });
    affected += outcome.affected;
    rows.push(...outcome.rows);
  }
  return { affected, rows };
}

function runOne(
  session: DataSession,
  query: ScopedInsert | ScopedUpdate | ScopedDelete,
  limits: RunLimits,
): Promise<WriteOutcome> {
  switch (query.kind) {
    case 'insert':
      return session.insert(query, limits);
    case 'update':
      return session.update(query, limits);
    case 'delete':
      return session.remove(query, limits);
  }
}

/** A commit that is under way is not broken off because nobody waits for it any more: then nobody would know. */
function unhurried(limits: RunLimits): RunLimits {
  return { ...limits, signal: new AbortController().signal };
}

/** Refusals after which the database is known to have kept nothing. */
const decided: ReadonlySet<string> = new Set(['invalid_input', 'conflict', 'permission_denied', 'failed_precondition']);

/** @returns what the caller is told. */
async function commitFailed(parts: DataParts, events: readonly AuditEvent[], error: unknown): Promise<unknown> {
  const isKnown =
    error instanceof AppError && (decided.has(error.kind) || error.code === 'sources.serialization_failed');
  const reason = error instanceof AppError ? error.code : 'internal';
  const told = events.map((event) => ({ ...event, outcome: 'failed' as const, reason }));
  await parts.audit.append(told).catch((fault: unknown) => parts.onBackgroundFault?.(fault));
  return isKnown ? error : dataErrors.commit_unknown({ cause: error });
}
