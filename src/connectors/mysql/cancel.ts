/** Ends on the server what a session of ours still runs there: a second login and `KILL QUERY`. @module */
import type { Clock } from '../../kernel/clock.js';
import { type Dialler, limitSignal } from '../../network/index.js';
import type { ConnectionTarget } from '../../sources/index.js';
import { aborted } from '../stage-walk.js';
import { readGreeting } from './greeting.js';
import { openSession, secureStream } from './open-session.js';

/**
 * Kills the query of a thread; an account may always kill what it runs itself.
 *
 * @param threadId  From the greeting of the session that is stuck.
 * @param limitMs   For all of it. What fails here is left alone: the session is being closed anyway.
 */
export async function killQuery(
  { dialler, clock }: { readonly dialler: Dialler; readonly clock: Clock },
  target: ConnectionTarget,
  threadId: number,
  limitMs: number,
): Promise<void> {
  const limited = limitSignal(new AbortController().signal, limitMs);
  const { signal } = limited;
  const dialled = await dialler.dial(target, { stageMs: limitMs, signal });
  if (!dialled.ok) return limited.stop();
  const { socket } = dialled;
  try {
    const greeting = await readGreeting(socket, signal);
    const secured = await secureStream(socket, greeting, target, clock.nowMs(), { stageMs: limitMs, signal });
    if (secured.kind === 'not_supported' || (secured.kind === 'tls' && !secured.outcome.ok)) return;
    const session = await openSession(socket, secured, greeting, dialled.isLoopback, target);
    await Promise.race([session.ready.then(() => session.ask(`KILL QUERY ${threadId}`)), aborted(signal)]);
    session.close();
  } catch {
    // Out of time, or no longer let in.
  } finally {
    limited.stop();
    socket.destroy();
  }
}
