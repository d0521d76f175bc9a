/**
 * Notices on their way to webhooks. Those of one source leave in the order they were written in: the next one waits
 * until the one before it is settled.
 *
 * @module
 */
import { sql } from 'kysely';
import type { Notice, SourceTransaction } from '../sources/index.js';
import type { StoreDatabase, StoreEngine } from './engine.js';
import { toNotice } from './source-codecs.js';

export function noticeWrites(tx: StoreDatabase): Pick<SourceTransaction, 'insertNotice' | 'settleNotice'> {
  return {
    async insertNotice(notice) {
      await tx
        .insertInto('source_notices')
        .values({
          id: notice.id,
          source_id: notice.sourceId,
          number: sql<number>`(select coalesce(max(number), 0) + 1 from source_notices where source_id = ${notice.sourceId})`,
          type: notice.type,
          body: notice.body,
          created_at_ms: notice.createdAtMs,
          attempts: notice.attempts,
          next_attempt_at_ms: notice.nextAttemptAtMs,
        })
        .execute();
    },

    async settleNotice(noticeId, next) {
      if (next === null) {
        await tx.deleteFrom('source_notices').where('id', '=', noticeId).execute();
        return;
      }
      await tx
        .updateTable('source_notices')
        .set({ attempts: next.attempts, next_attempt_at_ms: next.nextAttemptAtMs })
        .where('id', '=', noticeId)
        .execute();
    },
  };
}

/** See `SourceStore.claimDueNotices`: the first of each source whose attempt is due. */
export async function claimDueNotices(
  engine: StoreEngine,
  nowMs: number,
  leaseMs: number,
  limit: number,
): Promise<readonly Notice[]> {
  if ((await dueNotices(engine.read, nowMs, 1).executeTakeFirst()) === undefined) return [];
  return engine.transaction(async (tx) => {
    const due = dueNotices(tx, nowMs, limit);
    const rows = await (engine.kind === 'postgres' ? due.forUpdate('source_notices').skipLocked() : due).execute();
    const ids = rows.map(({ id }) => id);
    if (ids.length === 0) return [];
    const nextAttemptAtMs = nowMs + leaseMs;
    await tx
      .updateTable('source_notices')
      .set({ next_attempt_at_ms: nextAttemptAtMs })
      .where('id', 'in', ids)
      .execute();
    return rows.map((row) => ({ ...toNotice(row), nextAttemptAtMs }));
  });
}

const longestPauseMs = 86_400_000;

function dueNotices(db: StoreDatabase, nowMs: number, limit: number) {
  return db
    .selectFrom('source_notices')
    .selectAll('source_notices')
    .where(({ eb, or }) =>
      or([
        eb('source_notices.next_attempt_at_ms', '<=', nowMs),
        // Further away than any plan would put it: the clock was ahead when it was planned.
        eb('source_notices.next_attempt_at_ms', '>', nowMs + longestPauseMs),
      ]),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('source_notices as earlier')
            .select('earlier.id')
            .whereRef('earlier.source_id', '=', 'source_notices.source_id')
            .whereRef('earlier.number', '<', 'source_notices.number'),
        ),
      ),
    )
    .orderBy('source_notices.next_attempt_at_ms')
    .limit(limit);
}
