/** Preflight of a PostgreSQL target: the walk to an open session, and on it the checks only the server can answer. @module */
import type { CheckName, ConnectionTarget, Connector, PreflightRequest, ProbeLimits } from '../../sources/index.js';
import { runSideBySide, statementMsOf } from '../side-by-side.js';
import { StageWalk, type Verdict } from '../stage-walk.js';
import type { SessionLimits } from './connect.js';
import { type OpenSession, openPostgresSession, type SessionOptions } from './open-session.js';
import { checkAccountState, checkConnectionHeadroom } from './preflight/account.js';
import { type PostgresCheck, UnexpectedAnswer } from './preflight/ask.js';
import { checkCatalogSize, checkCatalogViews } from './preflight/catalog.js';
import { checkEncodingAndClock } from './preflight/encoding-and-clock.js';
import { checkLeastPrivilege } from './preflight/least-privilege.js';
import { checkSampleRead, checkSchemaUsage } from './preflight/schemas.js';
import {
  checkReadOnlyState,
  checkReplicaLag,
  checkRoundTrip,
  checkServerVersion,
  checkStatementTimeout,
} from './preflight/server.js';
import { checkWritePrivileges } from './preflight/write-privileges.js';

const sessions = 3;
const limitsOfSession: SessionLimits = { maxSessionBytes: 16_777_216, maxMessageBytes: 262_144 };

type Named = readonly [CheckName, PostgresCheck];

/** Made first, while nothing else is asked and no other session of ours is there. */
const quietChecks: readonly Named[] = [
  ['roundTrip', checkRoundTrip],
  ['connectionHeadroom', checkConnectionHeadroom],
];

/** The longest first. */
const postgresChecks: readonly Named[] = [
  ['leastPrivilege', checkLeastPrivilege],
  ['sampleRead', checkSampleRead],
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
export async function preflightPostgres(
  options: SessionOptions,
  target: ConnectionTarget,
  request: PreflightRequest,
  limits: ProbeLimits,
): ReturnType<Connector['preflight']> {
  const walk = new StageWalk(limits);
  const everywhere = { ...options, isEveryAddressTried: true };
  const first = await openPostgresSession(everywhere, walk, target, limitsOfSession);
  if (first === null) return { probe: walk.result(), findings: [] };
  const answered = await walk.run('query', () => first.session.ask('SELECT 1'), first.judge('query'));
  if (!answered.ok) {
    if (walk.isEndedByTime) await first.cancel(walk.cleanupMs);
    first.session.close();
    return { probe: walk.result(), findings: [] };
  }
  walk.pass('query', answered.ms);
  const probe = walk.result();

  const statementMs = statementMsOf(walk, request);
  const bind = ([name, check]: Named) => ({
    name,
    run: ({ session }: OpenSession) => check({ session, request, clock: options.clock, statementMs }),
  });
  const findings = await runSideBySide<OpenSession>({
    walk,
    sessions,
    first,
    quietChecks: quietChecks.map(bind),
    checks: postgresChecks.map(bind),
    openAnother(signal) {
      const aside = new StageWalk({ totalMs: walk.leftMs, stageMs: walk.stageMs, signal });
      return openPostgresSession(options, aside, target, limitsOfSession);
    },
    judge: (fault) => judgeCheck(fault, first.judge('query')),
    async end({ session, cancel }, how) {
      if (how === 'busy') await cancel(walk.cleanupMs);
      session.close();
    },
  });
  return { probe, findings };
}

function judgeCheck(fault: unknown, judge: (fault: unknown) => Verdict): Verdict {
  if (fault instanceof UnexpectedAnswer) return { reason: 'QUERY_FAILED' };
  const verdict = judge(fault);
  const native = verdict.evidence?.['native'];
  // The server's limit for the check's statement or for waiting, which was ours.
  if (native === '57014' || native === '55P03') return { ...verdict, reason: 'STAGE_TIMEOUT' };
  // Our questions are of the catalogue: what is refused or not there is a part of it.
  if (native === '42501' || native === '42P01') return { ...verdict, reason: 'CATALOG_VIEW_MISSING' };
  return verdict;
}
