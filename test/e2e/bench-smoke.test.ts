/**
 * The bench, a few requests of every job: that each starts what it compares, gets the answers it counts, and tells
 * figures in the form that is kept. What the figures are is no business of a test.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { jobs } from '../../bench/jobs/index.js';
import type { JobResult } from '../../bench/results.js';
import { describeWith } from '../servers/index.js';

vi.setConfig({ testTimeout: 10_000, hookTimeout: 240_000 });

const execute = promisify(execFile);

describeWith('postgres', 'the bench', () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-smoke-'));
  let results: readonly JobResult[];
  let printed: string;

  beforeAll(async () => {
    const file = join(folder, 'results.json');
    const main = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));
    const { stdout } = await execute(process.execPath, ['--import', 'tsx', main, '--smoke', '--json', file]);
    printed = stdout;
    results = JSON.parse(readFileSync(file, 'utf8')) as JobResult[];
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('runs every job, and both stores come up', () => {
    expect(results.map(({ job }) => job)).toEqual(jobs.map(({ name }) => name));
    const stores = results.flatMap(({ runs }) => runs.map(({ store }) => store));
    expect(stores).toHaveLength(jobs.length);
    expect(new Set(stores)).toEqual(new Set(['sqlite', 'postgres']));
    for (const { isSmoke } of results) expect(isSmoke).toBe(true);
  });

  it('tells for every way a figure of every measure, and compares ways that are there', () => {
    for (const { job, runs } of results) {
      for (const { name, rounds, medians, outcomes } of runs.flatMap(({ cases }) => cases)) {
        const where = `${job}, ${name}`;
        expect(Object.keys(rounds).length, where).toBeGreaterThan(0);
        expect(outcomes.length, where).toBeGreaterThan(0);
        for (const [way, samples] of Object.entries(rounds)) {
          expect(samples, `${where}, ${way}`).toHaveLength(1);
          for (const figure of Object.values(samples[0] ?? {}))
            expect(figure, `${where}, ${way}`).toBeGreaterThanOrEqual(0);
          // Of one round the median is that round.
          expect(medians[way]).toEqual(samples[0]);
        }
        for (const { way, to, value, bound, isMet } of outcomes) {
          expect(rounds, where).toHaveProperty([way]);
          if (to !== undefined) expect(rounds, where).toHaveProperty([to]);
          expect(value, where).toBeGreaterThanOrEqual(0);
          expect(typeof isMet === 'boolean', where).toBe(bound !== undefined);
        }
      }
    }
  });

  it('prints each job, and what it measured', () => {
    for (const { name, what } of jobs) expect(printed).toContain(`${name}: ${what}`);
  });
});
