/**
 * Can we reach it, is it who it should be, does it let us in, does it answer: a report, not an exception. Asks the law
 * first, bounds how many run at once and how long, and records every test before it answers.
 *
 * @module
 */
import { authorize, type Principal } from '../access/index.js';
import type { AuditEvent, AuditOrigin, AuditStore } from '../audit/index.js';
import type { Clock } from '../kernel/clock.js';
import { sourcesErrors } from './errors.js';
import type { ConnectionReport, ConnectionTarget, Engine } from './model.js';
import type { Connector, EngineDetector, ProbeLimits, ProbeStep } from './ports.js';
import { buildReport } from './report.js';

export interface TestConnectionDeps {
  readonly connectors: readonly Connector[];
  readonly detector: EngineDetector;
  readonly audit: Pick<AuditStore, 'append'>;
  readonly clock: Clock;
  readonly slots: TestSlots;
}

export interface TestConnectionInput {
  readonly principal: Principal;
  readonly target: ConnectionTarget;
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
  readonly origin: AuditOrigin;
}

/** How many tests run now, in all and per caller. */
export interface TestSlots {
  /** @returns `null` when there is no room; else what gives the place back. */
  take(caller: string): (() => void) | null;
}

const defaultTimeoutMs = 10_000;
const minTimeoutMs = 1_000;
const maxTimeoutMs = 30_000;
const stageMs = 3_000;

/** See `use-cases.ts` for the contract. */
export async function testConnection(deps: TestConnectionDeps, input: TestConnectionInput): Promise<ConnectionReport> {
  const { principal, target, signal } = input;
  authorize(principal, 'connections.test');
  const release = deps.slots.take(principal.userId ?? principal.credential.kind);
  if (release === null) throw sourcesErrors.too_many_tests({ details: { retryAfterSeconds: 2 } });
  try {
    const asked = input.timeoutMs ?? defaultTimeoutMs;
    const totalMs = Math.min(Math.max(Number.isFinite(asked) ? asked : defaultTimeoutMs, minTimeoutMs), maxTimeoutMs);
    const report = await probe(deps, target, { totalMs, stageMs, signal }).catch(async (fault: unknown) => {
      await deps.audit.append([describeTest(deps.clock.nowMs(), input, null, 'INTERNAL')]);
      throw fault;
    });
    const reason = signal.aborted ? 'CANCELLED' : (report.failure?.reason ?? null);
    // Before the answer, so that no test that told somebody something goes unrecorded.
    await deps.audit.append([describeTest(deps.clock.nowMs(), input, report, reason)]);
    if (signal.aborted) throw sourcesErrors.cancelled();
    return report;
  } finally {
    release();
  }
}

async function probe(
  { connectors, detector }: TestConnectionDeps,
  target: ConnectionTarget,
  limits: ProbeLimits,
): Promise<ConnectionReport> {
  const startedMs = performance.now();
  const spent = () => performance.now() - startedMs;
  const byPort = connectors.find((connector) => connector.wellKnownPorts.includes(target.port))?.engine;
  let engine: Engine | null = target.engine ?? byPort ?? null;
  let asked: readonly ProbeStep[] = [];
  if (engine === null) {
    const detected = await detector.detect(target, limits);
    engine = detected.engine;
    asked = detected.steps;
  }
  const connector = connectors.find((one) => one.engine === engine);
  if (connector === undefined) return buildReport({ engine, serverVersion: null, steps: asked, totalMs: spent() });
  const left = { ...limits, totalMs: Math.max(limits.totalMs - spent(), minTimeoutMs / 2) };
  const { steps, serverVersion } = await connector.probe(target, left);
  return buildReport({ engine: connector.engine, serverVersion, steps, totalMs: spent() });
}

function describeTest(
  atMs: number,
  { principal, target, origin }: TestConnectionInput,
  report: ConnectionReport | null,
  reason: string | null,
): AuditEvent {
  const { userId, organisationId, credential } = principal;
  const place =
    target.engine === 'sqlite' ? `sqlite:${target.database.slice(0, maxSubjectCharacters)}` : placeOf(target);
  return {
    name: 'connection.tested',
    atMs,
    origin,
    actorId: userId,
    credential: { kind: credential.kind, id: credential.id },
    organisationId,
    subject: `target:${place}`,
    outcome: reason === null ? 'ok' : reason === 'TARGET_NOT_ALLOWED' ? 'refused' : 'failed',
    reason,
    facts: {
      engine: report?.engine ?? target.engine ?? 'unknown',
      ...(report?.failure == null ? {} : { stage: report.failure.stage }),
      totalMs: report?.totalMs ?? 0,
    },
  };
}

const maxSubjectCharacters = 200;

function placeOf({ host, port }: ConnectionTarget): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** @param limits  Tests at once: in all, and of one caller. */
export function createTestSlots(limits: { readonly inAll: number; readonly perCaller: number }): TestSlots {
  const running = new Map<string, number>();
  let inAll = 0;
  return {
    take(caller) {
      const ofCaller = running.get(caller) ?? 0;
      if (inAll >= limits.inAll || ofCaller >= limits.perCaller) return null;
      inAll += 1;
      running.set(caller, ofCaller + 1);
      return () => {
        inAll -= 1;
        const left = (running.get(caller) ?? 1) - 1;
        if (left === 0) running.delete(caller);
        else running.set(caller, left);
      };
    },
  };
}
