/** API keys in our tables: found by digest, their values sealed for their owners where the install keeps them. @module */
import { sql } from 'kysely';
import type { IdentityStore, IdentityTransaction } from '../identity/index.js';
import type { KeyRing } from '../secrets/index.js';
import { apiKeyStatements } from './api-key-statements.js';
import { narrowingColumns, openText, places, toApiKey } from './codecs.js';
import type { StoreDatabase, StoreEngine } from './engine.js';
import { epochOfJoined, isKeyOfNow, isKeyOfUserNow } from './epochs.js';
import { lookUp } from './look-up.js';
import { pageLimit, pageOf, readCursor } from './page.js';
import { profileRows, toProfile } from './profiles.js';
import { expectAnswer, runLater } from './sqlite-driver.js';
import { touchStatement } from './touch.js';

type Reads = Pick<IdentityStore, 'findApiKeyByDigest' | 'listApiKeys' | 'findApiKeyById' | 'listApiKeyUses'>;
type Writes = Pick<
  IdentityTransaction,
  | 'insertApiKey'
  | 'deleteApiKey'
  | 'touchApiKeys'
  | 'findApiKeyForChange'
  | 'findApiKeyByRequest'
  | 'hasRoomForApiKey'
  | 'countApiKeys'
  | 'removeEndedApiKeys'
  | 'removeRevokedApiKeys'
  | 'updateApiKey'
  | 'addApiKeyUses'
>;

/** What is nearly always the case. */
const roomForOne = [{ room: 1 }];

/** A key is replaced for 30 days at most. */
const daysOfUse = 40;

export function apiKeyReads(db: StoreDatabase, kind: StoreEngine['kind'], keyRing: KeyRing): Reads {
  const findByDigest = lookUp(db, (digest) =>
    profileRows(db, kind)
      .innerJoin('api_keys', 'api_keys.user_id', 'users.id')
      .select([
        'api_keys.id as key_id',
        'api_keys.name',
        'api_keys.prefix',
        'api_keys.last4',
        'api_keys.created_at_ms as key_created_at_ms',
        'api_keys.expires_at_ms',
        'api_keys.last_used_at_ms',
        'api_keys.last_used_address',
        'api_keys.purpose',
        'api_keys.scopes',
        'api_keys.sources',
        'api_keys.cidrs',
        'api_keys.successor_id',
      ])
      .where('api_keys.digest', '=', digest)
      .where('api_keys.epoch', '=', epochOfJoined('key'))
      .compile(),
  );

  return {
    async findApiKeyByDigest(digest) {
      const [row] = await findByDigest(digest);
      if (row === undefined) return null;
      return {
        key: toApiKey({ ...row, id: row.key_id, created_at_ms: row.key_created_at_ms }),
        profile: toProfile(row),
      };
    },

    async listApiKeys(userId, page) {
      const limit = pageLimit(page);
      const after = readCursor(page, ['number', 'string']);
      let query = db.selectFrom('api_keys').selectAll().where('user_id', '=', userId).where(isKeyOfUserNow(userId));
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
      const row = await db
        .selectFrom('api_keys')
        .selectAll()
        .where('id', '=', id)
        .where(isKeyOfNow())
        .executeTakeFirst();
      return row === undefined ? null : toApiKey(row);
    },

    async listApiKeyUses(keyId) {
      const rows = await db
        .selectFrom('api_key_uses')
        .selectAll()
        .where('key_id', '=', keyId)
        .orderBy('day', 'desc')
        .limit(daysOfUse)
        .execute();
      return rows.map((row) => ({
        day: row.day,
        uses: row.uses,
        lastUsedAtMs: row.last_used_at_ms,
        lastUsedAddress: row.last_used_address,
      }));
    },
  };
}

