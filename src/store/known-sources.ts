/** The places accounts have signed in from, as digests in our tables. @module */
import type { IdentityStore, IdentityTransaction } from '../identity/index.js';
import type { StoreDatabase } from './engine.js';
import { lookUp } from './look-up.js';

export function knownSourceReads(db: StoreDatabase): Pick<IdentityStore, 'findKnownSource'> {
  // An aggregate gives one row whether there is one to be found or not, so that finding none takes as long.
  const findSeen = lookUp(db, (digest) =>
    db
      .selectFrom('known_sources')
      .select(({ fn }) => fn.max('seen_at_ms').as('seen_at_ms'))
      .where('digest', '=', digest)
      .compile(),
  );
  return {
    async findKnownSource(digest) {
      const [row] = await findSeen(digest);
      return row?.seen_at_ms ?? null;
    },
  };
}

export function knownSourceWrites(tx: StoreDatabase): Pick<IdentityTransaction, 'rememberSource'> {
  return {
    async rememberSource(userId, digest, seenAtMs, { keep, forgetBeforeMs }) {
      await tx
        .insertInto('known_sources')
        .values({ digest, user_id: userId, seen_at_ms: seenAtMs })
        .onConflict((conflict) => conflict.column('digest').doUpdateSet({ user_id: userId, seen_at_ms: seenAtMs }))
        .execute();
      const newest = tx
        .selectFrom('known_sources')
        .select('digest')
        .where('user_id', '=', userId)
        .orderBy('seen_at_ms', 'desc')
        .orderBy('digest')
        .limit(keep);
      await tx
        .deleteFrom('known_sources')
        .where('user_id', '=', userId)
        .where(({ eb, or, not }) => or([eb('seen_at_ms', '<', forgetBeforeMs), not(eb('digest', 'in', newest))]))
        .execute();
    },
  };
}
