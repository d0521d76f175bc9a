/** A PostgreSQL connection test: the walk to an open session, and the answer to one question. @module */
import type { ConnectionTarget, ProbeLimits, ProbeResult } from '../../sources/index.js';
import { StageWalk } from '../stage-walk.js';
import { openPostgresSession, type SessionOptions } from './open-session.js';

export interface PostgresProbeOptions extends SessionOptions {
  /** The one question asked. */
  readonly question: string;
}

/** Walks the stages; see the port for the contract. */
export async function probePostgres(
  options: PostgresProbeOptions,
  target: ConnectionTarget,
  limits: ProbeLimits,
): Promise<ProbeResult> {
  const walk = new StageWalk(limits);
  const open = await openPostgresSession(options, walk, target);
  if (open === null) return walk.result();
  try {
    const answered = await walk.run('query', () => open.session.ask(options.question), open.judge('query'));
    if (answered.ok) walk.pass('query', answered.ms);
    return walk.result();
  } finally {
    if (walk.isEndedByTime) await open.cancel(walk.cleanupMs);
    open.session.close();
  }
}
