/**
 * One scheduled check: tests the connection, moves the state of health on, and tells of a change in the transaction
 * that writes it.
 *
 * @module
 */
import type { AuditEvent } from '../../audit/index.js';
import { AppError } from '../../kernel/errors.js';
import { observeUnclassified } from '../attempt.js';
import { sourcesErrors } from '../errors.js';
import type { ConnectionReport } from '../model.js';
import type { Source, SourceHealth } from '../source.js';
import type { ScheduleDeps } from './deps.js';
import { nextCheckAtMs } from './next-check.js';
import { type CheckVerdict, nextHealth } from './next-health.js';
import { noticeOfChange } from './notice-of-change.js';

/**
 * @param claimed  As it was claimed: with the end of the lease as its next check.
 * @param signal   Aborted when the service stops; the check then counts for nothing and comes again at once.
 */
export async function checkSource(deps: ScheduleDeps, claimed: Source, signal: AbortSignal): Promise<void> {
  const { store, observer, clock } = deps;
  const startedMs = performance.now();
  const report = await deps.check(claimed, signal).catch((fault: unknown) => {
    if (signal.aborted || isGone(fault)) return null;
    throw fault;
  });
  if (report === null || signal.aborted) return giveBack(deps, claimed);
  observe(deps, report, performance.now() - startedMs);

  const changed = await store.transaction(async (tx) => {
    const source = await tx.findSource(claimed.id);
    if (source === null || !isStillOurs(source, claimed) || source.checkEveryMinutes === null) return null;
    const nowMs = clock.nowMs();
    const health = nextHealth(source.health, verdictOf(report), nowMs);
    const nextMs = nextCheckAtMs(nowMs, source.checkEveryMinutes, deps.ids);
    await tx.writeHealth(source.id, source.revision, health, nextMs);
    if (health.state === source.health.state) return null;
    await tx.appendAudit(healthEvent(source, health, nowMs));
    if (source.webhookUrl !== null) await tx.insertNotice(noticeOfChange(deps.ids, source, health, nowMs));
    return { from: source.health.state, to: health.state };
  });
  if (changed !== null) observer.healthChanged(changed);
}

/** What was found out about a target that is another now, or by a node whose lease is over, says nothing. */
function isStillOurs(now: Source, claimed: Source): boolean {
  return now.revision === claimed.revision && now.nextCheckAtMs === claimed.nextCheckAtMs;
}

async function giveBack({ store, clock }: ScheduleDeps, claimed: Source): Promise<void> {
  await store.transaction(async (tx) => {
    const source = await tx.findSource(claimed.id);
    if (source === null || !isStillOurs(source, claimed)) return;
    await tx.writeHealth(source.id, source.revision, source.health, clock.nowMs());
  });
}

function isGone(fault: unknown): boolean {
  return fault instanceof AppError && fault.code === sourcesErrors.not_found.code;
}

function verdictOf({ failure }: ConnectionReport): CheckVerdict {
  if (failure === null) return { passed: true };
  const { stage, reason, retryable } = failure;
  const isNamed = reason !== null && reason !== 'PRIOR_STAGE_FAILED';
  return { passed: false, stage, reason: isNamed ? reason : 'UNCLASSIFIED', mayPassByItself: retryable };
}

function observe({ observer }: ScheduleDeps, report: ConnectionReport, durationMs: number): void {
  const verdict = verdictOf(report);
  observer.connectionTested({
    kind: 'scheduled',
    engine: report.engine,
    outcome: report.outcome,
    stage: verdict.passed ? null : verdict.stage,
    reason: verdict.passed ? null : verdict.reason,
    durationMs,
  });
  observeUnclassified(observer, report);
}

function healthEvent(source: Source, health: SourceHealth, atMs: number): AuditEvent {
  return {
    name: 'source.health_changed',
    atMs,
    origin: { door: 'schedule', requestId: null, address: null },
    actorId: null,
    credential: null,
    organisationId: source.organisationId,
    subject: `source:${source.id}`,
    outcome: health.state === 'healthy' ? 'ok' : 'failed',
    reason: health.reason,
    facts: {
      name: source.name,
      engine: source.engine,
      from: source.health.state,
      to: health.state,
      ...(health.stage === null ? {} : { stage: health.stage }),
    },
  };
}
