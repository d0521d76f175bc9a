/**
 * Answers that tell a plain caller nothing about the network between: what every failure looks like, and when it is
 * told. See docs/decisions, "even answers".
 *
 * @module
 */
import { sourcesErrors } from './errors.js';
import type { ConnectionReport, ConnectionTarget, Engine } from './model.js';
import type { ToldReport } from './use-cases.js';

/** When every failure is told, counted from the start, unless a shorter time was asked for. */
export const failureToldAfterMs = 5_000;
/** What passed is told on the next of these steps. */
const stepMs = 250;
/** Kept at the end for stopping the work and for writing the record. */
export const settleMs = 500;

/**
 * What of a report a plain caller is told. A failure carries only what the caller said itself.
 *
 * @param supposed  The engine the caller named, or its port means.
 */
export function evenReport(report: ConnectionReport, supposed: Engine | null): ToldReport {
  if (report.outcome === 'passed') return { detail: 'outcome', outcome: 'passed', engine: report.engine };
  const isPolicy = report.failure?.reason === 'TARGET_NOT_ALLOWED';
  return { detail: 'outcome', outcome: isPolicy ? 'policy' : 'failed', engine: supposed };
}

/**
 * Waits until an answer is due: a failure at its fixed moment, a pass on the next step. Work that ended after the moment
 * all the same is told on the next step, too. Costs a timer only.
 *
 * @param startedMs  Of `performance.now()`.
 * @throws `sources.cancelled` when the caller goes away meanwhile.
 */
export async function waitUntilDue(
  startedMs: number,
  due: { readonly failedAfterMs: number } | 'passed',
  signal: AbortSignal,
): Promise<void> {
  const spentMs = performance.now() - startedMs;
  const nextStepMs = Math.ceil(spentMs / stepMs) * stepMs;
  const dueMs = due === 'passed' || spentMs > due.failedAfterMs ? nextStepMs : due.failedAfterMs;
  if (signal.aborted) throw sourcesErrors.cancelled();
  await new Promise<void>((resolve, reject) => {
    const leave = () => {
      clearTimeout(timer);
      reject(sourcesErrors.cancelled());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', leave);
      resolve();
    }, dueMs - spentMs);
    signal.addEventListener('abort', leave, { once: true });
  });
}

/** What a plain caller's budget is counted by. */
export function placeOf({ engine, host, port, database }: ConnectionTarget): string {
  if (engine === 'sqlite' || engine === 'duckdb') return `${engine}:${database}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
