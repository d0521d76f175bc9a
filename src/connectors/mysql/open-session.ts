/**
 * From a dialled socket to a session: greeting, TLS by mode, login. What needs a further session beside the one that
 * was walked to (cancelling, reading side by side) opens it here.
 *
 * @module
 */
import type { Socket } from 'node:net';
import type { Clock } from '../../kernel/clock.js';
import { type Dialler, limitSignal, planTls, startTls, type TlsOutcome } from '../../network/index.js';
import type { ConnectionTarget } from '../../sources/index.js';
import { aborted } from '../stage-time.js';
import { requestTls, type Session, type SessionBudget, startSession } from './connect.js';
import { type Greeting, readGreeting } from './greeting.js';

export type Secured =
  | { readonly kind: 'plain'; readonly isOffered: boolean }
  | { readonly kind: 'not_supported' }
  | { readonly kind: 'tls'; readonly outcome: TlsOutcome };

/** Switches to TLS as the mode asks for and the server can do. */
export async function secureStream(
  socket: Socket,
  greeting: Greeting,
  target: ConnectionTarget,
  nowMs: number,
  limits: { readonly stageMs: number; readonly signal: AbortSignal },
): Promise<Secured> {
  const plan = planTls(target.tls.mode, target.tls.ca !== undefined);
  if (plan.use === 'never') return { kind: 'plain', isOffered: greeting.canTls };
  if (!greeting.canTls) return plan.use === 'always' ? { kind: 'not_supported' } : { kind: 'plain', isOffered: false };
  const limited = limitSignal(limits.signal, limits.stageMs);
  requestTls(socket);
  const outcome = await startTls(socket, target.host, target.tls, nowMs, limited.signal).finally(limited.stop);
  return { kind: 'tls', outcome };
}

/** Hands the stream to the driver. @param secured  What {@link secureStream} gave, and it was not a failure. */
export function openSession(
  socket: Socket,
  secured: Secured,
  greeting: Greeting,
  isLoopback: boolean,
  target: ConnectionTarget,
  budget?: SessionBudget,
): Promise<Session> {
  const tls = secured.kind === 'tls' && secured.outcome.ok ? secured.outcome : null;
  const trust = { isEncrypted: tls !== null, isVerified: tls?.isVerified ?? false, isLoopback };
  return startSession(tls?.socket ?? socket, greeting, trust, target, budget);
}

/**
 * Logs in once more, without telling the stages.
 *
 * @param limits  `stageMs` for dialling and again for TLS; the signal ends all of it.
 * @returns the session, which the caller closes; `null` when it did not come to be, whatever the reason.
 */
export async function openAgain(
  { dialler, clock }: { readonly dialler: Dialler; readonly clock: Clock },
  target: ConnectionTarget,
  limits: { readonly stageMs: number; readonly signal: AbortSignal },
  { budget, mustBeTls = false }: { readonly budget?: SessionBudget; readonly mustBeTls?: boolean } = {},
): Promise<Session | null> {
  const dialled = await dialler.dial(target, limits);
  if (!dialled.ok) return null;
  const { socket } = dialled;
  socket.on('error', ignore);
  let session: Session | null = null;
  try {
    const greeting = await readGreeting(socket, limits.signal);
    const secured = await secureStream(socket, greeting, target, clock.nowMs(), limits);
    const isSecured = secured.kind === 'tls' && secured.outcome.ok;
    if (isSecured || (secured.kind === 'plain' && !mustBeTls)) {
      session = await openSession(socket, secured, greeting, dialled.isLoopback, target, budget);
      await Promise.race([session.ready, aborted(limits.signal)]);
      return session;
    }
  } catch {
    session?.close();
    session = null;
  }
  socket.destroy();
  return null;
}

function ignore(): void {}
