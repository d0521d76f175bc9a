/** The places accounts have signed in from, as digests in our tables. @module */
import type { IdentityStore, IdentityTransaction } from '../identity/index.js';
import type { StoreDatabase } from './engine.js';
import { lookUp } from './look-up.js';
import { runLater } from './sqlite-driver.js';
import { statement } from './statement.js';

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

/** @returns the verb inside of a transaction. */
export function knownSourceWrites(
  db: StoreDatabase,
): (tx: StoreDatabase) => Pick<IdentityTransaction, 'rememberSource'> {
  const see = statement(({ digest, userId, seenAtMs }: SeenSource) =>
    db
      .insertInto('known_sources')
      .values({ digest, user_id: userId, seen_at_ms: seenAtMs })
      .onConflict((conflict) => conflict.column('digest').doUpdateSet({ user_id: userId, seen_at_ms: seenAtMs }))
      .compile(),
  );
  const forget = statement(({ userId, keep, forgetBeforeMs }: ForgottenSources) => {
    const newest = db
      .selectFrom('known_sources')
      .select('digest')
      .where('user_id', '=', userId)
      .orderBy('seen_at_ms', 'desc')
      .orderBy('digest')
      .limit(keep);
    return db
      .deleteFrom('known_sources')
      .where('user_id', '=', userId)
      .where(({ eb, or, not }) => or([eb('seen_at_ms', '<', forgetBeforeMs), not(eb('digest', 'in', newest))]))
      .compile();
  });

  return (tx) => ({
    async rememberSource(userId, digest, seenAtMs, { keep, forgetBeforeMs }) {
      await runLater(tx, see({ digest, userId, seenAtMs }));
      await runLater(tx, forget({ userId, keep, forgetBeforeMs }));
    },
  });
}

interface SeenSource {
  readonly digest: string;
  readonly userId: string;
  readonly seenAtMs: number;
}

interface ForgottenSources {
  readonly userId: string;
  readonly keep: number;
  readonly forgetBeforeMs: number;
}
