/** What is typed into the form of a source, and what the server said is wrong with it, input by input. @module */
import { useCallback, useState } from 'react';
import type { Problem } from '../../api/problem';
import type { Faults } from './fields';
import { inputOf, type SourceDraft } from './source-draft';
import type { Verdict } from './stage-words';

export interface SourceForm {
  readonly draft: SourceDraft;
  readonly faults: Faults;
  /** Takes what was typed; the fault of that input is gone. */
  readonly change: (change: Partial<SourceDraft>, field: string) => void;
  readonly replace: (draft: SourceDraft) => void;
  readonly clearFaults: () => void;
  readonly markProblem: (problem: Problem) => void;
  readonly markVerdict: (verdict: Verdict | null) => void;
  /** Focuses the input a verdict names. */
  readonly showField: (form: HTMLElement | null, field: string) => void;
}

export function useForm(begin: () => SourceDraft): SourceForm {
  const [draft, setDraft] = useState(begin);
  const [faults, setFaults] = useState<Faults>({});

  const change = useCallback((made: Partial<SourceDraft>, field: string) => {
    setDraft((before) => ({ ...before, ...made }));
    setFaults(({ [field]: _gone, ...others }) => others);
  }, []);
  const replace = useCallback((next: SourceDraft) => {
    setDraft(next);
    setFaults({});
  }, []);
  const clearFaults = useCallback(() => setFaults({}), []);

  const { credentialKind } = draft;
  const markProblem = useCallback(
    (problem: Problem) => {
      const named = problem.errors.length > 0 ? problem.errors : [{ field: problem.field, fix: problem.fix }];
      const marked = named.flatMap(({ field, fix }) => {
        const input = inputOf(field ?? null, { credentialKind });
        return input === null ? [] : [[input, fix ?? problem.message] as const];
      });
      setFaults(Object.fromEntries(marked));
    },
    [credentialKind],
  );

  return {
    ...{ draft, faults, change, replace, clearFaults, markProblem },
    markVerdict: (verdict) => {
      const input = verdict === null || verdict.outcome === 'passed' ? null : inputOf(verdict.field, draft);
      if (input !== null) setFaults({ [input]: verdict?.fix ?? 'The test failed here.' });
    },
    showField: (form, field) => {
      const input = inputOf(field, draft);
      if (input === null) return;
      const found = form?.querySelector<HTMLElement>(`[name="${CSS.escape(input)}"]`);
      found?.scrollIntoView({ block: 'center' });
      found?.focus();
    },
  };
}
