/** From nothing to a PostgreSQL session for data: the walk of a connection test, then what makes the session sober. @module */
import type { ConnectionTarget, DataSession, ProbeLimits, ProbeResult, SessionLimits } from '../../sources/index.js';
import { StageWalk } from '../stage-walk.js';
import type { SessionLimits as WireLimits } from './connect.js';
import { createPostgresFlavour } from './data-flavour.js';
import { PostgresDataSession } from './data-session.js';
import { soberSettings } from './data-statements.js';
import { type OpenSession, openPostgresSession, type SessionOptions } from './open-session.js';

/** One row may be as long as a message; what bounds an answer is each statement's own budget. */
const dataLimits: WireLimits = { maxSessionBytes: Number.MAX_SAFE_INTEGER, maxMessageBytes: 16_777_216 };

/** What was compiled for one session is good for another. */
const flavours = {
  loose: createPostgresFlavour({ hasLooseCollations: true }),
  strict: createPostgresFlavour({ hasLooseCollations: false }),
} as const;

/** See the port for the contract. */
export async function openPostgresData(
  options: SessionOptions,
  target: ConnectionTarget,
  limits: ProbeLimits & SessionLimits,
): Promise<{ readonly probe: ProbeResult; readonly session: DataSession | null }> {
  const walk = new StageWalk(limits);
  const open = await openPostgresSession(options, walk, target, dataLimits);
  if (open === null) return { probe: walk.result(), session: null };
  const begun = await walk.run('query', () => makeSober(open, limits.statementMs), open.judge('query'));
  if (!begun.ok) {
    if (walk.isEndedByTime) await open.cancel(walk.cleanupMs);
    open.session.close();
    return { probe: walk.result(), session: null };
  }
  walk.pass('query', begun.ms);
  const { isPooled, hasLooseCollations } = begun.value;
  const session = new PostgresDataSession(open, {
    flavour: hasLooseCollations ? flavours.loose : flavours.strict,
    isPooled,
    mayWrite: limits.purpose === 'read_write',
    statementMs: limits.statementMs,
  });
  return { probe: walk.result(), session };
}

/**
 * Learns who answers. A pooler gives out process numbers of its own: behind one, nothing is set that would stay with a
 * session of the server that somebody else gets next.
 */
async function makeSober(
  { session }: OpenSession,
  statementMs: number,
): Promise<{ readonly isPooled: boolean; readonly hasLooseCollations: boolean }> {
  const major = Number.parseInt(session.version() ?? '', 10);
  const loose = major >= 12 ? 'EXISTS (SELECT FROM pg_catalog.pg_collation WHERE NOT collisdeterministic)' : 'false';
  const [row] = await session.rows(`SELECT pg_catalog.pg_backend_pid(), ${loose}`);
  const key = session.cancelKey();
  const isPooled = key === null || row?.[0] !== String(key.processId);
  if (!isPooled) {
    const { sql, values } = soberSettings(statementMs, false);
    await session.rows(sql, values);
  }
  return { isPooled, hasLooseCollations: row?.[1] === 't' };
}
