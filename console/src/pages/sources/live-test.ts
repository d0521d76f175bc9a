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
  /** Resolves when it is over: with what was found, with why it was refused, or with neither when it was given up. */
  start(path: string, body?: unknown): Promise<Ended<Report>>;
  reset(): void;
}

export interface Ended<Report> {
  readonly report: Report | null;
  readonly problem: Problem | null;
}

const givenUp = { report: null, problem: null } as const;

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

  const start = useCallback(async (path: string, body?: unknown): Promise<Ended<Report>> => {
    running.current?.abort();
    const control = new AbortController();
    running.current = control;
    setState({ ...nothing, isRunning: true });
    let found: Report | null = null;
    try {
      for await (const said of lines(path, { method: 'POST', body, signal: control.signal })) {
        if (control.signal.aborted) return givenUp;
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
      if (control.signal.aborted) return givenUp;
      const problem = problemOf(thrown);
      setState((was) => ({ ...was, isRunning: false, problem }));
      return { report: null, problem };
    }
    if (control.signal.aborted) return givenUp;
    const ended = { report: found, problem: found === null ? problemOf(null) : null };
    setState((was) => ({ ...was, ...ended, isRunning: false }));
    return ended;
  }, []);

  return { ...state, start, reset };
}

export interface LiveTest {
  readonly isRunning: boolean;
  readonly rows: readonly StageRow[];
  readonly verdict: Verdict | null;
  readonly problem: Problem | null;
  start(path: string, body?: unknown): Promise<Ended<Verdict>>;
  reset(): void;
}

export function useLiveTest(): LiveTest {
  const { isRunning, stages, report, problem, start, reset } = useLiveRun<Verdict>();
  return { isRunning, rows: report?.stages ?? stages, verdict: report, problem, start, reset };
}

export interface LivePreflight extends Pick<LiveTest, 'isRunning' | 'problem' | 'rows' | 'verdict'> {
  readonly checks: readonly CheckRow[];
  readonly report: Preflight | null;
  start(path: string, body?: unknown): Promise<Ended<Preflight>>;
}

export function useLivePreflight(): LivePreflight {
  const { isRunning, stages, checks, report, problem, start } = useLiveRun<Preflight>();
  return {
    ...{ isRunning, problem, report, start },
    ...{ rows: report?.connection.stages ?? stages, verdict: report?.connection ?? null },
    checks: report?.checks ?? checks,
  };
}
