/**
 * From nothing to a session that may be asked: the stages of a PostgreSQL connection, in the order the protocol has
 * them. Probe, preflight and catalogue walk the same way.
 *
 * @module
 */
import type { Socket } from 'node:net';
import type { Clock } from '../../kernel/clock.js';
import { type Dialler, limitSignal, planTls, startTls } from '../../network/index.js';
import type { ConnectionTarget, Stage } from '../../sources/index.js';
import { reachTarget } from '../reach-target.js';
import { identifyService, judgeGreetingFault, unlessOtherService } from '../service-identity.js';
import type { StageWalk, Verdict } from '../stage-walk.js';
import { cancelQuery } from './cancel.js';
import { requestTls, type Session, type SessionLimits, shortSession, startSession } from './connect.js';
import { judgePostgresFault, type LoginFacts, nothingSaid } from './errors.js';

export interface SessionOptions {
  readonly dialler: Dialler;
  readonly clock: Clock;
  /** The evidence then says of every address of the name whether it answers. */
  readonly isEveryAddressTried?: boolean;
}

/** A session whose database is open. Whoever has it closes it. */
export interface OpenSession {
  readonly session: Session;
  readonly isEncrypted: boolean;
  /** Reads a fault of what the session was asked at a stage. */
  judge(stage: Stage): (fault: unknown) => Verdict;
  /** Ends on the server what it still does for this session. Never throws. @param limitMs  For all of it. */
  cancel(limitMs: number): Promise<void>;
}

/**
 * Walks the stages from `policy` to `database` and writes them down.
 *
 * @param limits  What the server may send over the session.
 * @returns `null` when a stage failed; everything that was opened is closed then.
 */
export async function openPostgresSession(
  options: SessionOptions,
  walk: StageWalk,
  target: ConnectionTarget,
  limits: SessionLimits = shortSession,
): Promise<OpenSession | null> {
  const { dialler, isEveryAddressTried = false } = options;
  const reached = await reachTarget(walk, dialler, target, { isEveryAddressTried });
  if (reached === null) return null;
  let isHandedOver = false;
  try {
    const secured = await secureStream(options, walk, target, reached.socket);
    if (secured === null) return null;
    const { stream, isVerified, isEncrypted } = secured;
    const session = await startSession(stream, { isVerified, isLoopback: reached.isLoopback }, target, limits);
    isHandedOver = true;
    return await logIn(options, walk, target, session, isEncrypted);
  } finally {
    // A session says goodbye and closes by itself.
    if (!isHandedOver) reached.socket.destroy();
  }
}

/** The stage `tls`: what the mode asks for and the server can do. @returns `null` when it failed. */
async function secureStream(
  { dialler, clock }: SessionOptions,
  walk: StageWalk,
  target: ConnectionTarget,
  socket: Socket,
): Promise<{ stream: Socket; isVerified: boolean; isEncrypted: boolean } | null> {
  const plain = { stream: socket, isVerified: false, isEncrypted: false };
  const plan = planTls(target.tls.mode, target.tls.ca !== undefined);
  if (plan.use === 'never') return plain;
  const asked = await walk.run(
    'handshake',
    ({ signal }) =>
      unlessOtherService(requestTls(socket, signal), 'postgres', walk.stageMs / 3, (limitMs) =>
        identifyService(dialler, target, limitMs, signal),
      ),
    (fault) => judgeGreeting(dialler, walk, target, nothingSaid, fault),
  );
  if (!asked.ok) return null;
  if (!asked.value) {
    if (plan.use === 'always') {
      walk.fail('tls', { reason: 'TLS_NOT_SUPPORTED_BY_SERVER' }, asked.ms);
      return null;
    }
    walk.warn('tls', 'TLS_NOT_SUPPORTED_BY_SERVER', asked.ms);
    return plain;
  }
  const startedMs = performance.now();
  const limited = limitSignal(walk.signal, walk.stageMs);
  const tls = await startTls(socket, target.host, target.tls, clock.nowMs(), limited.signal).finally(limited.stop);
  const ms = asked.ms + performance.now() - startedMs;
  walk.settleTls(tls, ms);
  if (!tls.ok) return null;
  return { stream: tls.socket, isVerified: tls.isVerified, isEncrypted: true };
}

