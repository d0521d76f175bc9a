/**
 * A million rows through the shipped program, from a granted table to the last line, while the memory of its process is
 * watched from outside; and a client that goes away in the middle.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createPostgresDatabase, describeWith, dropPostgresDatabase, postgresSql, shared } from '../servers/index.js';
import { createInstallation, type Installation, type RunningProgram } from './support/program.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const rows = 1_000_000;
const mebibyte = 1_048_576;

interface Place {
  /** What `source add` is told of it. */
  readonly options: readonly string[];
  readonly stdin: string;
  readonly table: string;
  close(): Promise<void>;
}

function residentBytes(pid: number): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1_024;
}

function suite(open: () => Promise<Place>): void {
  let one: Installation;
  let server: RunningProgram;
  let place: Place;
  let token: string;

  beforeAll(async () => {
    one = createInstallation();
    place = await open();
    const run = async (args: readonly string[], stdin?: string) => {
      const { code, stdout, stderr } = await one.run(args, stdin === undefined ? {} : { stdin });
      expect(code, stderr).toBe(0);
      return stdout;
    };
    await run(['service-account', 'add', 'reader', '--no-password']);
    await run(['source', 'add', 'lake', ...place.options, '--purpose', 'read'], place.stdin);
    await run([
      'grant',
      'add',
      '--role',
      'member',
      '--source',
      'lake',
      '--table',
      place.table,
      '--operations',
      'query',
    ]);
    token = (JSON.parse(await run(['api-key', 'add', 'reader', 'stream', '--json'])) as { token: string }).token;
    server = await one.start();
  });
  afterAll(async () => {
    await server?.stop();
    one?.remove();
    await place?.close();
  });

  /** Reads an answer without keeping it. @param untilBytes  then it goes away. */
  function drain(path: string, accept: string, untilBytes = Number.POSITIVE_INFINITY) {
    const { hostname, port } = new URL(server.http);
    const told = { status: 0, lines: 0, bytes: 0, peak: 0, isWhole: false };
    return new Promise<typeof told>((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, accept };
      const asked = request({ hostname, port, path, headers }, (response) => {
        told.status = response.statusCode ?? 0;
        const watch = setInterval(() => {
          told.peak = Math.max(told.peak, residentBytes(server.pid));
        }, 50);
        response.on('data', (chunk: Buffer) => {
          told.bytes += chunk.length;
          for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) told.lines += 1;
          if (told.bytes > untilBytes) response.destroy();
        });
        response.on('close', () => {
          clearInterval(watch);
          told.isWhole = response.complete;
          resolve(told);
        });
        response.on('error', () => {});
      });
      asked.on('error', reject);
      asked.end();
    });
  }

  it.each([
    ['application/x-ndjson', rows],
    ['text/csv', rows + 1],
  ])('as %s, and the process grows by less than 64 MB', async (accept, lines) => {
    // Once, so that what is compiled and pooled is there before.
    await drain('/data/v1/lake/big?limit=100000', accept);
    const before = residentBytes(server.pid);
    const told = await drain('/data/v1/lake/big', accept);
    expect(told).toMatchObject({ status: 200, lines, isWhole: true });
    expect((told.peak - before) / mebibyte).toBeLessThan(64);
  });

  it('is there for the next when a client goes away', async () => {
    for (let at = 0; at < 20; at += 1) {
      const told = await drain('/data/v1/lake/big', 'application/x-ndjson', 100_000);
      expect(told).toMatchObject({ status: 200, isWhole: false });
    }
    const told = await drain('/data/v1/lake/big?limit=10', 'application/x-ndjson');
    expect(told).toMatchObject({ status: 200, lines: 10, isWhole: true });
  });
}

describe('a million rows of SQLite', () => {
  suite(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-lake-'));
    const file = join(folder, 'lake.db');
    const database = new DatabaseSync(file);
    database.exec(`
      CREATE TABLE big (id INTEGER PRIMARY KEY, name TEXT NOT NULL, amount REAL, note TEXT) STRICT;
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
      INSERT INTO big SELECT i, 'name ' || i, i / 7.0, CASE WHEN i % 3 = 0 THEN NULL ELSE hex(i * 7919) END FROM n;
    `);
    database.close();
    return {
      options: ['--engine', 'sqlite', '--database', file],
      stdin: '',
      table: 'main.big',
      close: () => rm(folder, { recursive: true, force: true }),
    };
  });
});

describeWith('postgres', 'a million rows of PostgreSQL', () => {
  suite(async () => {
    const server = shared('postgres');
    const database = await createPostgresDatabase(server, 'lake');
    await postgresSql(
      server,
      `CREATE TABLE big (id integer PRIMARY KEY, name text NOT NULL, amount numeric(12,2), note text);
       INSERT INTO big SELECT i, 'name ' || i, i / 7.0, CASE WHEN i % 3 = 0 THEN NULL ELSE md5(i::text) END
       FROM generate_series(1, ${rows}) i`,
      { database },
    );
    const at = [
      '--host',
      server.host,
      '--port',
      String(server.port),
      '--user',
      server.superuser,
      '--database',
      database,
    ];
    return {
      options: ['--engine', 'postgres', ...at, '--ssl-mode', 'disable', '--password-stdin'],
      stdin: server.password,
      table: 'public.big',
      close: () => dropPostgresDatabase(server, database),
    };
  });
});
