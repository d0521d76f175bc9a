/**
 * `npm run campaign:metadata -- [--tables 5000|50000] [--rounds 5]`: reads the whole catalogue of a large PostgreSQL
 * database (every default group, as lines of JSON), beside `pg_dump --schema-only` and beside the bare statements
 * through the plain driver on four connections, in turns. Prints medians, ratios, memory and the longest stall of the
 * event loop. Exit code 1 when a figure is outside what the capability promises.
 *
 * @module
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readBareCatalogue, wholeCatalogue } from '../bench/bare-catalogue.js';
import { createPostgresConnector } from '../src/connectors/postgres/index.js';
import { buildTables } from '../test/contract/catalog-database.js';
import { clock, localDialler, targetOf } from '../test/contract/connector-bench.js';
import { createPostgresDatabase, postgresSql, startPostgresWith } from '../test/servers/postgres.js';
import { chosenWay, findPrograms } from '../test/servers/programs.js';
import type { PostgresAddress } from '../test/servers/types.js';

/** What a round of one way to read the catalogue gives. */
interface Round {
  readonly ms: number;
  readonly objects: number;
  readonly bytes: number;
  /** Of the reading process, over what it had before this reading. */
  readonly grownBytes: number;
  /** And over what it had before its first. */
  readonly grownInAllBytes: number;
  readonly stallMs: number;
  /** Processor time of the process. */
  readonly cpuMs: number;
}

interface Task {
  readonly server: PostgresAddress;
  readonly database: string;
}

const { values: options } = parseArgs({
  options: {
    tables: { type: 'string', default: '5000' },
    rounds: { type: 'string', default: '5' },
    child: { type: 'string' },
  },
});
if (options.child === undefined) await compare(Number(options.tables), Number(options.rounds));
else if (options.child === 'bare') serve(readBare);
// The heap of a service that has done nothing yet grows with whatever it does first: here one page.
else serve(readOurs, async (task) => void (await readOurs(task, 1_000)));

/** The parent: builds the database and lets the ways take turns. */
async function compare(tables: number, rounds: number): Promise<void> {
  const { postgres } = await findPrograms(chosenWay(), console.log);
  if (!postgres.available) throw new Error(postgres.reason);
  const server = await startPostgresWith(postgres, {
    settings: { shared_buffers: '128MB', max_locks_per_transaction: 2_048 },
  });
  const children: ChildProcess[] = [];
  try {
    const database = await createPostgresDatabase(server);
    const builtMs = performance.now();
    await postgresSql(server, buildTables(tables), { database });
    await postgresSql(server, 'VACUUM ANALYZE', { database });
    console.log(`${tables} tables built in ${Math.round((performance.now() - builtMs) / 1000)} s`);
    const task: Task = { server, database };
    const dump = [join(postgres.folder, 'pg_dump'), '/usr/bin/pg_dump'].find(existsSync);
    const [ours, bare] = [startChild('ours'), startChild('bare')];
    children.push(ours, bare);
    const ways = new Map<string, () => Promise<Round>>([
      ['ours', () => ask(ours, task)],
      ['bare', () => ask(bare, task)],
      ...(dump === undefined ? [] : [['pg_dump', () => readDump(dump, task)] as const]),
    ]);
    const told = new Map<string, Round[]>();
    for (let round = 0; round < rounds; round += 1) {
      // Each begins once, so that none has always the same one before it.
      const names = [...ways.keys()];
      for (const name of [...names.slice(round % names.length), ...names.slice(0, round % names.length)]) {
        const done = await ways.get(name)?.();
        if (done === undefined) continue;
        told.set(name, [...(told.get(name) ?? []), done]);
        const megabytes = (done.bytes / 1e6).toFixed(1);
        console.log(
          `round ${round + 1} ${name.padEnd(7)} ${Math.round(done.ms)} ms, ${megabytes} MB, load ${loadavg()[0]?.toFixed(1)}`,
        );
      }
    }
    report(tables, told);
  } finally {
    for (const child of children) child.kill();
    await server.stop();
  }
}

