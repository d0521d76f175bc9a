/** The passwords an account had before, as their hashes. @module */
import type { IdentityStore, IdentityTransaction } from '../identity/index.js';
import type { StoreDatabase } from './engine.js';

export function passwordHistoryReads(db: StoreDatabase): Pick<IdentityStore, 'listFormerPasswords'> {
  return {
    async listFormerPasswords(userId, limit) {
      if (limit <= 0) return [];
      const rows = await db
        .selectFrom('former_passwords')
        .select('password_hash')
        .where('user_id', '=', userId)
        .orderBy('number', 'desc')
        .limit(limit)
        .execute();
      return rows.map((row) => row.password_hash);
    },
  };
}

export function passwordHistoryWrites(tx: StoreDatabase): Pick<IdentityTransaction, 'keepFormerPassword'> {
  return {
    async keepFormerPassword(userId, passwordHash, replacedAtMs, keep) {
      const newest = await tx
        .selectFrom('former_passwords')
        .select(({ fn }) => fn.max('number').as('number'))
        .where('user_id', '=', userId)
        .executeTakeFirst();
      const number = (newest?.number ?? 0) + 1;
      if (keep > 0) {
        await tx
          .insertInto('former_passwords')
          .values({ user_id: userId, number, password_hash: passwordHash, replaced_at_ms: replacedAtMs })
          .execute();
      }
      await tx
        .deleteFrom('former_passwords')
        .where('user_id', '=', userId)
        .where('number', '<=', number - Math.max(0, keep))
        .execute();
    },
  };
}
