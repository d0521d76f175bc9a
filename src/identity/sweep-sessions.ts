/**
 * Tidies sessions and keys away that nobody can use any more, in the background and a little at a time: what was revoked
 * together is marked one by one, and a session is forgotten a day after its absolute end. Until then its row says of a
 * token that comes late whose it was, and keeps its bytes from being given out again.
 *
 * @module
 */
import { auditEvent } from './audit-event.js';
import type { IdentityDeps } from './deps.js';

/** After the absolute end; no session lives longer than a day, so that a row is kept for two at the most. */
const keptMs = 24 * 60 * 60_000;
const batch = 500;
const firstAfterMs = 90_000;
const everyMs = 60 * 60_000;

const schedule = { door: 'schedule', requestId: null, address: null };

type SweepDeps = Pick<IdentityDeps, 'store' | 'clock' | 'observer'>;

export interface Sweep {
  /** Behind whoever revoked; returns at once. */
  soon(): void;
  /** By the hour. @returns what ends it, when nothing of it is under way any more. */
  start(): { readonly stop: () => Promise<void> };
  settle(): Promise<void>;
}

export function createSweep(deps: SweepDeps): Sweep {
  let running: Promise<void> | null = null;
  const soon = () => {
    running ??= sweep(deps)
      .catch((error: unknown) => deps.observer?.sweepFailed?.(error))
      .finally(() => {
        running = null;
      });
  };
  const settle = async () => {
    while (running !== null) await running;
  };
  return {
    soon,
    settle,
    start() {
      const run = () => {
        soon();
        timer = setTimeout(run, everyMs).unref();
      };
      let timer = setTimeout(run, firstAfterMs).unref();
      return {
        stop() {
          clearTimeout(timer);
          return settle();
        },
      };
    },
  };
}

/** One round, each step in transactions of its own, so that nobody who writes waits for more than one batch. */
async function sweep({ store, clock }: SweepDeps): Promise<void> {
  await inBatches(() => store.transaction((tx) => tx.endRevokedSessions(clock.nowMs(), batch)));
  await inBatches(() =>
    store.transaction(async (tx) => {
      const removed = await tx.removeRevokedApiKeys(batch);
      for (const { id, userId } of removed) {
        const fields = { subject: `api_key:${id}`, reason: 'revoked', facts: { user: userId } };
        await tx.appendAudit(auditEvent(clock, 'api_key.deleted', schedule, fields));
      }
      return removed.length;
    }),
  );
  await inBatches(() => store.transaction((tx) => tx.removeOldSessions(clock.nowMs() - keptMs, batch)));
}

async function inBatches(work: () => Promise<number>): Promise<void> {
  while ((await work()) === batch);
}
