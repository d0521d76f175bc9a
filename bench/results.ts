/** Results as they are kept: the machine, the versions, every round, and which goals were met. @module */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { StoreName } from './context.js';
import { loadTool } from './load.js';
import type { CaseResult } from './rounds.js';

export interface JobResult {
  readonly job: string;
  readonly isSmoke: boolean;
  readonly rounds: number;
  readonly seconds: number;
  readonly loadTool: string;
  readonly machine: { readonly processors: number; readonly model: string; readonly memoryGigabytes: number };
  readonly versions: { readonly latchkey: string; readonly node: string };
  /** One for each store. */
  readonly runs: readonly RunResult[];
}

export interface RunResult {
  readonly store: StoreName;
  /** When it ended. */
  readonly at: string;
  readonly commit: string | null;
  readonly facts: Readonly<Record<string, string | number>>;
  readonly cases: readonly CaseResult[];
}

const folder = new URL('./results/', import.meta.url);

/** What this machine is, without its name. */
export function describeMachine(): Pick<JobResult, 'machine' | 'versions' | 'loadTool'> {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return {
    loadTool,
    machine: {
      processors: availableParallelism(),
      model: cpus()[0]?.model.trim() ?? 'unknown',
      memoryGigabytes: Math.round(totalmem() / 1e9),
    },
    versions: { latchkey: manifest.version, node: process.versions.node },
  };
}

export function commitOf(): string | null {
  try {
    const cwd = fileURLToPath(new URL('..', import.meta.url));
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return null;
  }
}

/** The run on a store that was not measured now stays, if it was measured in the same way on the same machine. */
export function writeResult(measured: JobResult): void {
  mkdirSync(folder, { recursive: true });
  const before = readResults().get(measured.job);
  const isAlike = before !== undefined && circumstancesOf(before) === circumstancesOf(measured);
  const kept = isAlike ? before.runs.filter(({ store }) => measured.runs.every((run) => run.store !== store)) : [];
  const runs = [...measured.runs, ...kept].sort((one, other) => (one.store < other.store ? 1 : -1));
  const result: JobResult = { ...measured, runs };
  writeFileSync(new URL(`${result.job}.json`, folder), `${JSON.stringify(result, figuresToFourDigits, 1)}\n`);
}

function circumstancesOf({ rounds, seconds, loadTool, machine, versions }: JobResult): string {
  return JSON.stringify([rounds, seconds, loadTool, machine, versions]);
}

/** Of a run whose results are not kept here. */
export function writeList(results: readonly JobResult[], file: string): void {
  writeFileSync(file, `${JSON.stringify(results, figuresToFourDigits, 1)}\n`);
}

/** More would only say how long a double is. */
function figuresToFourDigits(_name: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}

/** Those that were kept, by job. */
export function readResults(): ReadonlyMap<string, JobResult> {
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const results = names.map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as JobResult);
  return new Map(results.map((result) => [result.job, result]));
}
