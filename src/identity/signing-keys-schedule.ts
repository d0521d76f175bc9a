/**
 * Looks after signing keys by the hour: rotates what is old, removes what no token needs. Every process of an install
 * does; of two that find the same key old, one rotates it.
 *
 * @module
 */
import type { Actor } from './model.js';
import type { IdentityParts } from './parts.js';
import type { SigningKey } from './ports.js';
import { findNewest, rotateFrom, sweepOutlived } from './rotate-signing-keys.js';
import { type SigningFamily, signingFamilies } from './signing-keys-life.js';
import { algorithmForNext } from './signing-keys-load.js';

const firstAfterMs = 60_000;
const everyMs = 60 * 60_000;

const schedule: Actor = { principal: null, origin: { door: 'schedule', requestId: null, address: null } };

/** @returns what ends it, when nothing of it is under way any more. */
export function startKeySchedule(parts: IdentityParts): { readonly stop: () => Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  const run = () => {
    running = lookAfterKeys(parts).catch((error: unknown) => parts.observer?.keyRotationFailed?.(error));
    timer = setTimeout(run, everyMs).unref();
  };
  let timer = setTimeout(run, firstAfterMs).unref();
  return {
    async stop() {
      clearTimeout(timer);
      await running;
    },
  };
}

/** One round: a family that was never used gets no key, for its first one is made when it is needed. */
export async function lookAfterKeys(parts: IdentityParts): Promise<void> {
  for (const family of signingFamilies) {
    const newest = await findNewest(parts, family);
    // `null` from the rotation: another process was faster.
    if (newest !== null && isDue(parts, family, newest)) {
      await rotateFrom(parts, schedule, family, newest, { revokeOld: false });
    }
    await sweepOutlived(parts, schedule, family);
  }
}

function isDue({ policy, clock }: IdentityParts, family: SigningFamily, newest: SigningKey): boolean {
  const { rotateEveryMs } = policy.signing;
  if (rotateEveryMs === null) return false;
  const isOld = clock.nowMs() - newest.createdAtMs >= rotateEveryMs;
  return isOld || newest.algorithm !== algorithmForNext(family, policy);
}
