/** A PostgreSQL connection test: the walk to an open session, and the answer to one question. @module */
import type { ConnectionTarget, ProbeLimits, ProbeResult } from '../../sources/index.js';
import { StageWalk } from '../stage-walk.js';
import type { Session } from './connect.js';
import { openPostgresSession, type SessionOptions } from './open-session.js';
import type { Row } from './question.js';

export interface PostgresProbeOptions extends SessionOptions {
  /** The one question asked. */
  readonly question: string;
}

/** Trivial, and tells a pooler from the server: it gives out process numbers of its own. */
export const usualQuestion = 'SELECT pg_catalog.pg_backend_pid()';

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
    const answered = await walk.run('query', () => open.session.rows(options.question), open.judge('query'));
    if (answered.ok)
      walk.pass(
        'query',
        answered.ms,
        options.question === usualQuestion && isPooled(open.session, answered.value) ? { pooled: true } : {},
      );
    return walk.result();
  } finally {
    if (walk.isEndedByTime) await open.cancel(walk.cleanupMs);
    open.session.close();
  }
}

function isPooled(session: Session, [row]: readonly Row[]): boolean {
  const key = session.cancelKey();
  return key !== null && row?.[0] !== String(key.processId);
}
