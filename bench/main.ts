/**
 * `npm run bench [-- <job>…] [--rounds 5] [--seconds 5] [--store sqlite|postgres|both] [--smoke] [--json <file>]`:
 * measures the shipped server beside the bare limits, in turns, and prints ratios. Results of full runs are kept in
 * `bench/results` and put into `docs/performance.md` (`npm run bench -- page` does only that). A goal that is missed is
 * printed as missed; the exit code says only whether everything ran.
 *
 * @module
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { openRun, type Run, type StoreName } from './context.js';
import type { Job } from './job.js';
import { jobs } from './jobs/index.js';
import { writePage } from './page.js';
import { asText, goalsTable, mediansTable } from './report.js';
import { commitOf, describeMachine, type JobResult, type RunResult, writeList, writeResult } from './results.js';
import { runCase } from './rounds.js';

const program = new Command('npm run bench --')
  .description('Measures the shipped server beside the bare limits, in turns, and prints ratios.')
  .argument('[job...]', 'which jobs, all of them without; `page` alone writes docs/performance.md from what was kept')
  .addOption(new Option('--rounds <count>', 'of each way, in turns (default: 5)').argParser(wholeNumber))
  .addOption(new Option('--seconds <count>', 'of each round').argParser(time).default(5))
  .addOption(
    new Option('--store <name>', 'what our own tables are in').choices(['sqlite', 'postgres', 'both']).default('both'),
  )
  .option('--smoke', 'one round of a few requests: shows that it works, and measures nothing')
  .option('--json <file>', 'results go there; nothing is kept in bench/results')
  .addHelpText('after', `\nJobs:\n${jobs.map(({ name, title }) => `  ${name.padEnd(16)} ${title}`).join('\n')}`)
  .addHelpText('after', '\nExample: npm run bench -- verify login --store sqlite --rounds 5 --seconds 2')
  .showHelpAfterError('(--help says what there is)')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .parse();

interface Wanted {
  readonly rounds?: number;
  readonly seconds: number;
  readonly store: StoreName | 'both';
  readonly smoke?: true;
  readonly json?: string;
}
const values = program.opts<Wanted>();
const isSmoke = values.smoke ?? false;
const rounds = values.rounds ?? (isSmoke ? 1 : 5);
const stores: readonly StoreName[] = values.store === 'both' ? ['sqlite', 'postgres'] : [values.store];

if (program.args[0] === 'page') writePage();
else await measure(chosen(program.args));

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It is a whole number from 1.');
  return number;
}

function time(text: string): number {
  const number = Number(text);
  if (!(number > 0 && number < 3_600))
    throw new InvalidArgumentError('It is a number of seconds, above 0 and below 3600.');
  return number;
}

function chosen(names: readonly string[]): readonly Job[] {
  const unknown = names.find((name) => !jobs.some((job) => job.name === name));
  if (unknown !== undefined) program.error(`error: there is no job '${unknown}'`);
  return names.length === 0 ? jobs : jobs.filter(({ name }) => names.includes(name));
}

async function measure(wanted: readonly Job[]): Promise<void> {
  const run = openRun({ isSmoke, seconds: values.seconds });
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
  return { job: job.name, isSmoke, rounds, seconds: values.seconds, ...describeMachine(), runs };
}
