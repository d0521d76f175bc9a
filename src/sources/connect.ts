/**
 * The way to a subject, whatever is to be done there: which engine, its connector, and the report of how it went. What
 * is in the way before anything is dialled is a failed report, too.
 *
 * @module
 */
import type { SourceConnector } from './data-session.js';
import type { Room } from './deps.js';
import type { ConnectionReport, Engine } from './model.js';
import type { ProbeLimits, ProbeResult, ProbeStep } from './ports.js';
import type { ReachableSubject } from './reach-subject.js';
import type { Reason } from './reasons.js';
import { buildReport } from './report.js';

/** How an attempt ended. */
export interface Ended<V> {
  readonly report: ConnectionReport;
  /** `null` when the walk failed. */
  readonly value: V | null;
}

type ConnectDeps = Pick<Room, 'connectors' | 'detector'>;

const minLeftMs = 500;

/** The engine the caller named or the port means; `null` when only the listener could tell. */
export function supposedEngine(
  { connectors }: Pick<ConnectDeps, 'connectors'>,
  subject: ReachableSubject,
): Engine | null {
  const { engine, port } = subject.target;
  return engine ?? connectors.find((connector) => connector.wellKnownPorts.includes(port))?.engine ?? null;
}

/**
 * Finds the connector, asking the listener when nobody says which engine it is, and uses it.
 *
 * @param use  Gets what is left of the time.
 */
export async function connect<V>(
  deps: ConnectDeps,
  subject: ReachableSubject,
  limits: ProbeLimits,
  use: (
    connector: SourceConnector,
    limits: ProbeLimits,
  ) => Promise<{ readonly probe: ProbeResult; readonly value: V | null }>,
): Promise<Ended<V>> {
  const startedMs = performance.now();
  const spentMs = () => performance.now() - startedMs;
  const end = (engine: Engine | null, { steps, serverVersion }: ProbeResult, value: V | null): Ended<V> => ({
    report: buildReport({ engine, serverVersion, steps, totalMs: spentMs() }),
    value,
  });
  const { listener, ...unheard } = limits;
  let engine = supposedEngine(deps, subject);
  if (subject.fault !== null) return end(engine, failedAt('input', subject.fault), null);
  listener?.step(inputStep);
  if (engine === null) {
    // Its way there is walked again, and is told then.
    const detected = await deps.detector.detect(subject.target, unheard);
    engine = detected.engine;
    if (engine === null) return end(null, { steps: detected.steps, serverVersion: null }, null);
  }
  const connector = deps.connectors.find((one) => one.engine === engine);
  if (connector === undefined) return end(engine, failedAt('input', 'DRIVER_MISSING'), null);
  const leftMs = Math.max(limits.totalMs - spentMs(), minLeftMs);
  const { probe, value } = await use(connector, { ...limits, totalMs: leftMs });
  return end(connector.engine, probe, value);
}

/** The test alone, for whoever keeps its own law, limits and record. */
export async function testSubject(
  deps: ConnectDeps,
  subject: ReachableSubject,
  limits: ProbeLimits,
): Promise<ConnectionReport> {
  const { report } = await connect(deps, subject, limits, async (connector, left) => ({
    probe: await connector.probe(subject.target, left),
    value: null,
  }));
  return report;
}

const inputStep: ProbeStep = { stage: 'input', status: 'pass', reason: null, ms: 0, evidence: {} };

/** A walk that failed at one stage and has nothing else to tell. */
export function failedAt(stage: ProbeStep['stage'], reason: Reason, ms = 0): ProbeResult {
  return { steps: [{ stage, status: 'fail', reason, ms, evidence: {} }], serverVersion: null };
}
