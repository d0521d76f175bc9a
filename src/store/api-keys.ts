/** API keys in our tables: found by digest, their values sealed for their owners where the install keeps them. @module */
import type { IdentityStore, IdentityTransaction } from '../identity/index.js';
import type { KeyRing } from '../secrets/index.js';
import { openText, places, toApiKey } from './codecs.js';
import type { StoreDatabase } from './engine.js';
import { lookUp } from './look-up.js';
import { pageLimit, pageOf, readCursor } from './page.js';
import { profileRows, toProfile } from './profiles.js';

type Reads = Pick<IdentityStore, 'findApiKeyByDigest' | 'listApiKeys' | 'findApiKeyById'>;
type Writes = Pick<IdentityTransaction, 'insertApiKey' | 'deleteApiKey' | 'touchApiKey'>;

export function apiKeyReads(db: StoreDatabase, keyRing: KeyRing): Reads {
  const findByDigest = lookUp(db, (digest) =>
    profileRows(db)
      .innerJoin('api_keys', 'api_keys.user_id', 'users.id')
      .select([
        'api_keys.id as key_id',
        'api_keys.name',
        'api_keys.prefix',
        'api_keys.last4',
        'api_keys.created_at_ms as key_created_at_ms',
        'api_keys.expires_at_ms',
        'api_keys.last_used_at_ms',
      ])
      .where('api_keys.digest', '=', digest)
      .compile(),
  );

  return {
    async findApiKeyByDigest(digest) {
      const rows = await findByDigest(digest);
      const profile = toProfile(rows);
      const [row] = rows;
      if (profile === null || row === undefined) return null;
      return { key: toApiKey({ ...row, id: row.key_id, created_at_ms: row.key_created_at_ms }), profile };
    },

    async listApiKeys(userId, page) {
      const limit = pageLimit(page);
      const after = readCursor(page, ['number', 'string']);
      let query = db.selectFrom('api_keys').selectAll().where('user_id', '=', userId);
      if (after !== null) {
        query = query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('created_at_ms', 'id'), '>', tuple(after[0], after[1])),
        );
      }
      const rows = await query
        .orderBy('created_at_ms')
        .orderBy('id')
        .limit(limit + 1)
        .execute();
      return pageOf(
        rows,
        limit,
        (row) => ({ ...toApiKey(row), value: openText(keyRing, row.value, places.apiKeyValue(row.id)) }),
        (row) => [row.created_at_ms, row.id],
      );
    },

    async findApiKeyById(id) {
      const row = await db.selectFrom('api_keys').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : toApiKey(row);
    },
  };
}

export function apiKeyWrites(tx: StoreDatabase, keyRing: KeyRing): Writes {
  return {
    async insertApiKey({ key, digest, value }) {
      await tx
        .insertInto('api_keys')
        .values({
          id: key.id,
          digest,
          user_id: key.userId,
          name: key.name,
          prefix: key.prefix,
          last4: key.last4,
          value: value === null ? null : keyRing.seal(value, places.apiKeyValue(key.id)),
          created_at_ms: key.createdAtMs,
          expires_at_ms: key.expiresAtMs,
          last_used_at_ms: key.lastUsedAtMs,
        })
        .execute();
    },

    async deleteApiKey(userId, keyId) {
      const { numDeletedRows } = await tx
        .deleteFrom('api_keys')
        .where('id', '=', keyId)
        .where('user_id', '=', userId)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },

    async touchApiKey(keyId, lastUsedAtMs) {
      await tx
        .updateTable('api_keys')
        .set({ last_used_at_ms: lastUsedAtMs })
        .where('id', '=', keyId)
        .where(({ eb, or }) => or([eb('last_used_at_ms', 'is', null), eb('last_used_at_ms', '<', lastUsedAtMs)]))
        .execute();
    },
  };
}
