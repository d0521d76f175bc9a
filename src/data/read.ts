/**
 * Reads rows under grants: a selection is narrowed, run in a session of the source, and handed on in batches. The
 * session goes back when the batches end, when the reading is closed, and when the caller goes away.
 *
 * @module
 */
import { scopeCount } from '../access/index.js';
import type { DataRow, RunLimits, SessionLease } from '../sources/index.js';
import { maxReadBytes } from './limits.js';
import type { Actor } from './model.js';
import type { DataParts } from './parts.js';
import type { Plan } from './plans.js';
import { type Reach, reach } from './reach.js';
import { type ReadFacts, readFactsOf } from './read-facts.js';
import { refusalRecorded } from './read-trail.js';
import { relationOf } from './relation-of.js';
import { tryAgain } from './try-again.js';
import type { Data, Reading, ReadOrder } from './use-cases.js';

/** See `use-cases.ts`. */
export async function read(parts: DataParts, actor: Actor, order: ReadOrder): Promise<Reading> {
  parts.trail.assertKept();
  const found = await refusalRecorded(parts, actor, () => reach(parts.store, actor.principal, order.dataset));
  return refusalRecorded(parts, actor, () => readFrom(parts, actor, order, found), found.dataset);
}

async function readFrom(parts: DataParts, actor: Actor, order: ReadOrder, found: Reach): Promise<Reading> {
  const { dataset, standing, statementMs } = found;
  const leaving = new AbortController();
  const signal = AbortSignal.any([order.signal, leaving.signal]);
  const limits: RunLimits = { statementMs, maxRows: order.maxRows, maxBytes: maxReadBytes, signal };
  return tryAgain(parts, dataset.sourceId, async () => {
    const plan = parts.plans.select(standing, await relationOf(parts, dataset, limits), order.query);
    const { query } = plan;
    const lease = await parts.sources.lease(dataset.sourceId, signal);
    const run = lease.session.select(query, limits)[Symbol.asyncIterator]();
    let first: IteratorResult<readonly DataRow[]>;
    try {
      first = await run.next();
    } catch (error) {
      lease.release();
      throw error;
    }
    return openReading({ plan, run, first, lease, leave: () => leaving.abort(), signal: order.signal }, (rows) =>
      parts.trail.read(actor, dataset, plan.facts, rows),
    );
  });
}

interface Running {
  readonly plan: Plan;
  readonly run: AsyncIterator<readonly DataRow[]>;
  /** Asked for already, so that a table that changed is found out before anything is answered. */
  readonly first: IteratorResult<readonly DataRow[]>;
  readonly lease: SessionLease;
  /** Stops what still runs. */
  readonly leave: () => void;
  readonly signal: AbortSignal;
}

/** @param onEnd  Told once how many rows were handed out. */
function openReading({ plan, run, first, lease, leave, signal }: Running, onEnd: (rows: number) => void): Reading {
  let rows = 0;
  let ending: Promise<void> | null = null;
  const end = (isAtItsEnd: boolean): Promise<void> => {
    ending ??= (async () => {
      signal.removeEventListener('abort', onAbort);
      try {
        if (!isAtItsEnd) {
          leave();
          await run.return?.();
        }
      } catch {
        // Its failure was told to whoever read, or nobody reads any more.
      } finally {
        lease.release();
        onEnd(rows);
      }
    })();
    return ending;
  };
  const onAbort = () => void end(false);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();

  async function* batches(): AsyncGenerator<readonly DataRow[]> {
    let isAtItsEnd = false;
    try {
      let next = first;
      while (next.done !== true) {
        rows += next.value.length;
        yield next.value;
        next = await run.next();
      }
      isAtItsEnd = true;
    } catch (error) {
      isAtItsEnd = true;
      throw error;
    } finally {
      await end(isAtItsEnd);
    }
  }
  return {
    output: plan.output,
    batches: batches(),
    close: () => end(false),
  };
}

/** See `use-cases.ts`. */
export async function count(
  parts: DataParts,
  actor: Actor,
  order: Parameters<Data['count']>[1],
): ReturnType<Data['count']> {
  parts.trail.assertKept();
  const found = await refusalRecorded(parts, actor, () => reach(parts.store, actor.principal, order.dataset));
  const { dataset, standing, statementMs } = found;
  const limits: RunLimits = { statementMs, maxRows: 1, maxBytes: maxReadBytes, signal: order.signal };
  return refusalRecorded(
    parts,
    actor,
    () =>
      tryAgain(parts, dataset.sourceId, async () => {
        const relation = await relationOf(parts, dataset, limits);
        const query = scopeCount(standing, relation, order.filter);
        const { rowEstimate } = relation;
        const facts: ReadFacts = { ...readFactsOf({ filter: order.filter }, query, standing), columns: [] };
        if (order.isEstimate && query.where === null && rowEstimate !== null) {
          parts.trail.read(actor, dataset, facts, 0);
          return { count: rowEstimate, isEstimate: true };
        }
        const lease = await parts.sources.lease(dataset.sourceId, order.signal);
        try {
          const counted = await lease.session.count(query, limits);
          parts.trail.read(actor, dataset, facts, 0);
          return { count: counted, isEstimate: false };
        } finally {
          lease.release();
        }
      }),
    dataset,
  );
}
