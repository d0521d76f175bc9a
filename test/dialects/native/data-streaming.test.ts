/** A million rows through `/data/v1` from PostgreSQL: memory stays where it is, and a client that goes away is missed. @module */
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createPostgresDatabase,
  describeWith,
  dropPostgresDatabase,
  postgresSql,
  shared,
} from '../../servers/index.js';
import { send } from '../support/client.js';
import { type DataWorld, openDataWorld } from '../support/data-world.js';

const rows = 1_000_000;
const mebibyte = 1_048_576;

describeWith('postgres', 'a million rows', () => {
  let world: DataWorld;
  let database: string;
  let headers: Record<string, string>;

  const sql = (text: string) => postgresSql(shared('postgres'), text, { database });

  beforeAll(async () => {
    const server = shared('postgres');
    database = await createPostgresDatabase(server, 'stream');
    await sql(`
      CREATE TABLE big (id integer PRIMARY KEY, name text NOT NULL, amount numeric(12,2), at timestamptz, note text);
      INSERT INTO big SELECT i, 'name ' || i, i / 7.0, '2026-01-01Z'::timestamptz + i * interval '1 s',
        CASE WHEN i % 3 = 0 THEN NULL ELSE md5(i::text) END FROM generate_series(1, ${rows}) i;
      CREATE VIEW slow AS SELECT i AS id, pg_sleep(30)::text AS nap FROM generate_series(1, 100) i;
      ANALYZE big;
    `);
    world = await openDataWorld({ http: { limits: { stallMs: 60_000 } } });
    const { host, port, superuser, password } = server;
    await world.addSource({ name: 'lake', engine: 'postgres', host, port, username: superuser, password, database });
    for (const table of ['big', 'slow']) {
      await world.grant({ source: 'lake', schema: 'public', table, operations: ['query'] });
    }
    headers = { ...(await world.as('ada')) };
  }, 120_000);
  afterAll(async () => {
    await world?.close();
    await dropPostgresDatabase(shared('postgres'), database);
  });

  /** Reads an answer to its end without keeping it. */
  function drain(path: string, accept: string): Promise<{ lines: number; bytes: number; peak: number }> {
    const { hostname, port } = new URL(world.plainUrl);
    return new Promise((resolve, reject) => {
      const asked = request({ hostname, port, path, headers: { ...headers, accept } }, (response) => {
        const told = { lines: 0, bytes: 0, peak: 0 };
        expect(response.statusCode).toBe(200);
        response.on('data', (chunk: Buffer) => {
          told.bytes += chunk.length;
          for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) told.lines += 1;
          told.peak = Math.max(told.peak, process.memoryUsage.rss());
        });
        response.on('end', () => resolve(told));
        response.on('error', reject);
      });
      asked.on('error', reject);
      asked.end();
    });
  }

  test.each([
    ['application/x-ndjson', rows],
    ['text/csv', rows + 1],
  ])(
    'as %s grow the process by less than 64 MB',
    async (accept, lines) => {
      // Once, so that what is compiled and pooled is there before.
      await drain('/data/v1/lake/big?limit=100000', accept);
      globalThis.gc?.();
      const before = process.memoryUsage.rss();
      const told = await drain('/data/v1/lake/big', accept);
      expect(told.lines).toBe(lines);
      expect((told.peak - before) / mebibyte).toBeLessThan(64);
    },
    180_000,
  );

  const running = async () => {
    const found = await sql(
      `SELECT pid FROM pg_stat_activity WHERE datname = '${database}' AND state = 'active'
       AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
    );
    return found.length;
  };

  function open(path: string): Socket {
    const { hostname, port } = new URL(world.plainUrl);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${headers['authorization']}\r\nAccept: application/x-ndjson\r\n\r\n`,
    );
    return socket;
  }

  test.each([
    ['in the middle of its answer', '/data/v1/lake/big', true],
    ['before the first row', '/data/v1/lake/slow', false],
    ['while it is counted', '/data/v1/lake/slow/count', false],
  ])(
    'a client that goes away %s ends the query within a second',
    async (_name, path, hasAnswer) => {
      const socket = open(path);
      if (hasAnswer) {
        await new Promise((resolve) => socket.once('data', resolve));
        socket.pause();
      }
      await expect.poll(running, { timeout: 10_000 }).toBe(1);
      const leftMs = performance.now();
      socket.destroy();
      await expect.poll(running, { timeout: 5_000, interval: 50 }).toBe(0);
      expect(performance.now() - leftMs).toBeLessThan(1_000 + 500);
      expect(world.faults).toEqual([]);
      // The session, or another one, is there for the next.
      expect(await send(world, { path: '/data/v1/lake/big/1?select=id', headers })).toMatchObject({
        status: 200,
        body: { id: 1 },
      });
    },
    30_000,
  );

  test('a client that reads nothing holds the query back, and no memory', async () => {
    const before = process.memoryUsage.rss();
    const socket = open('/data/v1/lake/big');
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect((process.memoryUsage.rss() - before) / mebibyte).toBeLessThan(64);
    expect(await running()).toBe(1);
    socket.destroy();
    await expect.poll(running, { timeout: 5_000 }).toBe(0);
  }, 30_000);
});
