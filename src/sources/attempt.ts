/**
 * What every attempt at a database goes through, whichever verb asked for it: the law, the budgets, a place among
 * those that run, a deadline, the record before the answer, and the moment at which the answer may be given.
 *
 * @module
 */
import { type Action, isAllowed } from '../access/index.js';
import type { AuditEvent } from '../audit/index.js';
import type { CheckRow } from './checks.js';
import { type Ended, failedAt, supposedEngine } from './connect.js';
import type { ConnectionLease } from './connection-leases.js';
import type { Room } from './deps.js';
import { sourcesErrors } from './errors.js';
import { evenReport, failureToldAfterMs, placeOf, settleMs, waitUntilDue } from './even-answer.js';
import type { ConnectionReport, StageRow } from './model.js';
import type { ProbeLimits, SourcesObserver } from './ports.js';
import { createProgress, type Progress } from './progress.js';
import { type ReachableSubject, reachSubject } from './reach-subject.js';
import { buildReport } from './report.js';
import type { TestSlot } from './test-slots.js';
import type { Actor, Subject, ToldReport } from './use-cases.js';

export type AttemptKind = 'test' | 'preflight' | 'metadata';

export interface AttemptInput extends Actor {
  readonly subject: Subject;
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
  readonly onStage?: (row: StageRow) => void;
  readonly onCheck?: (row: CheckRow) => void;
}

/** An attempt that was admitted. Whoever has one runs it, or gives its slot back. */
export interface Attempt {
  readonly kind: AttemptKind;
  readonly actor: Actor;
  readonly subject: ReachableSubject;
  /** Set for a caller who is told nothing about the network between: when a failure is told, after the start. */
  readonly failedAfterMs: number | null;
  /** Of `performance.now()`. */
  readonly startedMs: number;
  /** Of the way there; for a plain caller shorter than was asked for. */
  readonly limits: ProbeLimits;
  /** Wall time the caller asked for, milliseconds. */
  readonly askedMs: number;
  /** It may use at once. */
  readonly connections: number;
  readonly slot: TestSlot;
  /** `null` where nobody may be told anything before the whole, or nobody wants to. */
  readonly progress: Progress | null;
}

export type AuditFacts = AuditEvent['facts'];

const defaultTimeoutMs = 10_000;
const minTimeoutMs = 1_000;
const maxTimeoutMs = 30_000;
const maxConnections = 4;
const stageMs = 3_000;

/**
 * Asks the law and counts the attempt. Nothing is dialled yet.
 *
 * @param options.action         What a source has to allow; `sources.inspect` when absent.
 * @param options.timeIsOfWhole  Whether the time holds for what is done on the connection, too. A plain caller's failure
 *   is then told when the time that was asked for is up: it might come that late.
 * @throws `access.denied` · `sources.not_found` · `sources.too_many_tests` · `sources.probe_rate_limited`, recorded.
 */
export async function admitAttempt(
  room: Room,
  kind: AttemptKind,
  { principal, origin, subject: named, timeoutMs, signal, onStage, onCheck }: AttemptInput,
  options: { readonly action?: Action; readonly timeIsOfWhole?: boolean } = {},
): Promise<Attempt> {
  const startedMs = performance.now();
  const subject = await reachSubject(room, principal, named, options.action);
  const isPlain = subject.source === null && !isAllowed(principal, 'connections.diagnose');
  const caller = principal.userId ?? principal.credential.kind;
  const place = room.slots.take(caller);
  const lease = place === null ? null : leaseOf(room, kind, subject);
  if (place === null || lease === null) {
    if (place !== null) giveBack(place);
    throw sourcesErrors.too_many_tests({ details: { retryAfterSeconds: 2 } });
  }
  const slot: TestSlot = {
    workDone() {
      place.workDone();
      lease.release();
    },
    answered: place.answered,
  };
  try {
    if (isPlain) room.probes.spend(caller, placeOf(subject.target));
  } catch (refusal) {
    giveBack(slot);
    await room.recordProbeRefusal(caller, { principal, origin }, subjectOf(subject));
    throw refusal;
  }
  const asked = timeoutMs ?? (subject.source === null ? defaultTimeoutMs : subject.limits.connectMs);
  const totalMs = Math.min(Math.max(Number.isFinite(asked) ? asked : defaultTimeoutMs, minTimeoutMs), maxTimeoutMs);
  const isLongWanted = options.timeIsOfWhole === true && timeoutMs !== undefined;
  const failedAfterMs = isPlain ? (isLongWanted ? totalMs : Math.min(totalMs, failureToldAfterMs)) : null;
  const { connections } = lease;
  // Which stages pass, and when, is the very thing a plain caller is not told.
  const progress = isPlain ? null : createProgress({ onStage, onCheck });
  const limits = {
    ...{ totalMs: failedAfterMs === null ? totalMs : failedAfterMs - settleMs, stageMs, signal },
    ...(progress === null ? {} : { listener: progress }),
  };
  return {
    kind,
    actor: { principal, origin },
    subject,
    failedAfterMs,
    startedMs,
    limits,
    askedMs: totalMs,
    connections,
    slot,
    progress,
  };
}

