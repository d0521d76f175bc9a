/** What is asked of the keys of one user whenever one is made, and written when one was used, compiled once. @module */
import { sql } from 'kysely';
import type { StoreDatabase } from './engine.js';
import { epochOfUser, isKeyOfUserNow } from './epochs.js';
import type { ApiKeyRow } from './schema.js';
import { statement } from './statement.js';

/** @param db  Of the engine the statements are for. */
export function apiKeyStatements(db: StoreDatabase) {
  return {
    insert: statement((row: ApiKeyRow) =>
      db
        .insertInto('api_keys')
        .values({
          ...{ id: row.id, digest: row.digest, user_id: row.user_id, name: row.name, prefix: row.prefix },
          ...{ last4: row.last4, value: row.value, created_at_ms: row.created_at_ms },
          ...{ expires_at_ms: row.expires_at_ms, last_used_at_ms: row.last_used_at_ms },
          ...{ last_used_address: row.last_used_address, purpose: row.purpose, scopes: row.scopes },
          ...{ sources: row.sources, cidrs: row.cidrs, successor_id: row.successor_id },
          ...{ request_digest: row.request_digest, request_content: row.request_content },
          epoch: epochOfUser('key', sql.val(row.user_id)),
        })
        .compile(),
    ),

    count: statement(({ userId, nowMs, endedBeforeMs }: KeysToCount) => {
      const isGood = sql`${isKeyOfUserNow(userId)} and (expires_at_ms is null or expires_at_ms > ${nowMs})`;
      return db
        .selectFrom('api_keys')
        .select([
          sql<number>`count(*) filter (where ${isGood})`.as('total'),
          sql<number>`count(successor_id) filter (where ${isGood})`.as('retiring'),
          sql<number>`count(*) filter (where expires_at_ms < ${endedBeforeMs})`.as('ended'),
        ])
        .where('user_id', '=', userId)
        .compile();
    }),

    /** Says yes only where there is room for sure: revoked keys count, and nothing has to make room. */
    room: statement(({ userId, endedBeforeMs, limit }: KeysToHold) =>
      db
        .selectFrom('api_keys')
        .select(
          sql<number>`case when count(*) < ${limit} and count(*) filter (where expires_at_ms < ${endedBeforeMs}) = 0
            then 1 else 0 end`.as('room'),
        )
        .where('user_id', '=', userId)
        .compile(),
    ),
  };
}

interface KeysToHold {
  readonly userId: string;
  readonly endedBeforeMs: number;
  readonly limit: number;
}

interface KeysToCount {
  readonly userId: string;
  readonly nowMs: number;
  readonly endedBeforeMs: number;
}
