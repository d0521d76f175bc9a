/** Preflight of MySQL or MariaDB: the walk to an open session, and on it the checks only the server can answer. @module */
import type { CheckName, ConnectionTarget, Connector, PreflightRequest, ProbeLimits } from '../../../sources/index.js';
import { runSideBySide, statementMsOf } from '../../side-by-side.js';
import { StageWalk, type Verdict } from '../../stage-walk.js';
import { killQuery } from '../cancel.js';
import type { Flavour } from '../catalog/questions.js';
import type { Session, SessionBudget } from '../connect.js';
import { judgeMysqlFault } from '../errors.js';
import { openAgain } from '../open-session.js';
import { soberSession } from '../sober-session.js';
import { type MysqlReach, walkToSession } from '../walk-session.js';
import { checkAccountState, checkConnectionHeadroom } from './account.js';
import { type MysqlCheck, type SharedFacts, UnexpectedAnswer } from './ask.js';
import { checkCatalogSize, checkCatalogViews } from './catalog.js';
import { checkEncodingAndClock } from './encoding-and-clock.js';
import { checkLeastPrivilege } from './least-privilege.js';
import { checkSampleRead, checkSchemaUsage, checkWritePrivileges } from './schemas.js';
import {
  checkReadOnlyState,
  checkReplicaLag,
  checkRoundTrip,
  checkServerVersion,
  checkStatementTimeout,
} from './server.js';

const sessions = 3;
const budget: SessionBudget = { sessionBytes: 16_777_216, maxPacketBytes: 1_048_576, maxPackets: 200_000 };

type Named = readonly [CheckName, MysqlCheck];

/** Made first, while nothing else is asked and no other session of ours is there. */
const quietChecks: readonly Named[] = [
  ['roundTrip', checkRoundTrip],
  ['connectionHeadroom', checkConnectionHeadroom],
];

/** The longest first. */
const otherChecks: readonly Named[] = [
  ['sampleRead', checkSampleRead],
  ['leastPrivilege', checkLeastPrivilege],
  ['schemaUsage', checkSchemaUsage],
  ['serverVersion', checkServerVersion],
  ['accountState', checkAccountState],
  ['writePrivileges', checkWritePrivileges],
  ['readOnlyState', checkReadOnlyState],
  ['encodingAndClock', checkEncodingAndClock],
  ['catalogSize', checkCatalogSize],
  ['catalogViews', checkCatalogViews],
  ['statementTimeout', checkStatementTimeout],
  ['replicaLag', checkReplicaLag],
];

/** See the port for the contract. */
export async function preflightMysql(
  reach: MysqlReach,
  target: ConnectionTarget,
  request: PreflightRequest,
  limits: ProbeLimits,
): ReturnType<Connector['preflight']> {
  const walk = new StageWalk(limits);
  const first = await walkToSession(reach, walk, target, { budget, isEveryAddressTried: true });
  if (first === null) return { probe: walk.result(), findings: [] };
  const flavour: Flavour = /^MariaDB/.test(walk.result().serverVersion ?? '') ? 'mariadb' : 'mysql';
  const statementMs = statementMsOf(walk, request);
  const sober = (session: Session) => soberSession(session, flavour === 'mariadb', statementMs);
  const prepared = await walk.run(
    'query',
    () => sober(first),
    (fault) => judgeMysqlFault(fault, 'query'),
  );
  if (!prepared.ok) {
    if (walk.isEndedByTime) await killQuery(reach, target, [first.threadId], walk.cleanupMs);
    first.close();
    return { probe: walk.result(), findings: [] };
  }
  const probe = walk.result();
  const facts: SharedFacts = { privileges: null, schemas: null };
  const { signal } = limits;
  const bind = ([name, check]: Named) => ({
    name,
    run: (session: Session) => check({ session, request, clock: reach.clock, flavour, statementMs, signal, facts }),
  });
  const findings = await runSideBySide<Session>({
    walk,
    sessions,
    first,
    quietChecks: quietChecks.map(bind),
    checks: otherChecks.map(bind),
    async openAnother(aborting) {
      const session = await openAgain(reach, target, { stageMs: walk.stageMs, signal: aborting }, { budget });
      if (session === null) return null;
      try {
        await sober(session);
        return session;
      } catch {
        session.close();
        return null;
      }
    },
    judge: judgeCheck,
    async end(session, how) {
      if (how === 'busy') await killQuery(reach, target, [session.threadId], walk.cleanupMs);
      session.close();
    },
  });
  return { probe, findings };
}

function judgeCheck(fault: unknown): Verdict {
  if (fault instanceof UnexpectedAnswer) return { reason: 'QUERY_FAILED' };
  const verdict = judgeMysqlFault(fault, 'query');
  // The server's limit for the check's statement, which was ours.
  if (verdict.reason === 'QUERY_TIMEOUT') return { ...verdict, reason: 'STAGE_TIMEOUT' };
  // What no table of reasons knows is a refusal all the same.
  return verdict.reason === 'UNCLASSIFIED' ? { ...verdict, reason: 'QUERY_FAILED' } : verdict;
}