export interface Plan<V> {
  /**
   * Ends within the limits.
   *
   * @param arrived  To be called when the way there has been walked and what follows has a time of its own.
   */
  readonly work: (limits: ProbeLimits, arrived: () => void) => Promise<Ended<V>>;
  /** Takes what came when nobody waits for it any more. */
  readonly discard?: (value: V) => void;
  readonly facts?: (ended: Ended<V>) => AuditFacts;
  readonly keepsOpen?: boolean;
}

/** One attempt uses at most four connections, a test only one; a bare target is nobody's to limit. */
function leaseOf(room: Room, kind: AttemptKind, { source, limits }: ReachableSubject): ConnectionLease | null {
  const wanted = kind === 'test' ? 1 : maxConnections;
  if (source === null) return { connections: wanted, release: () => undefined };
  return room.leases.take({ id: source.id, limit: limits.connections }, wanted);
}

/**
 * Does the work and records it before its answer. When it ends well and `keepsOpen` is set, record and slot are left
 * to the caller; in every other case both are settled here.
 *
 * @throws `sources.cancelled` when the caller went away; recorded all the same.
 */
export async function runAttempt<V>(room: Room, attempt: Attempt, plan: Plan<V>): Promise<Ended<V>> {
  const { slot, limits } = attempt;
  let open: V | null = null;
  let isLeftOpen = false;
  try {
    const ended = await workInTime(attempt, plan).catch(async (fault: unknown) => {
      await room.audit.append([describeAttempt(room, attempt, null, 'INTERNAL', {})]);
      await untilDue(attempt, 'failed');
      throw fault;
    });
    open = ended.value;
    observe(room.observer, attempt, ended.report);
    const isAborted = limits.signal.aborted;
    if (open === null || plan.keepsOpen !== true || isAborted) {
      const reason = isAborted ? 'CANCELLED' : (ended.report.failure?.reason ?? null);
      // Before the answer, so that no attempt that told somebody something goes unrecorded.
      await room.audit.append([describeAttempt(room, attempt, ended.report, reason, plan.facts?.(ended) ?? {})]);
    }
    if (isAborted) throw sourcesErrors.cancelled();
    await untilDue(attempt, ended.report.outcome);
    attempt.progress?.settleStages(ended.report.stages);
    isLeftOpen = open !== null && plan.keepsOpen === true;
    return ended;
  } finally {
    if (!isLeftOpen) {
      if (open !== null) plan.discard?.(open);
      giveBack(slot, open === null);
    }
  }
}

/** After its time a work that does not end is left alone. A plain caller's keeps to the moment of its answer. */
const overrunMs = 5_000;

