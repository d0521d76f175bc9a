/** From nothing to a MySQL or MariaDB session for data: the walk of a connection test, then what makes it sober. @module */
import type { ConnectionTarget, DataSession, ProbeLimits, ProbeResult, SessionLimits } from '../../sources/index.js';
import { StageWalk } from '../stage-walk.js';
import { killQuery } from './cancel.js';
import type { Session, SessionBudget } from './connect.js';
import { createMysqlFlavour } from './data-flavour.js';
import { MysqlDataSession } from './data-session.js';
import { judgeMysqlFault } from './errors.js';
import { type MysqlReach, walkToSession } from './walk-session.js';

/** One row is one packet; what bounds an answer is each statement's own budget. */
const dataBudget: SessionBudget = {
  sessionBytes: Number.MAX_SAFE_INTEGER,
  maxPacketBytes: 16_777_214,
  maxPackets: Number.POSITIVE_INFINITY,
};

/** What a lock held by somebody else may take, whatever the statement may. */
const maxLockSeconds = 50;

/** See the port for the contract. @param reach  `mayReturn`: whether RETURNING is used where the server has it. */
export async function openMysqlData(
  reach: MysqlReach & { readonly mayReturn: boolean },
  target: ConnectionTarget,
  limits: ProbeLimits & SessionLimits,
): Promise<{ readonly probe: ProbeResult; readonly session: DataSession | null }> {
  const walk = new StageWalk(limits);
  const session = await walkToSession(reach, walk, target, { budget: dataBudget });
  if (session === null) return { probe: walk.result(), session: null };
  const sober = await walk.run(
    'query',
    () => makeSober(session, limits.statementMs),
    (fault) => judgeMysqlFault(fault, 'query'),
  );
  if (!sober.ok) {
    if (walk.isEndedByTime) await killQuery(reach, target, session.threadId, walk.cleanupMs);
    session.close();
    return { probe: walk.result(), session: null };
  }
  const { isMariadb, hasInsertReturning } = sober.value;
  const facts = {
    hasInsertReturning: hasInsertReturning && reach.mayReturn,
    hasDeleteReturning: isMariadb && reach.mayReturn,
  };
  const data = new MysqlDataSession(session, {
    flavour: createMysqlFlavour(facts),
    convertingFlavour: createMysqlFlavour({ ...facts, isConverting: true }),
    isMariadb,
    mayWrite: limits.purpose === 'read_write',
    kill: (limitMs) => killQuery(reach, target, session.threadId, limitMs),
  });
  return { probe: walk.result(), session: data };
}

/**
 * A session whose answers are the same whatever the server's defaults and its `init_connect` are. READ COMMITTED, as
 * on the other engines: a write sees rows as they are when it gets to them. What is not in a transaction writes nothing.
 */
async function makeSober(
  session: Session,
  statementMs: number,
): Promise<{ readonly isMariadb: boolean; readonly hasInsertReturning: boolean }> {
  const limits = { signal: new AbortController().signal, maxRows: 1 };
  const [row] = await session.rows('SELECT VERSION()', [], limits);
  const version = row?.[0] ?? '';
  const isMariadb = /mariadb/i.test(version);
  const [, major = '0', minor = '0'] = /^(?:5\.5\.5-)?(\d+)\.(\d+)/.exec(version) ?? [];
  const lockSeconds = Math.max(1, Math.min(maxLockSeconds, Math.ceil(statementMs / 1_000)));
  await session.ask('SET NAMES utf8mb4');
  await session.ask(
    `SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
     time_zone = '+00:00', autocommit = 1, completion_type = 0, div_precision_increment = 12, sql_safe_updates = 0,
     sql_select_limit = 18446744073709551615, sql_auto_is_null = 0, lock_wait_timeout = ${lockSeconds},
     innodb_lock_wait_timeout = ${lockSeconds}`,
  );
  await session.ask('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY');
  const hasInsertReturning = isMariadb && (Number(major) > 10 || (Number(major) === 10 && Number(minor) >= 5));
  return { isMariadb, hasInsertReturning };
}
