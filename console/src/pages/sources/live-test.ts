/** Tests and preflights that are watched: stages and checks as they end, then the report. @module */
import { useCallback, useEffect, useRef, useState } from 'react';
import { lines, type Problem, problemOf } from '../../api/client';
import type { components } from '../../api/schema';
import type { StageRow, Verdict } from './stage-words';

export type CheckRow = components['schemas']['Check'];
export type Preflight = components['schemas']['Preflight'];

interface State<Report> {
  readonly isRunning: boolean;
  readonly stages: readonly StageRow[];
  readonly checks: readonly CheckRow[];
  readonly report: Report | null;
  readonly problem: Problem | null;
}

interface LiveRun<Report> extends State<Report> {
  /** Resolves with what was found; `null` where it was refused, or given up for another. */
  start(path: string, body?: unknown): Promise<Report | null>;
  reset(): void;
}

const nothing = { isRunning: false, stages: [], checks: [], report: null, problem: null } as const;

interface Line<Report> {
  readonly stage?: StageRow;
  readonly check?: CheckRow;
  readonly report?: Report;
}

function useLiveRun<Report>(): LiveRun<Report> {
  const [state, setState] = useState<State<Report>>(nothing);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const reset = useCallback(() => {
    running.current?.abort();
    running.current = null;
    setState(nothing);
  }, []);

  const start = useCallback(async (path: string, body?: unknown) => {
    running.current?.abort();
    const control = new AbortController();
    running.current = control;
    setState({ ...nothing, isRunning: true });
    let found: Report | null = null;
    try {
      for await (const said of lines(path, { method: 'POST', body, signal: control.signal })) {
        if (control.signal.aborted) return null;
        const { stage, check, report } = said as Line<Report>;
        // What was told on the way may be told once more, otherwise: the latest counts.
        if (stage !== undefined) {
          setState((was) => ({ ...was, stages: [...was.stages.filter((row) => row.stage !== stage.stage), stage] }));
        }
        if (check !== undefined) {
          setState((was) => ({ ...was, checks: [...was.checks.filter((row) => row.name !== check.name), check] }));
        }
        if (report !== undefined) found = report;
      }
    } catch (thrown) {
      if (!control.signal.aborted) setState((was) => ({ ...was, isRunning: false, problem: problemOf(thrown) }));
      return null;
    }
    if (control.signal.aborted) return null;
    const report = found;
    setState((was) => ({ ...was, isRunning: false, report, problem: report === null ? problemOf(null) : null }));
    return report;
  }, []);

  return { ...state, start, reset };
}

export interface LiveTest {
  readonly isRunning: boolean;
  readonly rows: readonly StageRow[];
  readonly verdict: Verdict | null;
  readonly problem: Problem | null;
  start(path: string, body?: unknown): Promise<Verdict | null>;
  reset(): void;
}

export function useLiveTest(): LiveTest {
  const { isRunning, stages, report, problem, start, reset } = useLiveRun<Verdict>();
  return { isRunning, rows: report?.stages ?? stages, verdict: report, problem, start, reset };
}

export interface LivePreflight extends Pick<LiveTest, 'isRunning' | 'problem' | 'rows' | 'verdict'> {
  readonly checks: readonly CheckRow[];
  readonly report: Preflight | null;
  start(path: string, body?: unknown): Promise<Preflight | null>;
}

export function useLivePreflight(): LivePreflight {
  const { isRunning, stages, checks, report, problem, start } = useLiveRun<Preflight>();
  return {
    ...{ isRunning, problem, report, start },
    ...{ rows: report?.connection.stages ?? stages, verdict: report?.connection ?? null },
    checks: report?.checks ?? checks,
  };
}
