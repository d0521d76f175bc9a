/**
 * vitest's global set-up: builds the program (worker threads run from `dist/`), starts one server of each kind and
 * provides their addresses as `inject('servers')`. What cannot be had is said at the start and, with the number of
 * tests it cost, at the end.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { startMariadbWith } from './mariadb.js';
import { type Need, needMark, needs } from './needs.js';
import { startPostgresWith } from './postgres.js';
import type { RunningServer } from './processes.js';
import { chosenWay, findPrograms, type Programs } from './programs.js';
import { startRedisWith } from './redis.js';
import type { Provided, Servers } from './types.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const running: RunningServer[] = [];
let servers: Servers | null = null;
let tested: TestProject | null = null;

export async function setup(project: TestProject): Promise<void> {
  // `npm test` has built a moment ago.
  const isBuilt = process.env['npm_lifecycle_event'] === 'test';
  const [programs] = await Promise.all([findPrograms(chosenWay(), say), isBuilt ? null : build()]);
  const [postgres, mariadb, redis] = await Promise.all([
    provide(programs.postgres, async (found) => {
      const { template, ...server } = await startPostgresWith(found, { keepsTemplate: true });
      const kept = template === undefined ? {} : { template };
      return [server, { ...addressOf(server), programs: { folder: found.folder, origin: found.origin, ...kept } }];
    }),
    provide(programs.mariadb, async (found) => {
      const { template, ...server } = await startMariadbWith(found, { keepsTemplate: true });
      const kept = template === undefined ? {} : { template };
      return [server, { ...addressOf(server), programs: { daemon: found.daemon, install: found.install, ...kept } }];
    }),
    provide(programs.redis, async (found) => {
      const server = await startRedisWith(found);
      const { host, port, password, version } = server;
      return [server, { host, port, password, version, daemon: found.daemon }];
    }),
  ]);
  servers = { postgres, mariadb, redis, ...pick(programs) };
  tested = project;
  project.provide('servers', servers);
  const words = needs.map((need) => describeServer(need, servers as Servers));
  say(`test servers: ${words.join(' · ')}`);
}

export async function teardown(): Promise<void> {
  await Promise.all(running.map((server) => server.stop()));
  for (const need of needs) {
    const server = servers?.[need];
    if (server === undefined || server.available) continue;
    const mark = needMark(need);
    let count = 0;
    for (const module of tested?.vitest.state.getTestModules() ?? []) {
      for (const test of module.children.allTests('skipped')) if (test.fullName.includes(mark)) count += 1;
    }
    if (count > 0) say(`SKIPPED ${count} tests that need ${need}: ${server.reason}`);
  }
}

/** Programs that each test starts by itself. */
function pick({
  pgbouncer,
  nginx,
  german,
  strace,
  chromium,
  python,
}: Programs): Pick<Servers, 'pgbouncer' | 'nginx' | 'german' | 'strace' | 'chromium' | 'python'> {
  return { pgbouncer, nginx, german, strace, chromium, python };
}

function say(line: string): void {
  process.stdout.write(`\n ${line}\n`);
}

function describeServer(need: Need, all: Servers): string {
  const server = all[need];
  if (!server.available) return `${need} MISSING (${server.reason})`;
  const version = 'version' in server ? ` ${server.version}` : '';
  const origin =
    need === 'postgres' && all.postgres.available && all.postgres.programs.origin === 'npm' ? ' (npm)' : '';
  return `${need}${version}${origin}`;
}

/** The part of a running server that can travel to a worker. */
function addressOf<T extends RunningServer>(
  server: T,
): Pick<T, Exclude<keyof T, keyof RunningServer> | 'host' | 'port'> {
  const plain = Object.entries(server).filter(([name, value]) => typeof value !== 'function' && name !== 'folder');
  return Object.fromEntries(plain) as Pick<T, Exclude<keyof T, keyof RunningServer> | 'host' | 'port'>;
}

async function provide<Found, Server>(
  found: Provided<Found>,
  start: (found: Found) => Promise<[RunningServer, Server]>,
): Promise<Provided<Server>> {
  if (!found.available) return { available: false, reason: found.reason };
  try {
    const [server, address] = await start(found);
    running.push(server);
    return { available: true, ...address };
  } catch (error) {
    return { available: false, reason: `cannot be started: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** The compiler writes its output even where types do not fit; `npm run types` is the judge of those. */
async function build(): Promise<void> {
  const { resolve } = createRequire(import.meta.url);
  const compiled = await runNode(resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json');
  if (compiled.fault !== null) {
    const faults = compiled.stdout.split('\n').filter((line) => line.includes('error TS'));
    say(`the build has ${faults.length} type errors, the first: ${faults[0] ?? compiled.fault.message}`);
  }
  const bundled = await runNode('--import', 'tsx', 'scripts/bundle-program.ts');
  if (bundled.fault !== null) throw bundled.fault;
}

function runNode(...args: string[]): Promise<{ readonly fault: Error | null; readonly stdout: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root }, (fault, stdout) => resolve({ fault, stdout }));
  });
}
