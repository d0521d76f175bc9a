/**
 * The stages from nothing to an open session that has answered one question. This server greets first and switches to
 * TLS afterwards. Connection test, preflight and catalogue all begin here.
 *
 * @module
 */
import type { Socket } from 'node:net';
import type { Clock } from '../../kernel/clock.js';
import { type Dialler, limitSignal } from '../../network/index.js';
import type { ConnectionTarget } from '../../sources/index.js';
import { reachTarget } from '../reach-target.js';
import { identifyService, judgeGreetingFault, unlessOtherService } from '../service-identity.js';
import type { StageWalk } from '../stage-walk.js';
import { killQuery } from './cancel.js';
import type { Session, SessionBudget } from './connect.js';
import { judgeMysqlFault } from './errors.js';
import { type Greeting, readGreeting } from './greeting.js';
import { openAgain, openSession, type Secured, secureStream } from './open-session.js';

export interface MysqlReach {
  readonly dialler: Dialler;
  readonly clock: Clock;
  /** The one question asked. */
  readonly question: string;
}

/**
 * Walks the stages, policy to query.
 *
 * @param how  `budget`: what the server may send; for a connection test when absent. `isEveryAddressTried`: the
 *   evidence then says of every address of the name whether it answers.
 * @returns the session, which the caller closes; `null` when a stage failed, which the walk has.
 */
export async function walkToSession(
  reach: MysqlReach,
  walk: StageWalk,
  target: ConnectionTarget,
  how: { readonly budget?: SessionBudget; readonly isEveryAddressTried?: boolean } = {},
): Promise<Session | null> {
  const { budget, isEveryAddressTried = false } = how;
  const reached = await reachTarget(walk, reach.dialler, target, { isEveryAddressTried });
  if (reached === null) return null;
  let session: Session | null = null;
  try {
    const greeting = await hearGreeting(reach, walk, target, reached.socket);
    if (greeting === null) return null;
    const secured = await secure(reach, walk, target, reached.socket, greeting);
    if (secured === null) return null;
    session = await openSession(reached.socket, secured, greeting, reached.isLoopback, target, budget);
    if (await converse(reach, walk, target, session, { secured, canTls: greeting.canTls })) return session;
    session.close();
    return null;
  } catch (fault) {
    session?.close();
    throw fault;
  } finally {
    // A session says goodbye and closes by itself.
    if (session === null) reached.socket.destroy();
  }
}

async function hearGreeting(
  { dialler }: MysqlReach,
  walk: StageWalk,
  target: ConnectionTarget,
  socket: Socket,
): Promise<Greeting | null> {
  const greeted = await walk.run(
    'handshake',
    ({ signal }) =>
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
  { clock }: MysqlReach,
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

/** The stages from the proof of identity to the answer of one question. @returns whether they passed. */
async function converse(
  reach: MysqlReach,
  walk: StageWalk,
  target: ConnectionTarget,
  session: Session,
  { secured, canTls }: { readonly secured: Secured; readonly canTls: boolean },
): Promise<boolean> {
  const ready = await walk.run(
    'authenticate',
    () => session.ready,
    async (fault) => {
      const verdict = judgeMysqlFault(fault, 'authenticate');
      if (verdict.reason !== 'AUTH_INVALID_CREDENTIALS') return verdict;
      if (target.password.isEmpty) return { ...verdict, reason: 'AUTH_PASSWORD_REQUIRED' };
      const isTlsWanted = secured.kind === 'plain' && canTls && (await isLetInOverTls(reach, walk, target));
      if (isTlsWanted) return { ...verdict, reason: 'TLS_REQUIRED_BY_SERVER', stage: 'tls' };
      // Nothing tells an account that has to show a certificate from one whose password is another.
      const mayMean = target.tls.clientCertificate === undefined ? meaningsWithoutCertificate : meaningsWithCertificate;
      return secured.kind === 'tls' ? { ...verdict, evidence: { ...verdict.evidence, mayMean } } : verdict;
    },
  );
  // The server proves the account before it looks at the database, and answers once for both.
  if (ready.ok) walk.pass('authenticate', ready.ms);
  else if (walk.failedStage === 'database') walk.pass('authenticate', 0);
  if (!ready.ok) return false;
  walk.pass('database', 0);
  const answered = await walk.run(
    'query',
    () => session.ask(reach.question),
    (fault) => judgeMysqlFault(fault, 'query'),
  );
  if (answered.ok) walk.pass('query', answered.ms);
  else if (walk.isEndedByTime) await killQuery(reach, target, session.threadId, walk.cleanupMs);
  return answered.ok;
}

/**
 * Whether the login that failed in plain text is good over TLS: MariaDB says "access denied" for both, to an account
 * that requires TLS and on a server that does. The proof goes out once more, to the same peer, and shows no password.
 */
async function isLetInOverTls(reach: MysqlReach, walk: StageWalk, target: ConnectionTarget): Promise<boolean> {
  const overTls: ConnectionTarget = { ...target, tls: { ...target.tls, mode: 'prefer' } };
  const limited = limitSignal(walk.signal, walk.stageMs);
  try {
    const limits = { stageMs: walk.stageMs, signal: limited.signal };
    const session = await openAgain(reach, overTls, limits, { mustBeTls: true });
    session?.close();
    return session !== null;
  } finally {
    limited.stop();
  }
}

const meaningsWithoutCertificate = 'wrong user or password, or an account that requires a client certificate';
const meaningsWithCertificate = 'wrong user or password, or an account that requires another client certificate';
