/** Receipts of writes in our tables: what a write answered, sealed, by the name its caller gave it. @module */
import type { DataStore, DataTransaction } from '../data/index.js';
import { Secret } from '../kernel/secret.js';
import type { KeyRing } from '../secrets/index.js';
import { openPlainText, places } from './codecs.js';
import type { StoreDatabase } from './engine.js';

export function receiptReads(read: StoreDatabase, keyRing: KeyRing): Pick<DataStore, 'findWriteReceipt'> {
  return {
    async findWriteReceipt(keyDigest, sinceMs) {
      const row = await read
        .selectFrom('write_receipts')
        .selectAll()
        .where('key_digest', '=', keyDigest)
        .where('at_ms', '>=', sinceMs)
        .executeTakeFirst();
      if (row === undefined) return null;
      return {
        keyDigest,
        contentDigest: row.content_digest,
        state: row.state === 'done' ? 'done' : 'pending',
        status: row.status,
        body: openPlainText(keyRing, row.body, places.writeReceipt(keyDigest)),
        atMs: row.at_ms,
      };
    },
  };
}

/** Receipts forgotten at once: a table that grew for long is not emptied in one transaction. */
const forgottenAtOnce = 100;

export function receiptWrites(
  tx: StoreDatabase,
  keyRing: KeyRing,
): Pick<DataTransaction, 'insertWriteReceipt' | 'finishWriteReceipt' | 'deleteWriteReceipt'> {
  const seal = (keyDigest: string, body: string) => keyRing.seal(new Secret(body), places.writeReceipt(keyDigest));
  return {
    async insertWriteReceipt(receipt, forgetBeforeMs) {
      const old = tx.selectFrom('write_receipts').select('key_digest').where('at_ms', '<', forgetBeforeMs);
      await tx
        .deleteFrom('write_receipts')
        .where('key_digest', 'in', old.orderBy('at_ms').limit(forgottenAtOnce))
        .execute();
      await tx
        .deleteFrom('write_receipts')
        .where('key_digest', '=', receipt.keyDigest)
        .where('at_ms', '<', forgetBeforeMs)
        .execute();
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('write_receipts')
        .values({
          key_digest: receipt.keyDigest,
          content_digest: receipt.contentDigest,
          state: receipt.state,
          status: receipt.status,
          body: receipt.body === null ? null : seal(receipt.keyDigest, receipt.body),
          at_ms: receipt.atMs,
        })
        .onConflict((conflict) => conflict.column('key_digest').doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows !== 0n;
    },

    async finishWriteReceipt(keyDigest, status, body) {
      await tx
        .updateTable('write_receipts')
        .set({ state: 'done', status, body: seal(keyDigest, body) })
        .where('key_digest', '=', keyDigest)
        .execute();
    },

    async deleteWriteReceipt(keyDigest) {
      await tx.deleteFrom('write_receipts').where('key_digest', '=', keyDigest).execute();
    },
  };
}
