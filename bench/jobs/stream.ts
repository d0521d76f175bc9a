/** A million rows as lines, and what the process holds while they go by. @module */
import { request } from 'node:http';
import { createPostgresDatabase, postgresSql } from '../../test/servers/postgres.js';
import type { Job, Sample, Way } from '../job.js';
import { type MeasuredServer, residentBytes } from '../processes.js';
import { bearer, type Headers } from '../sign-in.js';
import { addDatabase, openWorld, postJson } from '../world.js';

export const streamJob: Job = {
  name: 'stream',
  title: 'A million rows',
  what: 'GET /data/v1 of a whole PostgreSQL table as lines of JSON, beside node:http that fetches through a cursor of the plain driver and writes lines.',
  drawn: 'rowsPerSecond',
  stores: 'sqlite',
  async open(context) {
    const rows = context.size(1_000_000, 2_000);
    const postgres = await context.postgres();
    const { host, port, superuser, password } = postgres;
    const database = await createPostgresDatabase(postgres, 'stream');
    await postgresSql(
      postgres,
      `CREATE TABLE big (id bigint PRIMARY KEY, name text NOT NULL, amount numeric(12,2), note text);
       INSERT INTO big SELECT i, 'name ' || i, i / 7.0, CASE WHEN i % 3 = 0 THEN NULL ELSE md5(i::text) END
       FROM generate_series(1, ${rows}) i`,
      { database },
    );
    await postgresSql(postgres, 'VACUUM ANALYZE', { database });
    const world = await openWorld(context);
    await addDatabase(context, world, { name: 'lake', database });
    await postJson(`${world.server.url}/admin/v1/grants`, world.key, {
      ...{ role: 'member', source: 'lake', schema: 'public', table: 'big', operations: ['query'] },
    });
    const headers = { ...bearer(world.key), accept: 'application/x-ndjson' };
    const connect = { host, port, user: superuser, password, database };
    const bare = await context.startBare('stream-postgres.mjs', { connect });
    const ways: Way[] = [
      { name: 'cursor of the driver', run: () => drain(bare, '/', {}, rows) },
      { name: '/data/v1', run: () => drain(world.server, '/data/v1/lake/big', headers, rows) },
    ];
    const goals = [
      { way: '/data/v1', measure: 'rowsPerSecond', to: 'cursor of the driver' },
      { way: '/data/v1', measure: 'grownMegabytes', bound: { atMost: 64 } },
    ];
    return { cases: [{ name: 'PostgreSQL source', ways, goals }], facts: { rows } };
  },
};

/** Reads an answer without keeping it. */
function drain(server: MeasuredServer, path: string, headers: Headers, rows: number): Promise<Sample> {
  const before = residentBytes(server.pid);
  const startedMs = performance.now();
  let peak = before;
  let lines = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, residentBytes(server.pid));
  }, 50);
  return new Promise<Sample>((resolve, reject) => {
    const asked = request(`${server.url}${path}`, { headers }, (response) => {
      response.on('data', (chunk: Buffer) => {
        for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
      });
      response.on('error', reject);
      response.on('end', () => {
        if (lines !== rows) return reject(new Error(`${lines} lines of ${rows}`));
        const ms = performance.now() - startedMs;
        return resolve({ ms, rowsPerSecond: rows / (ms / 1_000), grownMegabytes: (peak - before) / 1e6 });
      });
    });
    asked.on('error', reject);
    asked.end();
  }).finally(() => clearInterval(watch));
}
