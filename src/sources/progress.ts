/**
 * Tells a caller who may see the report what of it is there already. Rows are told in the words of the report, and what
 * was told otherwise, or not at all, is told once more when the report is there.
 *
 * @module
 */
import type { CheckRow } from './checks.js';
import type { StageRow } from './model.js';
import type { ProbeListener } from './ports.js';
import { checkRow } from './preflight-rows.js';
import { rowOfStep } from './report.js';

export interface Progress extends ProbeListener {
  /** The stages of the report: nothing more is heard of them after this. */
  settleStages(rows: readonly StageRow[]): void;
  /** The same of the checks. */
  settleChecks(rows: readonly CheckRow[]): void;
}

/** @returns `null` when nobody listens. */
export function createProgress({
  onStage,
  onCheck,
}: {
  readonly onStage: ((row: StageRow) => void) | undefined;
  readonly onCheck: ((row: CheckRow) => void) | undefined;
}): Progress | null {
  if (onStage === undefined && onCheck === undefined) return null;
  const stages = createTeller<StageRow>((row) => row.stage, onStage);
  const checks = createTeller<CheckRow>((row) => row.check, onCheck);
  return {
    step(step) {
      // The verdict of the attempt: told when it is recorded.
      if (step.status !== 'fail') stages.tell(rowOfStep(step));
    },
    finding: (finding) => checks.tell(checkRow(finding)),
    settleStages: stages.settle,
    settleChecks: checks.settle,
  };
}

function createTeller<Row extends object>(nameOf: (row: Row) => string, onRow: ((row: Row) => void) | undefined) {
  const told = new Map<string, string>();
  let isSettled = false;
  const tell = (row: Row) => {
    if (onRow === undefined || isSettled) return;
    const text = JSON.stringify(row);
    if (told.get(nameOf(row)) === text) return;
    told.set(nameOf(row), text);
    onRow(row);
  };
  return {
    tell,
    settle(rows: readonly Row[]): void {
      for (const row of rows) tell(row);
      isSettled = true;
    },
  };
}
