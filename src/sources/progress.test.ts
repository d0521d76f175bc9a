import { describe, expect, test } from 'vitest';
import { passing, step } from '../../test/contract/sources-world.js';
import type { StageRow } from './model.js';
import { createProgress } from './progress.js';
import { buildReport } from './report.js';

function listen() {
  const told: StageRow[] = [];
  const progress = createProgress({ onStage: (row) => void told.push(row), onCheck: undefined });
  if (progress === null) throw new Error('somebody listens');
  return { told, progress };
}

describe('what is told on the way', () => {
  test('a stage that failed after it passed is told again, and so is what then counts as not tried', () => {
    const { told, progress } = listen();
    const steps = [...passing.slice(0, 5), step('tls', 'TLS_CLIENT_CERT_INVALID')];
    for (const one of steps) progress.step(one);
    const before = told.length;
    expect(told.every(({ status }) => status === 'pass')).toBe(true);
    const report = buildReport({ engine: 'postgres', serverVersion: null, steps, totalMs: 1 });
    progress.settleStages(report.stages);
    expect(new Map(told.map((row) => [row.stage, row]))).toEqual(new Map(report.stages.map((row) => [row.stage, row])));
    expect(told.slice(before).find(({ stage }) => stage === 'tls')?.reason).toBe('TLS_CLIENT_CERT_INVALID');
    expect(told.slice(before).find(({ stage }) => stage === 'tcp')).toBeUndefined();
  });

  test('what comes after the report is not told', () => {
    const { told, progress } = listen();
    const report = buildReport({ engine: null, serverVersion: null, steps: [...passing], totalMs: 1 });
    progress.settleStages(report.stages);
    const all = told.length;
    progress.step({ stage: 'tcp', status: 'pass', reason: null, ms: 9, evidence: {} });
    expect(told).toHaveLength(all);
  });

  test('nobody listens: there is nothing to be told with', () => {
    expect(createProgress({ onStage: undefined, onCheck: undefined })).toBeNull();
  });
});
