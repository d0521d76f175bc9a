/** What a probe went through → the report everybody gets: every stage in order, worded from the reason table. @module */
import type { ConnectionReport, Engine, Stage, StageRow } from './model.js';
import { stages } from './model.js';
import type { ProbeStep } from './ports.js';
import { reasons } from './reasons.js';

export interface ProbeOutcome {
  readonly engine: Engine | null;
  readonly serverVersion: string | null;
  readonly steps: readonly ProbeStep[];
  readonly totalMs: number;
}

/** The first failed stage in the order of stages is the verdict; what comes after it was not tried. */
export function buildReport({ engine, serverVersion, steps, totalMs }: ProbeOutcome): ConnectionReport {
  const rows: StageRow[] = [];
  let failure: StageRow | null = null;
  for (const stage of stages) {
    const row: StageRow = failure === null ? rowOf(stage, steps) : skipped(stage, 'PRIOR_STAGE_FAILED');
    if (row.status === 'fail') failure = row;
    rows.push(row);
  }
  return {
    outcome: failure === null ? 'passed' : 'failed',
    engine,
    serverVersion,
    failure,
    stages: rows,
    totalMs: Math.round(totalMs),
  };
}

function rowOf(stage: Stage, steps: readonly ProbeStep[]): StageRow {
  const ofStage = steps.filter((step) => step.stage === stage);
  // A stage may fail after it was thought to be done: TLS 1.3 tells of a refused client certificate late.
  const step = ofStage.find((one) => one.status === 'fail') ?? ofStage.at(-1);
  if (step === undefined) return stage === 'input' ? inputPassed : skipped(stage, null);
  return rowOfStep(step);
}

/** A step in the words of the reason table. */
export function rowOfStep(step: ProbeStep): StageRow {
  const definition = step.reason === null ? null : reasons[step.reason];
  return {
    stage: step.stage,
    status: step.status,
    reason: step.reason,
    ms: step.ms,
    evidence: step.evidence,
    retryable: definition?.retryable ?? false,
    audience: definition?.audience ?? null,
    field: definition?.field ?? null,
    fix: definition?.fix ?? null,
  };
}

function skipped(stage: Stage, reason: 'PRIOR_STAGE_FAILED' | null): StageRow {
  return {
    stage,
    status: 'skip',
    reason,
    ms: 0,
    evidence: {},
    retryable: false,
    audience: null,
    field: null,
    fix: null,
  };
}

/** There would be no target else. */
const inputPassed: StageRow = { ...skipped('input', null), status: 'pass' };
