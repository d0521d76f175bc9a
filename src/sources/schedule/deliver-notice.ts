/**
 * One attempt to tell a webhook. A notice is delivered at least once, in the order of its source's notices, or given up
 * after eight attempts over most of a day.
 *
 * @module
 */
import type { Notice } from '../source.js';
import type { ScheduleDeps } from './deps.js';
import { randomPart } from './next-check.js';
import { signNotice } from './sign-notice.js';

const maxAttempts = 8;
const firstPauseMs = 30_000;
const pauseGrowth = 3.5;
/** Up to a fifth more or less, so that what failed together does not come together again. */
const jitterPart = 0.2;
/** One that waited for those before it is not news any more. */
const maxAgeMs = 28 * 3_600_000;
const postMs = 15_000;
/** Until the source is looked at again, when it was changed just now. */
const againMs = 1_000;

/** Milliseconds until the next attempt: 30 s after the first, three and a half times as long after each further one. */
export function pauseAfterMs(attempts: number, part: number): number {
  const pauseMs = firstPauseMs * pauseGrowth ** (attempts - 1);
  return Math.round(pauseMs * (1 + jitterPart * (2 * part - 1)));
}

/** @param signal  Aborted when the service stops; the attempt then does not count. */
export async function deliverNotice(deps: ScheduleDeps, notice: Notice, signal: AbortSignal): Promise<void> {
  const { store, poster, clock, observer } = deps;
  const settle = (next: { readonly attempts: number; readonly nextAttemptAtMs: number } | null) =>
    store.transaction((tx) => tx.settleNotice(notice.id, next));
  const giveUp = async () => {
    await settle(null);
    observer.noticeAttempted({ outcome: 'given_up' });
  };

  const source = await store.findSource(notice.sourceId);
  if (source === null || source.webhookUrl === null || isTooOld(notice, clock.nowMs())) return giveUp();
  // Of one revision with the URL: a key that was made since is for another receiver.
  const secrets = await store.findSourceSecrets(source.id, source.revision);
  if (secrets === null) return settle({ attempts: notice.attempts, nextAttemptAtMs: clock.nowMs() + againMs });
  if (secrets.webhookKey === null) return giveUp();

  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Latchkey',
    ...signNotice(secrets.webhookKey, notice.id, clock.nowMs(), notice.body),
  };
  const answer = await poster.post(source.webhookUrl, headers, notice.body, { totalMs: postMs, signal });
  const status = answer?.status ?? null;
  if (status !== null && status >= 200 && status < 300) {
    await settle(null);
    observer.noticeAttempted({ outcome: 'delivered' });
    return;
  }
  // Cut off by ourselves; should it have arrived, it comes again with the same id.
  if (signal.aborted) return settle({ attempts: notice.attempts, nextAttemptAtMs: clock.nowMs() });
  const attempts = notice.attempts + 1;
  if (status === gone || attempts >= maxAttempts) return giveUp();
  await settle({ attempts, nextAttemptAtMs: clock.nowMs() + pauseAfterMs(attempts, randomPart(deps.ids)) });
  observer.noticeAttempted({ outcome: 'retried' });
}

/** RFC 9110 §15.5.11: and it will not be back. */
const gone = 410;

function isTooOld({ createdAtMs }: Notice, nowMs: number): boolean {
  return nowMs - createdAtMs > maxAgeMs;
}
