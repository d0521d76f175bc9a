/**
 * The state machine of health: what a check makes of a source. One bad moment must not raise an alarm, nor one good
 * one end it; but what nobody expects to pass by itself is told at once.
 *
 * | state    | passes                         | fails, may pass by itself        | fails for good |
 * |----------|--------------------------------|----------------------------------|----------------|
 * | unknown  | healthy                        | degraded                         | failing        |
 * | healthy  | healthy                        | degraded                         | failing        |
 * | degraded | healthy after 2 passes in a row | failing after 3 failures in a row | failing        |
 * | failing  | degraded                       | failing                          | failing        |
 *
 * "May pass by itself" is what the reason table calls retryable: a refused connection may, a refused password does not.
 *
 * @module
 */
import type { Stage } from '../model.js';
import type { Reason } from '../reasons.js';
import type { HealthState, SourceHealth } from '../source.js';

/** What one check says. */
export type CheckVerdict =
  | { readonly passed: true }
  | { readonly passed: false; readonly stage: Stage; readonly reason: Reason; readonly mayPassByItself: boolean };

const passesToHealthy = 2;
const failuresToFailing = 3;

/** Pure. @param nowMs  Milliseconds since the epoch. */
export function nextHealth(before: SourceHealth, verdict: CheckVerdict, nowMs: number): SourceHealth {
  const failuresInRow = verdict.passed ? 0 : before.failuresInRow + 1;
  const passesInRow = verdict.passed ? before.passesInRow + 1 : 0;
  const state = verdict.passed
    ? afterPass(before.state, passesInRow)
    : afterFailure(before.state, failuresInRow, verdict.mayPassByItself);
  return {
    state,
    sinceMs: state === before.state ? before.sinceMs : nowMs,
    checkedAtMs: nowMs,
    stage: verdict.passed ? null : verdict.stage,
    reason: verdict.passed ? null : verdict.reason,
    failuresInRow,
    passesInRow,
  };
}

function afterPass(state: HealthState, passesInRow: number): HealthState {
  if (state === 'failing') return 'degraded';
  if (state === 'degraded') return passesInRow >= passesToHealthy ? 'healthy' : 'degraded';
  return 'healthy';
}

function afterFailure(state: HealthState, failuresInRow: number, mayPassByItself: boolean): HealthState {
  if (state === 'failing' || !mayPassByItself) return 'failing';
  return state === 'degraded' && failuresInRow >= failuresToFailing ? 'failing' : 'degraded';
}
