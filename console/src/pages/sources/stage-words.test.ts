import { describe, expect, test } from 'vitest';
import { type StageRow, sayEvidence, shownStages } from './stage-words';

function row(stage: StageRow['stage'], status: StageRow['status'], reason: StageRow['reason'] = null): StageRow {
  return { stage, status, reason, ms: 1, evidence: {}, retryable: false, audience: null, field: null, fix: null };
}

describe('the stages that are shown', () => {
  test('light up in their order, the next one under way and the rest waiting', () => {
    const shown = shownStages([row('input', 'pass'), row('policy', 'pass')], 'postgres', true);
    expect(shown.slice(0, 4).map(({ name, state }) => `${name} ${state}`)).toEqual([
      ...['input pass', 'policy pass', 'resolve running', 'tcp waiting'],
    ]);
  });

  test('of a file are those a file has', () => {
    expect(shownStages([], 'sqlite', true).map(({ name }) => name)).toEqual(['input', 'policy', 'database', 'query']);
  });

  test('leave out what an engine does not have and what a test never comes to', () => {
    const rows = [
      ...[row('authenticate', 'fail', 'AUTH_INVALID_CREDENTIALS'), row('tunnel', 'skip')],
      ...[row('database', 'skip', 'PRIOR_STAGE_FAILED'), row('catalog', 'skip', 'PRIOR_STAGE_FAILED')],
    ];
    expect(shownStages(rows, 'postgres', false).map(({ name, state }) => `${name} ${state}`)).toEqual([
      'authenticate fail',
      'database skip',
    ]);
  });

  test('are none for whoever may not see them, once it is over', () => {
    expect(shownStages([], 'postgres', false)).toEqual([]);
  });
});

test('facts are said in words, and codes as the database says them', () => {
  expect(sayEvidence({ native: '28P01', mayMean: 'wrong password' })).toBe(
    'its own code: 28P01 · may also mean: wrong password',
  );
  expect(sayEvidence({ readOnly: false, serverDefaultMs: 30_000, TLS: 'TLSv1.3' })).toBe(
    'read only: no · server default (ms): 30,000 · TLS: TLSv1.3',
  );
});
