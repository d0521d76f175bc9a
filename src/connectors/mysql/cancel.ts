/** Ends on the server what a session of ours still runs there: a second login and `KILL QUERY`. @module */
import type { Clock } from '../../kernel/clock.js';
import { type Dialler, limitSignal } from '../../network/index.js';
import type { ConnectionTarget } from '../../sources/index.js';
import { aborted } from '../stage-time.js';
import { openAgain } from './open-session.js';

/**
 * Kills the queries of threads; an account may always kill what it runs itself.
 *
 * @param threadIds  From the greetings of the sessions that are stuck.
 * @param limitMs    For all of it. What fails here is left alone: the sessions are being closed anyway.
 */
export async function killQuery(
  reach: { readonly dialler: Dialler; readonly clock: Clock },
  target: ConnectionTarget,
  threadIds: number | readonly number[],
  limitMs: number,
): Promise<void> {
  const limited = limitSignal(new AbortController().signal, limitMs);
  const { signal } = limited;
  try {
    const session = await openAgain(reach, target, { stageMs: limitMs, signal });
    if (session === null) return;
    try {
      for (const threadId of [threadIds].flat()) {
        await Promise.race([session.ask(`KILL QUERY ${threadId}`).catch(ignore), aborted(signal)]);
      }
    } finally {
      session.close();
    }
  } catch {
    // Out of time.
  } finally {
    limited.stop();
  }
}

function ignore(): void {}