/** Ends with the work or when the time kept for it is over, whatever the work still does. */
async function workInTime<V>(
  { slot, limits, failedAfterMs }: Attempt,
  plan: Pick<Plan<V>, 'work' | 'discard' | 'keepsOpen'>,
): Promise<Ended<V>> {
  const stop = new AbortController();
  const { signal } = stop;
  const leave = () => stop.abort(limits.signal.reason);
  // For as long as what is opened is used: the signal is the caller's own, and goes with the caller.
  limits.signal.addEventListener('abort', leave, { once: true });
  if (limits.signal.aborted) leave();
  let isLate = false;
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<Ended<V>>((resolve) => {
    const giveUp = () => {
      isLate = true;
      stop.abort();
      const { steps, serverVersion } = failedAt('query', 'TOTAL_TIMEOUT', limits.totalMs);
      resolve({ report: buildReport({ engine: null, serverVersion, steps, totalMs: limits.totalMs }), value: null });
    };
    timer = setTimeout(giveUp, limits.totalMs + (failedAfterMs === null ? overrunMs : settleMs / 2));
  });
  const working = plan
    .work({ ...limits, signal }, () => clearTimeout(timer))
    .then(
      (ended) => {
        if (isLate && ended.value !== null) plan.discard?.(ended.value);
        if (isLate || ended.value === null || plan.keepsOpen !== true) slot.workDone();
        return ended;
      },
      (fault: unknown) => {
        slot.workDone();
        throw fault;
      },
    );
  try {
    return await Promise.race([working, timeUp]);
  } finally {
    clearTimeout(timer);
    // Its end is taken care of above; a fault that comes late has nobody to be told to.
    if (isLate) working.catch(() => undefined);
  }
}

/** What the caller may see of a report. */
export function tell(room: Pick<Room, 'connectors'>, attempt: Attempt, report: ConnectionReport): ToldReport {
  if (attempt.failedAfterMs === null) return { detail: 'full', report };
  return evenReport(report, supposedEngine(room, attempt.subject));
}

/** @param mayStillWork  Whether the place among all is given back by somebody else, who knows when. */
export function giveBack(slot: TestSlot, mayStillWork = false): void {
  if (!mayStillWork) slot.workDone();
  slot.answered();
}

async function untilDue({ kind, failedAfterMs, startedMs, limits }: Attempt, outcome: 'passed' | 'failed') {
  if (failedAfterMs === null) return;
  if (outcome === 'failed') await waitUntilDue(startedMs, { failedAfterMs }, limits.signal);
  // Who came through a preflight or opened a catalogue holds working credentials; nothing is left to be hidden.
  else if (kind === 'test') await waitUntilDue(startedMs, 'passed', limits.signal);
}

function observe(observer: SourcesObserver, { kind, startedMs }: Attempt, report: ConnectionReport): void {
  const reason = report.failure?.reason ?? null;
  observer.connectionTested({
    kind,
    engine: report.engine,
    outcome: report.outcome,
    stage: report.failure?.stage ?? null,
    reason: reason === 'PRIOR_STAGE_FAILED' ? null : reason,
    durationMs: performance.now() - startedMs,
  });
  observeUnclassified(observer, report);
}

/** Counts what has no name here yet, so that it gets one. */
export function observeUnclassified(observer: SourcesObserver, { engine, stages }: ConnectionReport): void {
  for (const { stage, reason, evidence } of stages) {
    if (reason !== 'UNCLASSIFIED') continue;
    const native = String(evidence['native'] ?? 'none').replace(/[^ -~]/g, '');
    observer.unclassified({ engine, stage, native: native.slice(0, maxNativeCharacters) });
  }
}

const maxNativeCharacters = 48;
const maxSubjectCharacters = 200;

const recordedAs = {
  test: 'connection.tested',
  preflight: 'connection.preflighted',
  metadata: 'catalog.read',
} as const satisfies Record<AttemptKind, AuditEvent['name']>;

function subjectOf({ source, target }: ReachableSubject): string {
  return source === null ? `target:${placeOf(target).slice(0, maxSubjectCharacters)}` : `source:${source.id}`;
}

/** @param report  `null` when our own code failed. */
export function describeAttempt(
  { clock }: Pick<Room, 'clock'>,
  { kind, actor, subject, startedMs }: Attempt,
  report: ConnectionReport | null,
  reason: string | null,
  facts: AuditFacts,
): AuditEvent {
  const { userId, organisationId, credential } = actor.principal;
  return {
    name: recordedAs[kind],
    atMs: clock.nowMs(),
    origin: actor.origin,
    actorId: userId,
    credential: { kind: credential.kind, id: credential.id },
    organisationId,
    subject: subjectOf(subject),
    outcome: reason === null ? 'ok' : reason === 'TARGET_NOT_ALLOWED' ? 'refused' : 'failed',
    reason,
    facts: {
      engine: report?.engine ?? subject.target.engine ?? 'unknown',
      ...(report?.failure == null ? {} : { stage: report.failure.stage }),
      totalMs: Math.round(performance.now() - startedMs),
      ...facts,
    },
  };
}
