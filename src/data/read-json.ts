/**
 * Reads rows under grants as JSON: where the engine's session writes it, no row ever becomes an object or a list. What is
 * there at once is whole with the first batch, and the session is free again before anything is answered.
 *
 * @module
 */
import type { ScopedSelect } from '../access/index.js';
import { type JsonBatch, type JsonForm, JsonRows } from '../query/index.js';
import { type DataSession, type JsonReading, type RunLimits, sourcesErrors } from '../sources/index.js';
import { maxReadBytes } from './limits.js';
import type { Actor } from './model.js';
import type { DataParts } from './parts.js';
import { type Reach, reach } from './reach.js';
import { refusalRecorded } from './read-trail.js';
import { relationOf } from './relation-of.js';
import { tryAgain } from './try-again.js';
import type { JsonAnswer, JsonOrder } from './use-cases.js';

/** See `use-cases.ts`. */
export async function readJson(parts: DataParts, actor: Actor, order: JsonOrder): Promise<JsonAnswer> {
  parts.trail.assertKept();
  const found = await refusalRecorded(parts, actor, () => reach(parts.store, actor.principal, order.dataset));
  return refusalRecorded(parts, actor, () => readFrom(parts, actor, order, found), found.dataset);
}

async function readFrom(parts: DataParts, actor: Actor, order: JsonOrder, found: Reach): Promise<JsonAnswer> {
  const { dataset, standing, statementMs } = found;
  const { maxRows, signal } = order;
  const limits: RunLimits = { statementMs, maxRows, maxBytes: maxReadBytes, signal };
  return tryAgain(parts, dataset.sourceId, async () => {
    const plan = parts.plans.select(standing, await relationOf(parts, dataset, limits), order.query);
    const lease = await parts.sources.lease(dataset.sourceId, signal);
    const reading = select(lease.session, plan.query, order.form(plan.output), limits);
    let rows = 0;
    let isOver = false;
    /** The session goes back and the trail is told, once. */
    const finish = async (): Promise<void> => {
      if (isOver) return;
      isOver = true;
      signal.removeEventListener('abort', onAbort);
      // Its failure was told to whoever read, or nobody reads any more.
      await reading.end().catch(() => undefined);
      lease.release();
      parts.trail.read(actor, dataset, plan.facts, rows);
    };
    const onAbort = () => void finish();
    const next = async (): Promise<JsonBatch> => {
      if (isOver) throw sourcesErrors.cancelled();
      try {
        const batch = await reading.next();
        rows += batch.rows;
        if (batch.isLast) await finish();
        return batch;
      } catch (error) {
        await finish();
        throw error;
      }
    };
    let first: JsonBatch;
    try {
      first = await reading.next();
    } catch (error) {
      await reading.end().catch(() => undefined);
      lease.release();
      throw error;
    }
    rows = first.rows;
    if (first.isLast) await finish();
    else {
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
    }
    return { output: plan.output, first, next, close: finish };
  });
}

function select(session: DataSession, query: ScopedSelect, form: JsonForm, limits: RunLimits): JsonReading {
  if (session.selectJson !== undefined) return session.selectJson(query, form, limits);
  const rows = new JsonRows(query.output, form);
  const batches = session.select(query, limits)[Symbol.asyncIterator]();
  let ahead: ReturnType<typeof batches.next> | null = null;
  return {
    async next() {
      const { done, value } = await (ahead ?? batches.next());
      if (done === true) return rows.take([], true);
      // One ahead, so that the last is known to be the last.
      ahead = batches.next();
      const { done: isLast } = await ahead;
      return rows.take(value, isLast === true);
    },
    async end() {
      await batches.return?.();
    },
  };
}
