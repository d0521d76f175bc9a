/** From a dialled socket to a session: greeting, TLS by mode, login. Shared by the probe and by cancelling. @module */
import type { Socket } from 'node:net';
import { limitSignal, planTls, startTls, type TlsOutcome } from '../../network/index.js';
import type { ConnectionTarget } from '../../sources/index.js';
import { requestTls, type Session, startSession } from './connect.js';
import type { Greeting } from './greeting.js';

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
): Promise<Session> {
  const tls = secured.kind === 'tls' && secured.outcome.ok ? secured.outcome : null;
  const trust = { isEncrypted: tls !== null, isVerified: tls?.isVerified ?? false, isLoopback };
  return startSession(tls?.socket ?? socket, greeting, trust, target);
}
