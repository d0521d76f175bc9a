/** The stages of a MySQL or MariaDB connection test: this server greets first and switches to TLS afterwards. @module */
import type { Socket } from 'node:net';
import type { Clock } from '../../kernel/clock.js';
import { type Dialler, limitSignal } from '../../network/index.js';
import type { ConnectionTarget, ProbeLimits, ProbeResult } from '../../sources/index.js';
import { reachTarget } from '../reach-target.js';
import { identifyService, judgeGreetingFault, unlessOtherService } from '../service-identity.js';
import { aborted, StageWalk } from '../stage-walk.js';
import { killQuery } from './cancel.js';
import type { Session } from './connect.js';
import { judgeMysqlFault } from './errors.js';
import { type Greeting, readGreeting } from './greeting.js';
import { openSession, type Secured, secureStream } from './open-session.js';

export interface MysqlProbeOptions {
  readonly dialler: Dialler;
  readonly clock: Clock;
  /** The one question asked. */
  readonly question: string;
}

/** Walks the stages; see the port for the contract. */
export async function probeMysql(
  options: MysqlProbeOptions,
  target: ConnectionTarget,
  limits: ProbeLimits,
): Promise<ProbeResult> {
  const walk = new StageWalk(limits);
  const reached = await reachTarget(walk, options.dialler, target);
  if (reached === null) return walk.result();
  let isHandedOver = false;
  try {
    const greeting = await hearGreeting(options, walk, target, reached.socket);
    if (greeting === null) return walk.result();
    const secured = await secure(options, walk, target, reached.socket, greeting);
    if (secured === null) return walk.result();
    const session = await openSession(reached.socket, secured, greeting, reached.isLoopback, target);
    isHandedOver = true;
    const isPlain = secured.kind === 'plain' && greeting.canTls;
    await converse(options, walk, target, session, { threadId: greeting.threadId, isPlainByChoice: isPlain });
    return walk.result();
  } finally {
    // A session says goodbye and closes by itself.
    if (!isHandedOver) reached.socket.destroy();
  }
}

async function hearGreeting(
  { dialler }: MysqlProbeOptions,
  walk: StageWalk,
  target: ConnectionTarget,
  socket: Socket,
): Promise<Greeting | null> {
  const greeted = await walk.run(
    'handshake',
    (signal) =>
      unlessOtherService(readGreeting(socket, signal), 'mysql', walk.stageMs / 3, (limitMs) =>
        identifyService(dialler, target, limitMs, signal),
      ),
    (fault) =>
      judgeGreetingFault(
        fault,
        'mysql',
        (one) => judgeMysqlFault(one, 'handshake'),
        () => identifyService(dialler, target, walk.stageMs / 3, walk.signal),
      ),
  );
  if (!greeted.ok) return null;
  walk.pass('handshake', greeted.ms);
  walk.serverVersion = greeted.value.serverVersion;
  return greeted.value;
}

/** The stage `tls`. @returns `null` when it failed. */
async function secure(
  { clock }: MysqlProbeOptions,
  walk: StageWalk,
  target: ConnectionTarget,
  socket: Socket,
  greeting: Greeting,
): Promise<Secured | null> {
  const startedMs = performance.now();
  const { stageMs, signal } = walk;
  const secured = await secureStream(socket, greeting, target, clock.nowMs(), { stageMs, signal });
  const ms = performance.now() - startedMs;
  if (secured.kind === 'not_supported') {
    walk.fail('tls', { reason: 'TLS_NOT_SUPPORTED_BY_SERVER' }, ms);
    return null;
  }
  if (secured.kind === 'plain') {
    if (target.tls.mode !== 'disable') walk.warn('tls', 'TLS_NOT_SUPPORTED_BY_SERVER', ms);
    return secured;
  }
  walk.settleTls(secured.outcome, ms);
  return secured.outcome.ok ? secured : null;
}

/** The stages from the proof of identity to the answer of one question. */
async function converse(
  options: MysqlProbeOptions,
  walk: StageWalk,
  target: ConnectionTarget,
  session: Session,
  { threadId, isPlainByChoice }: { readonly threadId: number; readonly isPlainByChoice: boolean },
): Promise<void> {
  try {
    const ready = await walk.run(
      'authenticate',
      () => session.ready,
      async (fault) => {
        const verdict = judgeMysqlFault(fault, 'authenticate');
        if (verdict.reason !== 'AUTH_INVALID_CREDENTIALS') return verdict;
        if (target.password.isEmpty) return { ...verdict, reason: 'AUTH_PASSWORD_REQUIRED' };
        const isTlsWanted = isPlainByChoice && (await isLetInOverTls(options, walk, target));
        return isTlsWanted ? { ...verdict, reason: 'TLS_REQUIRED_BY_SERVER', stage: 'tls' } : verdict;
      },
    );
    // The server proves the account before it looks at the database, and answers once for both.
    if (ready.ok) walk.pass('authenticate', ready.ms);
    else if (walk.failedStage === 'database') walk.pass('authenticate', 0);
    if (!ready.ok) return;
    walk.pass('database', 0);
    const answered = await walk.run(
      'query',
      () => session.ask(options.question),
      (fault) => judgeMysqlFault(fault, 'query'),
    );
    if (answered.ok) walk.pass('query', answered.ms);
    else if (walk.isEndedByTime) await killQuery(options, target, threadId, walk.cleanupMs);
  } finally {
    session.close();
  }
}

/**
 * Whether the login that failed in plain text is good over TLS: MariaDB says "access denied" for both, to an account
 * that requires TLS and on a server that does. The proof goes out once more, to the same peer, and shows no password.
 */
async function isLetInOverTls(
  { dialler, clock }: MysqlProbeOptions,
  walk: StageWalk,
  target: ConnectionTarget,
): Promise<boolean> {
  const limited = limitSignal(walk.signal, walk.stageMs);
  const { signal } = limited;
  const dialled = await dialler.dial(target, { stageMs: walk.stageMs, signal });
  if (!dialled.ok) {
    limited.stop();
    return false;
  }
  const { socket } = dialled;
  try {
    const greeting = await readGreeting(socket, signal);
    const overTls: ConnectionTarget = { ...target, tls: { ...target.tls, mode: 'prefer' } };
    const limits = { stageMs: walk.stageMs, signal };
    const secured = await secureStream(socket, greeting, overTls, clock.nowMs(), limits);
    if (secured.kind !== 'tls' || !secured.outcome.ok) return false;
    // Nothing is shown here that was not shown in plain text already.
    const session = await openSession(socket, secured, greeting, false, overTls);
    await Promise.race([session.ready, aborted(signal)]);
    session.close();
    return true;
  } catch {
    return false;
  } finally {
    limited.stop();
    socket.destroy();
  }
}
