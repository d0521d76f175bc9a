/**
 * `npm run bench [-- <job>…] [--rounds 5] [--seconds 5] [--store sqlite|postgres|both] [--smoke] [--json <file>]`:
 * measures the shipped server beside the bare limits, in turns, and prints ratios. Results of full runs are kept in
 * `bench/results` and put into `docs/performance.md` (`npm run bench -- page` does only that). A goal that is missed is
 * printed as missed; the exit code says only whether everything ran.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import { openRun, type Run, type StoreName } from './context.js';
import type { Job } from './job.js';
import { jobs } from './jobs/index.js';
import { writePage } from './page.js';
import { asText, goalsTable, mediansTable } from './report.js';
import { commitOf, describeMachine, type JobResult, type RunResult, writeList, writeResult } from './results.js';
import { runCase } from './rounds.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    store: { type: 'string', default: 'both' },
    smoke: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const isSmoke = values.smoke;
const rounds = Number(values.rounds ?? (isSmoke ? 1 : 5));
const seconds = Number(values.seconds ?? 5);
if (!(Number.isInteger(rounds) && rounds >= 1 && seconds > 0)) throw new Error('--rounds and --seconds are numbers');
const stores: readonly StoreName[] =
  values.store === 'both' ? ['sqlite', 'postgres'] : [values.store === 'postgres' ? 'postgres' : 'sqlite'];

if (positionals[0] === 'page') writePage();
else await measure(chosen(positionals));

function chosen(names: readonly string[]): readonly Job[] {
  const unknown = names.find((name) => !jobs.some((job) => job.name === name));
  if (unknown !== undefined) throw new Error(`jobs are ${jobs.map(({ name }) => name).join(', ')}`);
  return names.length === 0 ? jobs : jobs.filter(({ name }) => names.includes(name));
}

async function measure(wanted: readonly Job[]): Promise<void> {
  const run = openRun({ isSmoke, seconds });
  const results: JobResult[] = [];
  try {
    for (const job of wanted) {
      const result = await runJob(run, job);
      results.push(result);
      // What was measured is kept although a later job fails.
      if (!isSmoke && values.json === undefined) writeResult(result);
    }
  } finally {
    await run.close();
  }
  if (values.json !== undefined) writeList(results, values.json);
  else if (!isSmoke) writePage();
}

/** Where nothing is measured each job is run once, and those that are for both take turns. */
function storesFor(job: Job): readonly StoreName[] {
  const fit = stores.filter((name) => job.stores === 'both' || name === 'sqlite');
  if (!isSmoke || fit.length < 2) return fit;
  return fit.filter((_, at) => at === jobs.indexOf(job) % 2);
}

async function runJob(run: Run, job: Job): Promise<JobResult> {
  console.log(`\n${job.name}: ${job.what}`);
  const beganMs = performance.now();
  const runs: RunResult[] = [];
  for (const store of storesFor(job)) {
    console.log(`  store: ${store}`);
    const { context, close } = run.context(store);
    try {
      const { cases, facts = {} } = await job.open(context);
      const told = [];
      for (const one of cases) {
        const result = await runCase(one, { rounds, isWarmedUp: !isSmoke }, isSmoke ? () => {} : console.log);
        console.log(`\n${asText(mediansTable(result))}\n\n${asText(goalsTable(result))}\n`);
        told.push(result);
      }
      runs.push({ store, at: new Date().toISOString(), commit: commitOf(), facts, cases: told });
    } finally {
      await close();
    }
  }
  console.log(`  ${((performance.now() - beganMs) / 1_000).toFixed(1)} s`);
  return { job: job.name, isSmoke, rounds, seconds, ...describeMachine(), runs };
}
