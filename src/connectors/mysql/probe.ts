/** A connection test of MySQL or MariaDB: the walk, and nothing more. @module */
import type { ConnectionTarget, ProbeLimits, ProbeResult } from '../../sources/index.js';
import { StageWalk } from '../stage-walk.js';
import { type MysqlReach, walkToSession } from './walk-session.js';

/** Walks the stages; see the port for the contract. */
export async function probeMysql(
  reach: MysqlReach,
  target: ConnectionTarget,
  limits: ProbeLimits,
): Promise<ProbeResult> {
  const walk = new StageWalk(limits);
  const session = await walkToSession(reach, walk, target);
  session?.close();
  return walk.result();
}
