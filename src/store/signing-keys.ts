/** Signing keys and the one setup code in our tables. @module */
import type { IdentityStore, IdentityTransaction } from '../identity/index.js';
import type { KeyRing } from '../secrets/index.js';
import { places, toSigningKey } from './codecs.js';
import type { StoreDatabase } from './engine.js';

type Reads = Pick<IdentityStore, 'listSigningKeys' | 'hasSetupCode'>;
type Writes = Pick<
  IdentityTransaction,
  | 'insertSigningKey'
  | 'retireSigningKey'
  | 'removeSigningKeys'
  | 'endSessionsOfFamily'
  | 'replaceSetupCode'
  | 'consumeSetupCode'
>;

const onlySetupCode = 1;

export function signingKeyReads(db: StoreDatabase, keyRing: KeyRing): Reads {
  return {
    async listSigningKeys(family) {
      const rows = await db
        .selectFrom('signing_keys')
        .selectAll()
        .where('family', '=', family)
        .orderBy('created_at_ms', 'desc')
        .orderBy('id', 'desc')
        .execute();
      return rows.map((row) => toSigningKey(row, keyRing));
    },

    async hasSetupCode(digest, nowMs) {
      const row = await db
        .selectFrom('setup_codes')
        .select('id')
        .where('digest', '=', digest)
        .where('expires_at_ms', '>', nowMs)
        .executeTakeFirst();
      return row !== undefined;
    },
  };
}

export function signingKeyWrites(tx: StoreDatabase, keyRing: KeyRing): Writes {
  return {
    async insertSigningKey(key) {
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('signing_keys')
        .values({
          id: key.id,
          family: key.family,
          algorithm: key.algorithm,
          secret: keyRing.seal(key.secret, places.signingKey(key.id)),
          created_at_ms: key.createdAtMs,
          signs_from_ms: key.signsFromMs,
          retired_at_ms: key.retiredAtMs,
        })
        .onConflict((conflict) => conflict.column('family').where('retired_at_ms', 'is', null).doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows !== 0n;
    },

    async retireSigningKey(keyId, atMs) {
      const { numUpdatedRows } = await tx
        .updateTable('signing_keys')
        .set({ retired_at_ms: atMs })
        .where('id', '=', keyId)
        .where('retired_at_ms', 'is', null)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },

    async removeSigningKeys(family, which) {
      const all = tx.deleteFrom('signing_keys').where('family', '=', family);
      const some =
        'otherThanId' in which
          ? all.where('id', '<>', which.otherThanId)
          : all.where('retired_at_ms', '<=', which.retiredUntilMs);
      const rows = await some.returning('id').execute();
      return rows.map(({ id }) => id);
    },

    async endSessionsOfFamily(family, atMs) {
      const ofFamily = tx
        .selectFrom('sessions as under')
        .select('under.id')
        .where('under.family', '=', family)
        .where('under.ended_at_ms', 'is', null);
      const rows = await tx
        .updateTable('sessions')
        .set({ ended_at_ms: atMs })
        .where(({ eb, or }) => or([eb('family', '=', family), eb('issued_on_id', 'in', ofFamily)]))
        .where('ended_at_ms', 'is', null)
        .returning('expires_at_ms')
        .execute();
      return rows.filter((row) => row.expires_at_ms > atMs).length;
    },

    async replaceSetupCode(digest, expiresAtMs) {
      await tx
        .insertInto('setup_codes')
        .values({ id: onlySetupCode, digest, expires_at_ms: expiresAtMs })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ digest, expires_at_ms: expiresAtMs }))
        .execute();
    },

    async consumeSetupCode(digest, nowMs) {
      const { numDeletedRows } = await tx
        .deleteFrom('setup_codes')
        .where('digest', '=', digest)
        .where('expires_at_ms', '>', nowMs)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
  };
}
