/** The whole catalogue of a large PostgreSQL database, as lines, beside the bare statements and `pg_dump`. @module */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { buildTables } from '../../test/contract/catalog-database.js';
import { createPostgresDatabase, postgresSql, type RunningPostgres } from '../../test/servers/postgres.js';
import { findPostgres } from '../context.js';
import type { Goal, Job, Sample, Way } from '../job.js';
import { type MeasuredServer, residentBytes } from '../processes.js';
import { bearer, type Headers } from '../sign-in.js';
import { addDatabase, openWorld } from '../world.js';

export const metadataJob: Job = {
  name: 'metadata',
  title: 'Metadata of five thousand tables',
  what: 'Everything GET /admin/v1/sources/:source/metadata tells of a PostgreSQL database, as lines to the last, beside the catalogue statements alone through the plain driver on four connections, and pg_dump --schema-only.',
  drawn: 'ms',
  stores: 'sqlite',
  async open(context) {
    const tables = context.size(5_000, 12);
    const postgres = await context.postgres();
    const database = await createPostgresDatabase(postgres, 'catalogue');
    await postgresSql(postgres, buildTables(tables), { database });
    await postgresSql(postgres, 'VACUUM ANALYZE', { database });
    const world = await openWorld(context);
    await addDatabase(context, world, { name: 'warehouse', database });
    const headers = { ...bearer(world.key), accept: 'application/x-ndjson' };
    const catalogue = context.startWorker('catalogue.ts');
    const { host, port, superuser: user, password, version } = postgres;
    const bareTask = { connect: { host, port, user, password, database }, version };
    const dump = await dumpProgram();
    const ways: Way[] = [
      { name: 'bare statements', run: () => catalogue.ask(bareTask) },
      ...(dump === null ? [] : [{ name: 'pg_dump', run: () => runDump(dump, postgres, database) }]),
      { name: 'metadata', run: () => drain(world.server, headers, tables) },
    ];
    const goals: Goal[] = [
      { way: 'metadata', measure: 'ms', to: 'bare statements', bound: { atMost: 1.5 } },
      ...(dump === null ? [] : [{ way: 'metadata', measure: 'ms', to: 'pg_dump', bound: { atMost: 1 } }]),
      { way: 'metadata', measure: 'grownMegabytes', bound: { atMost: 64 } },
    ];
    return { cases: [{ name: 'PostgreSQL', ways, goals }], facts: { tables } };
  },
};

/** To the last line, which says that it was all. */
function drain(server: MeasuredServer, headers: Headers, tables: number): Promise<Sample> {
  const before = residentBytes(server.pid);
  const startedMs = performance.now();
  let peak = before;
  let lines = 0;
  let end = '';
  const watch = setInterval(() => {
    peak = Math.max(peak, residentBytes(server.pid));
  }, 10);
  return new Promise<Sample>((resolve, reject) => {
    const asked = request(`${server.url}/admin/v1/sources/warehouse/metadata`, { headers }, (response) => {
      response.on('data', (chunk: Buffer) => {
        for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
        end = chunk.subarray(-200).toString();
      });
      response.on('error', reject);
      response.on('end', () => {
        const ms = performance.now() - startedMs;
        if (lines < tables || !end.includes('"kind":"end"')) reject(new Error(`${lines} lines, and no end`));
        else resolve({ ms, grownMegabytes: (peak - before) / 1e6 });
      });
    });
    asked.on('error', reject);
    asked.end();
  }).finally(() => clearInterval(watch));
}

async function dumpProgram(): Promise<string | null> {
  const postgres = await findPostgres();
  const folder = postgres.available ? postgres.folder : '';
  return [join(folder, 'pg_dump'), '/usr/bin/pg_dump'].find(existsSync) ?? null;
}

async function runDump(program: string, postgres: RunningPostgres, database: string): Promise<Sample> {
  const { host, port, superuser, password } = postgres;
  const startedMs = performance.now();
  const dump = spawn(
    program,
    ['--schema-only', `--host=${host}`, `--port=${port}`, `--username=${superuser}`, '--file=/dev/null', database],
    { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, PGPASSWORD: password } },
  );
  const [code] = await once(dump, 'close');
  if (code !== 0) throw new Error('pg_dump failed');
  return { ms: performance.now() - startedMs };
}
