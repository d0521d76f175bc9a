/**
 * The generated part of `docs/performance.md`: what the kept results say, and which jobs have none. The words around it
 * are written by hand and left as they are.
 *
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { drawBars } from './draw.js';
import { type Job, measureTitles } from './job.js';
import { jobs } from './jobs/index.js';
import { asMarkdown, goalsTable, mediansTable } from './report.js';
import { type JobResult, readResults } from './results.js';

const page = new URL('../docs/performance.md', import.meta.url);
const drawings = new URL('../docs/performance/', import.meta.url);
const [begins, ends] = ['<!-- results begin -->', '<!-- results end -->'];

/** @throws when the page has lost its marks. */
export function writePage(): void {
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begins), text.indexOf(ends)];
  if (from === -1 || to < from) throw new Error('docs/performance.md has lost the marks of its generated part');
  const results = readResults();
  for (const job of jobs) {
    const result = results.get(job.name);
    if (result !== undefined) drawResult(job, result);
  }
  const sections = jobs.map((job) => section(job, results.get(job.name)));
  writeFileSync(page, `${text.slice(0, from)}${begins}\n\n${sections.join('\n\n')}\n\n${text.slice(to)}`);
}

function section(job: Job, result: JobResult | undefined): string {
  const head = `### ${job.title} (\`${job.name}\`)\n\n${job.what}`;
  if (result === undefined) return `${head}\n\n_Not measured yet._`;
  const { machine, versions, rounds, seconds, loadTool } = result;
  const { latchkey, node } = versions;
  const where = `${machine.processors} × ${machine.model}, ${machine.memoryGigabytes} GB; Latchkey ${latchkey}, Node ${node}; ${rounds} rounds of ${seconds} s, load by ${loadTool}.`;
  const runs = result.runs.map(({ store, at, commit, facts, cases }) => {
    const when = `${at.slice(0, 10)}${commit === null ? '' : ` (${commit})`}`;
    const told = [when, ...Object.entries(facts).map(([name, value]) => `${name}: ${value}`)];
    const line = `Store: ${store === 'sqlite' ? 'embedded' : 'PostgreSQL'}${told.map((fact) => ` · ${fact}`).join('')}`;
    const tables = cases.map(
      (one) => `**${one.name}**\n\n${asMarkdown(mediansTable(one))}\n\n${asMarkdown(goalsTable(one))}`,
    );
    return `${line}\n\n${tables.join('\n\n')}`;
  });
  return `${head}\n\n${where}\n\n![${job.title}](performance/${job.name}.svg)\n\n${runs.join('\n\n')}`;
}

function drawResult(job: Job, { runs }: JobResult): void {
  const groups = runs.flatMap(({ store, cases }) =>
    cases.map(({ name, medians, outcomes }) => {
      const bare = new Set(outcomes.map(({ to }) => to));
      const ways = Object.entries(medians).filter(([, sample]) => sample[job.drawn] !== undefined);
      const bars = ways.map(([label, sample]) => ({ label, value: sample[job.drawn] ?? 0, isBare: bare.has(label) }));
      return { name: runs.length > 1 ? `${name}, ${store}` : name, bars };
    }),
  );
  mkdirSync(drawings, { recursive: true });
  const unit = measureTitles[job.drawn] ?? job.drawn;
  writeFileSync(new URL(`${job.name}.svg`, drawings), drawBars(job.title, unit, groups));
}
