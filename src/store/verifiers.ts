/**
 * Processes that believe for a moment what they looked up before: each says that it is there, so that whoever changes
 * what they may hold knows whether anybody has to be waited for.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { verificationLeaseMs } from '../identity/index.js';
import type { Clock } from '../kernel/clock.js';
import type { StoreEngine } from './engine.js';

/** Clocks of processes may differ by nearly as much. */
const presentForMs = 600_000;
/** Beyond the lease: what a timer of a verifier may be late to look at its clock. */
const marginMs = 50;

export interface Verifiers {
  /** Said by a verifier of this process before it believes anything, and every minute. */
  present(verifierId: string): Promise<void>;
  /** It believes nothing any more. */
  leave(verifierId: string): Promise<void>;
  /** Resolves when verifiers of other processes know what is committed, or have stopped to believe what they hold. */
  untilOthersKnow(): Promise<void>;
}

export function createVerifiers(engine: StoreEngine, clock: Clock): Verifiers {
  const own = new Set<string>();

  async function areOthersPresent(): Promise<boolean> {
    try {
      const row = await engine.read
        .selectFrom('verifiers')
        .select('id')
        .where('seen_at_ms', '>', clock.nowMs() - presentForMs)
        .where(({ eb, and }) => and([...own].map((id) => eb('id', '<>', id))))
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    } catch {
      // It is committed; who else is there is not known.
      return true;
    }
  }

  return {
    async present(verifierId) {
      own.add(verifierId);
      const seen = { seen_at_ms: clock.nowMs() };
      await engine.transaction(async (tx) => {
        await tx
          .insertInto('verifiers')
          .values({ id: verifierId, ...seen })
          .onConflict((conflict) => conflict.column('id').doUpdateSet(seen))
          .execute();
        await tx
          .deleteFrom('verifiers')
          .where('seen_at_ms', '<', seen.seen_at_ms - 2 * presentForMs)
          .execute();
      });
    },

    async leave(verifierId) {
      own.delete(verifierId);
      await engine.transaction((tx) => tx.deleteFrom('verifiers').where('id', '=', verifierId).execute());
    },

    async untilOthersKnow() {
      if (await areOthersPresent()) await delay(verificationLeaseMs + marginMs);
    },
  };
}
