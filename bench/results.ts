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
  readonly at: string;
  readonly isSmoke: boolean;
  readonly rounds: number;
  readonly seconds: number;
  readonly loadTool: string;
  readonly machine: { readonly processors: number; readonly model: string; readonly memoryGigabytes: number };
  readonly versions: { readonly latchkey: string; readonly commit: string | null; readonly node: string };
  readonly runs: readonly {
    readonly store: StoreName;
    readonly facts: Readonly<Record<string, string | number>>;
    readonly cases: readonly CaseResult[];
  }[];
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
    versions: { latchkey: manifest.version, commit: commitOf(), node: process.versions.node },
  };
}

function commitOf(): string | null {
  try {
    const cwd = fileURLToPath(new URL('..', import.meta.url));
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return null;
  }
}

export function writeResult(result: JobResult): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(`${result.job}.json`, folder), `${JSON.stringify(result, figuresToFourDigits, 1)}\n`);
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
