/** A connection test that is watched: stages as they end, then the verdict. @module */
import { useCallback, useEffect, useRef, useState } from 'react';
import { lines, type Problem, problemOf } from '../../api/client';
import type { StageRow, Verdict } from './stage-words';

interface State {
  readonly isRunning: boolean;
  readonly rows: readonly StageRow[];
  readonly verdict: Verdict | null;
  readonly problem: Problem | null;
}

export interface LiveTest extends State {
  /** Resolves with what was found; `null` where the test was refused, or given up for another. */
  start(path: string, body?: unknown): Promise<Verdict | null>;
  reset(): void;
}

const nothing: State = { isRunning: false, rows: [], verdict: null, problem: null };

type Line = { readonly stage?: StageRow; readonly report?: Verdict };

export function useLiveTest(): LiveTest {
  const [state, setState] = useState<State>(nothing);
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
    let verdict: Verdict | null = null;
    try {
      for await (const said of lines(path, { method: 'POST', body, signal: control.signal })) {
        const { stage, report } = said as Line;
        if (control.signal.aborted) return null;
        if (stage !== undefined) {
          setState((before) => ({
            ...before,
            rows: [...before.rows.filter((row) => row.stage !== stage.stage), stage],
          }));
        }
        if (report !== undefined) verdict = report;
      }
    } catch (thrown) {
      if (!control.signal.aborted) setState((before) => ({ ...before, isRunning: false, problem: problemOf(thrown) }));
      return null;
    }
    if (control.signal.aborted) return null;
    const found = verdict;
    // The report counts: what was told on the way may have been told otherwise since.
    setState((before) => ({
      isRunning: false,
      rows: found?.stages ?? before.rows,
      verdict: found,
      problem: found === null ? problemOf(null) : null,
    }));
    return found;
  }, []);

  return { ...state, start, reset };
}