/** The stages from the first word about the user to the open database. */
async function logIn(
  options: SessionOptions,
  walk: StageWalk,
  target: ConnectionTarget,
  session: Session,
  isEncrypted: boolean,
): Promise<OpenSession | null> {
  const { dialler } = options;
  const loginFacts = (): LoginFacts => ({
    wasAskedForProof: session.wasAskedForProof(),
    hasProved: session.hasProved(),
    hasCertificate: isEncrypted && target.tls.clientCertificate !== undefined,
  });
  const judge = (stage: Stage) => (fault: unknown) => judgePostgresFault(fault, stage, loginFacts());
  const cancel = (limitMs: number) => cancelQuery(options, target, session.cancelKey(), isEncrypted, limitMs);
  let isOpen = false;
  try {
    const greeted = await walk.run(
      'handshake',
      (time) =>
        unlessOtherService(session.greeted, 'postgres', walk.stageMs / 3, (limitMs) =>
          identifyService(dialler, target, limitMs, time.signal),
        ),
      async (fault) => {
        const verdict = await judgeGreeting(dialler, walk, target, loginFacts(), fault);
        if (verdict.reason !== 'CLIENT_HOST_NOT_PERMITTED' || isEncrypted) return verdict;
        const isTlsWanted = await isAdmittedOverTls(options, walk, target);
        return isTlsWanted ? { ...verdict, reason: 'TLS_REQUIRED_BY_SERVER', stage: 'tls' } : verdict;
      },
    );
    if (!greeted.ok) return null;
    walk.pass('handshake', greeted.ms);

    const authenticated = await walk.run('authenticate', () => session.authenticated, judge('authenticate'));
    if (!authenticated.ok) {
      // A pooler may refuse the database before it says "authenticated".
      if (walk.failedStage === 'database' && session.hasProved()) walk.pass('authenticate', 0);
      return null;
    }

    const ready = await walk.run('database', () => session.ready, judge('database'));
    walk.serverVersion = versionOf(session);
    // What the server says about the role comes after the proof and still belongs to it.
    if (walk.failedStage !== 'authenticate') walk.pass('authenticate', authenticated.ms);
    if (!ready.ok) return null;
    walk.pass('database', ready.ms);
    isOpen = true;
    return { session, isEncrypted, judge, cancel };
  } finally {
    if (!isOpen) {
      if (walk.isEndedByTime) await cancel(walk.cleanupMs);
      session.close();
    }
  }
}

function judgeGreeting(
  dialler: Dialler,
  walk: StageWalk,
  target: ConnectionTarget,
  login: LoginFacts,
  fault: unknown,
): Promise<Verdict> {
  return judgeGreetingFault(
    fault,
    'postgres',
    (one) => judgePostgresFault(one, 'handshake', login),
    () => identifyService(dialler, target, walk.stageMs / 3, walk.signal),
  );
}

/**
 * Whether the server that will not have us in plain text would over TLS. Its refusal has the same code either way and
 * says the difference in the server's language only. Sends the user and database names again and nothing else.
 */
async function isAdmittedOverTls(
  { dialler, clock }: SessionOptions,
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
  try {
    if (!(await requestTls(dialled.socket, signal))) return false;
    const settings = { ...target.tls, mode: 'prefer' } as const;
    const tls = await startTls(dialled.socket, target.host, settings, clock.nowMs(), signal);
    if (!tls.ok) return false;
    const trust = { isVerified: false, isLoopback: dialled.isLoopback };
    const session = await startSession(tls.socket, trust, { ...target, password: null });
    signal.addEventListener('abort', () => tls.socket.destroy(), { once: true });
    await session.greeted;
    return true;
  } catch {
    return false;
  } finally {
    limited.stop();
    dialled.socket.destroy();
  }
}

function versionOf(session: Session): string | null {
  const version = session.version();
  return version === null ? null : `PostgreSQL ${version}`;
}
