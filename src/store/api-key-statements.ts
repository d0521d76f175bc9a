/** What is asked of the keys of one user whenever one is made, compiled once. @module */
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

    count: statement(({ userId, nowMs }: { readonly userId: string; readonly nowMs: number }) =>
      db
        .selectFrom('api_keys')
        .select(({ fn }) => [fn.countAll<number>().as('total'), fn.count<number>('successor_id').as('retiring')])
        .where('user_id', '=', userId)
        .where(({ eb, or }) => or([eb('expires_at_ms', 'is', null), eb('expires_at_ms', '>', nowMs)]))
        .where(isKeyOfUserNow(userId))
        .compile(),
    ),

    findEnded: statement(({ userId, endedBeforeMs }: { readonly userId: string; readonly endedBeforeMs: number }) =>
      db
        .selectFrom('api_keys')
        .select('id')
        .where('user_id', '=', userId)
        .where('expires_at_ms', '<', endedBeforeMs)
        .compile(),
    ),
  };
}