/** @returns the verbs inside of a transaction. */
export function apiKeyWrites(engine: StoreEngine, keyRing: KeyRing): (tx: StoreDatabase) => Writes {
  const { kind } = engine;
  const statements = apiKeyStatements(engine.read);
  const touch = touchStatement(engine, 'api_keys', 'last_used_at_ms');

  return (tx) => ({
    async insertApiKey({ key, digest, value, request }) {
      const { scopes, sources, cidrs } = narrowingColumns(key);
      const row = {
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
        last_used_address: key.lastUsedAddress,
        purpose: key.purpose,
        scopes,
        sources,
        cidrs,
        successor_id: key.successorId,
        request_digest: request?.digest ?? null,
        request_content: request?.content ?? null,
      };
      await runLater(tx, statements.insert(row));
    },

    async deleteApiKey(userId, keyId) {
      const { numDeletedRows } = await tx
        .deleteFrom('api_keys')
        .where('id', '=', keyId)
        .where('user_id', '=', userId)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },

    async touchApiKeys(uses) {
      await runLater(tx, touch(uses));
    },

    async findApiKeyForChange(keyId) {
      const query = tx.selectFrom('api_keys').selectAll().where('id', '=', keyId).where(isKeyOfNow());
      const row = await (kind === 'postgres' ? query.forNoKeyUpdate() : query).executeTakeFirst();
      return row === undefined ? null : toApiKey(row);
    },

    async findApiKeyByRequest(userId, digest, sinceMs) {
      const row = await tx
        .selectFrom('api_keys')
        .selectAll()
        .where('user_id', '=', userId)
        .where('request_digest', '=', digest)
        .where('created_at_ms', '>', sinceMs)
        .where(isKeyOfUserNow(userId))
        .executeTakeFirst();
      return row === undefined ? null : { key: toApiKey(row), content: row.request_content ?? '' };
    },

    async hasRoomForApiKey(userId, limit, endedBeforeMs) {
      const rows = await expectAnswer(tx, statements.room({ userId, limit, endedBeforeMs }), roomForOne);
      return rows[0]?.room === 1;
    },

    async countApiKeys(userId, nowMs, endedBeforeMs) {
      const { rows } = await tx.executeQuery(statements.count({ userId, nowMs, endedBeforeMs }));
      const { total = 0, retiring = 0, ended = 0 } = rows[0] ?? {};
      return { current: total - retiring, retiring, ended };
    },

    async removeEndedApiKeys(userId, endedBeforeMs) {
      const rows = await tx
        .deleteFrom('api_keys')
        .where('user_id', '=', userId)
        .where('expires_at_ms', '<', endedBeforeMs)
        .returning('id')
        .execute();
      return rows.map(({ id }) => id);
    },

    async removeRevokedApiKeys(limit) {
      const revoked = tx
        .selectFrom('api_keys')
        .select('id')
        .where(({ not }) => not(isKeyOfNow()))
        .limit(limit);
      const rows = await tx.deleteFrom('api_keys').where('id', 'in', revoked).returning(['id', 'user_id']).execute();
      return rows.map(({ id, user_id: userId }) => ({ id, userId }));
    },

    async updateApiKey(key) {
      await tx
        .updateTable('api_keys')
        .set({ ...narrowingColumns(key), expires_at_ms: key.expiresAtMs, successor_id: key.successorId })
        .where('id', '=', key.id)
        .execute();
    },

    async addApiKeyUses(keyId, { day, uses, lastUsedAtMs, lastUsedAddress }) {
      // None is written for a key that was deleted meanwhile.
      await tx
        .insertInto('api_key_uses')
        .columns(['key_id', 'day', 'uses', 'last_used_at_ms', 'last_used_address'])
        .expression((eb) =>
          eb
            .selectFrom('api_keys')
            .select(({ val }) => [
              'id',
              sql<number>`cast(${val(day)} as bigint)`.as('day'),
              sql<number>`cast(${val(uses)} as bigint)`.as('uses'),
              sql<number>`cast(${val(lastUsedAtMs)} as bigint)`.as('at'),
              sql<string | null>`cast(${val(lastUsedAddress)} as text)`.as('address'),
            ])
            .where('id', '=', keyId),
        )
        .onConflict((conflict) =>
          conflict.columns(['key_id', 'day']).doUpdateSet({
            uses: sql`api_key_uses.uses + excluded.uses`,
            last_used_at_ms: sql`excluded.last_used_at_ms`,
            last_used_address: sql`excluded.last_used_address`,
          }),
        )
        .execute();
      await tx
        .updateTable('api_keys')
        .set({ last_used_at_ms: lastUsedAtMs, last_used_address: lastUsedAddress })
        .where('id', '=', keyId)
        .where(({ eb, or }) => or([eb('last_used_at_ms', 'is', null), eb('last_used_at_ms', '<=', lastUsedAtMs)]))
        .execute();
    },
  });
}
