/**
 * Opens a session with a source for data: the same way there as every verb of the room takes, with the credential
 * fetched at this moment. What went wrong is recorded; the caller learns only that it went wrong.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';
import { observeUnclassified } from '../attempt.js';
import { connect, type Ended, failedAt } from '../connect.js';
import type { DataSession } from '../data-session.js';
import type { Room } from '../deps.js';
import { sourcesErrors } from '../errors.js';
import type { ConnectionReport } from '../model.js';
import type { ProbeLimits } from '../ports.js';
import { targetOfSource } from '../reach-subject.js';
import { buildReport } from '../report.js';
import type { Source } from '../source.js';

export type DataRoom = Pick<
  Room,
  'audit' | 'clock' | 'connectors' | 'credentials' | 'detector' | 'leases' | 'observer' | 'store'
>;

const stageMs = 3_000;

/** After its time an opening that does not end is left alone. */
const overrunMs = 2_000;

export function limitsOf(source: Source, signal: AbortSignal): ProbeLimits {
  return { totalMs: source.limits.connectMs, stageMs, signal };
}

/**
 * @throws `sources.unreachable` recorded · `sources.not_queryable` · `sources.cancelled` · `sources.not_found` when the
 *   source is another since, or gone.
 */
export async function openSession(
  room: DataRoom,
  record: FailureRecorder,
  source: Source,
  signal: AbortSignal,
): Promise<DataSession> {
  const startedMs = performance.now();
  const subject = await targetOfSource(room, source);
  const open = () =>
    connect<DataSession>(room, subject, limitsOf(source, signal), async (connector, left) => {
      if (connector.openData === undefined) throw sourcesErrors.not_queryable();
      const { statementMs } = source.limits;
      const opened = await connector.openData(subject.target, { ...left, statementMs, purpose: source.purpose });
      return { probe: opened.probe, value: opened.session };
    });
  let { report, value: session } = await inTime(open(), source);
  // A file that somebody is writing, often another session of ours, is free again in a moment.
  while (report.failure?.reason === 'DATABASE_FILE_LOCKED' && !signal.aborted) {
    if (performance.now() - startedMs > source.limits.connectMs) break;
    await new Promise((resolve) => setTimeout(resolve, lockedPauseMs));
    ({ report, value: session } = await inTime(open(), source));
  }
  if (signal.aborted) {
    session?.close();
    throw sourcesErrors.cancelled();
  }
  observe(room, report, performance.now() - startedMs);
  if (session !== null) return session;
  await record(source, report);
  throw sourcesErrors.unreachable();
}

const lockedPauseMs = 25;

/** Ends with the opening or a while after its time; what comes later is closed. */
async function inTime(opening: Promise<Ended<DataSession>>, source: Source): Promise<Ended<DataSession>> {
  const { engine, limits } = source;
  let timer: NodeJS.Timeout | undefined;
  let isLate = false;
  const timeUp = new Promise<Ended<DataSession>>((resolve) => {
    timer = setTimeout(() => {
      isLate = true;
      const { steps, serverVersion } = failedAt('query', 'TOTAL_TIMEOUT', limits.connectMs);
      resolve({ report: buildReport({ engine, serverVersion, steps, totalMs: limits.connectMs }), value: null });
    }, limits.connectMs + overrunMs);
  });
  const closeLate = ({ value }: Ended<DataSession>) => {
    if (isLate) value?.close();
  };
  opening.then(closeLate, () => undefined);
  try {
    return await Promise.race([opening, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}

function observe({ observer }: DataRoom, report: ConnectionReport, durationMs: number): void {
  const { engine, outcome, failure } = report;
  const reason = failure?.reason ?? null;
  observer.connectionTested({
    kind: 'data',
    engine,
    outcome,
    stage: failure?.stage ?? null,
    reason: reason === 'PRIOR_STAGE_FAILED' ? null : reason,
    durationMs,
  });
  observeUnclassified(observer, report);
}

export type FailureRecorder = (source: Source, report: ConnectionReport) => Promise<void>;

const onceEveryMs = 60_000;
const maxRemembered = 10_000;

/** Whoever asks for data asks again: one line a minute for each source and reason is enough to be seen. */
export function createFailureRecorder({ audit, clock }: Pick<DataRoom, 'audit' | 'clock'>): FailureRecorder {
  const recorded = new LRUCache<string, number>({ max: maxRemembered });
  return async ({ id, revision, organisationId, name }, { engine, failure, totalMs }) => {
    const key = `${id} ${revision} ${failure?.stage} ${failure?.reason}`;
    const atMs = clock.nowMs();
    const lastAtMs = recorded.get(key);
    if (lastAtMs !== undefined && atMs - lastAtMs < onceEveryMs) return;
    recorded.set(key, atMs);
    await audit.append([
      {
        name: 'connection.tested',
        atMs,
        origin: { door: 'data', requestId: null, address: null },
        actorId: null,
        credential: null,
        organisationId,
        subject: `source:${id}`,
        outcome: failure?.reason === 'TARGET_NOT_ALLOWED' ? 'refused' : 'failed',
        reason: failure?.reason ?? 'UNCLASSIFIED',
        facts: { name, engine: engine ?? 'unknown', ...(failure === null ? {} : { stage: failure.stage }), totalMs },
      },
    ]);
  };
}