function report(tables: number, told: ReadonlyMap<string, readonly Round[]>): void {
  const ours = told.get('ours') ?? [];
  const ratios = (name: string) => {
    const theirs = told.get(name) ?? [];
    return theirs.length === 0 ? null : median(ours.map((round, at) => round.ms / (theirs[at]?.ms ?? Number.NaN)));
  };
  const figures = {
    tables,
    objects: ours[0]?.objects,
    oursMs: Math.round(median(ours.map((round) => round.ms))),
    bareMs: Math.round(median((told.get('bare') ?? []).map((round) => round.ms))),
    pgDumpMs: told.has('pg_dump') ? Math.round(median((told.get('pg_dump') ?? []).map((round) => round.ms))) : null,
    oursToBare: rounded(ratios('bare')),
    oursToPgDump: rounded(ratios('pg_dump')),
    oursCpuMs: Math.round(median(ours.map((round) => round.cpuMs))),
    bareCpuMs: Math.round(median((told.get('bare') ?? []).map((round) => round.cpuMs))),
    grownMB: Math.round(Math.max(...ours.map((round) => round.grownBytes)) / 1e6),
    grownInAllMB: Math.round(Math.max(...ours.map((round) => round.grownInAllBytes)) / 1e6),
    bareGrownMB: Math.round(Math.max(...(told.get('bare') ?? []).map((round) => round.grownBytes)) / 1e6),
    stallMs: Math.round(Math.max(...ours.map((round) => round.stallMs))),
  };
  console.log(JSON.stringify(figures, null, 2));
  const isGood =
    figures.objects === tables &&
    (figures.oursToBare ?? 0) <= 1.5 &&
    (figures.oursToPgDump ?? 0) < 1 &&
    figures.grownMB < 64 &&
    figures.stallMs <= 100;
  process.exitCode = isGood ? 0 : 1;
}

function startChild(kind: 'ours' | 'bare'): ChildProcess {
  return fork(fileURLToPath(import.meta.url), ['--child', kind]);
}

async function ask(child: ChildProcess, task: Task): Promise<Round> {
  child.send(task);
  const [answer] = (await once(child, 'message')) as [Round | { readonly fault: string }];
  if ('fault' in answer) throw new Error(answer.fault);
  return answer;
}

/** A child: reads whenever it is told to, and watches itself. */
function serve(
  read: (task: Task) => Promise<{ readonly objects: number; readonly bytes: number }>,
  warmUp: (task: Task) => Promise<void> = () => Promise.resolve(),
): void {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  let before: number | null = null;
  const measure = async (task: Task): Promise<Round> => {
    if (before === null) await warmUp(task);
    const start = process.memoryUsage.rss();
    before ??= start;
    let peak = start;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 5);
    delay.reset();
    delay.enable();
    const cpu = process.cpuUsage();
    const startedMs = performance.now();
    try {
      const done = await read(task);
      const ms = performance.now() - startedMs;
      const { user, system } = process.cpuUsage(cpu);
      return {
        ...done,
        ms,
        grownBytes: peak - start,
        grownInAllBytes: peak - before,
        stallMs: delay.max / 1e6,
        cpuMs: (user + system) / 1e3,
      };
    } finally {
      clearInterval(watch);
      delay.disable();
    }
  };
  process.on('message', (task: Task) => {
    measure(task).then(
      (round) => process.send?.(round),
      (fault: unknown) => process.send?.({ fault: String(fault) }),
    );
  });
}

async function readOurs(
  { server, database }: Task,
  limit: number | null = null,
): Promise<{ objects: number; bytes: number }> {
  const connector = createPostgresConnector({ dialler: localDialler(), clock });
  const { superuser: username, password, port } = server;
  const target = targetOf({ port, username, password, database });
  const signal = new AbortController().signal;
  const limits = { totalMs: 10_000, stageMs: 5_000, signal, readMs: 600_000, connections: 4 };
  const { probe, reading } = await connector.openCatalog(target, { ...wholeCatalogue, limit }, limits);
  if (reading === null) throw new Error(JSON.stringify(probe));
  const out = openSync('/dev/null', 'w');
  let objects = 0;
  let bytes = 0;
  let lines = '';
  for await (const item of reading.items()) {
    objects += 1;
    lines += `${JSON.stringify(item)}\n`;
    if (lines.length < 65_536) continue;
    const chunk = Buffer.from(lines);
    lines = '';
    bytes += chunk.length;
    writeSync(out, chunk);
  }
  bytes += writeSync(out, lines);
  closeSync(out);
  return { objects, bytes };
}

async function readBare({ server, database }: Task): Promise<{ objects: number; bytes: number }> {
  const { superuser: user, password, port, host } = server;
  return { objects: await readBareCatalogue({ host, port, user, password, database }, server.version), bytes: 0 };
}

async function readDump(program: string, { server, database }: Task): Promise<Round> {
  const startedMs = performance.now();
  const { host, port, superuser, password } = server;
  const dump = spawn(
    program,
    ['--schema-only', `--host=${host}`, `--port=${port}`, `--username=${superuser}`, '--file=/dev/null', database],
    { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, PGPASSWORD: password } },
  );
  const [code] = await once(dump, 'close');
  if (code !== 0) throw new Error('pg_dump failed');
  return {
    ms: performance.now() - startedMs,
    objects: 0,
    bytes: 0,
    grownBytes: 0,
    grownInAllBytes: 0,
    stallMs: 0,
    cpuMs: 0,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function rounded(ratio: number | null): number | null {
  return ratio === null ? null : Math.round(ratio * 100) / 100;
}
