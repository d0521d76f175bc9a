/**
 * Hostile text in every place of `/data/v1` that takes some: no answer says that something broke on our side, nothing
 * that is not granted comes out, and the database is afterwards what it was.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createPostgresDatabase,
  describeWith,
  dropPostgresDatabase,
  postgresSql,
  shared,
} from '../../servers/index.js';
import { type Received, send } from '../support/client.js';
import { type DataWorld, openDataWorld } from '../support/data-world.js';

const canary = 'CANARY-hidden';
const tables = `
  CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER, wage INTEGER);
  CREATE TABLE pets (id INTEGER PRIMARY KEY, owner_id INTEGER REFERENCES people (id), name TEXT);
  CREATE TABLE hidden (id INTEGER PRIMARY KEY, text TEXT);
  INSERT INTO people VALUES (1, 'Ada', 36, 777001), (2, 'Bilal', NULL, 777002), (3, 'o''Neil "x" \`y\` %_\\', 5, 777003);
  INSERT INTO pets VALUES (1, 1, 'Rex'), (2, NULL, 'Tom');
  INSERT INTO hidden VALUES (1, '${canary}');
`;

const corpus = [
  ...["'", '"', '`', '\\', "''", '""', ';', '--', '#', '/*', '*/', '%', '_', '%s', '{{7*7}}'],
  ...["' OR '1'='1", '" OR "1"="1', "1' OR 1=1 --", '1) OR (1=1', "'; DROP TABLE people; --", '1; DELETE FROM people'],
  ...["' UNION SELECT text FROM hidden --", 'name FROM hidden --', 'id" FROM hidden --', 'id` FROM hidden #'],
  ...['(SELECT text FROM hidden)', 'name,(SELECT text FROM hidden)', 'wage', 'people.wage', '"wage"', 'people"."wage'],
  ...['hidden.text', 'main.hidden', 'public.hidden', 'pg_catalog.pg_shadow', 'sqlite_master', 'information_schema'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'length', '0', '-1', '1e999'],
  ...['9007199254740993', '9223372036854775808', 'NaN', 'Infinity', '-Infinity', '0x10', '1_000', '1e1', ' 1', '１'],
  ...['null', 'undefined', 'true', '[]', '{}', '[[]]', '[null]', '{"a":1}', '"x"', '[', '{', '*', '(', ')', '()', ',,'],
  ...['\u0000', 'a\u0000b', '\u001f', '\u007f', '\u200b', '\u202e', '\ufeff', '\uffff', 'ﬃ', 'İ', 'ǅ', '😀', 'é'],
  ...['sum(wage)', 'a:sum(wage)', 'a:count(*)', 'a:max(hidden.text)', "a:max('x')", 'a:sum(id)/0', 'x:count()--'],
  ...['pets(owner_id)', 'pets(wage)', 'hidden(text)', 'pets!id(name)', 'pets!owner_id(name,name)', 'pets(name'],
  ...['-', '+', '--id', '-wage', 'id desc', 'id;--', 'id/**/', 'random()', '1', '1 desc', 'CASE WHEN 1=1 THEN id END'],
  ...[
    '../../etc/passwd',
    '..',
    '.',
    '/',
    '//',
    '%2e%2e',
    '%00',
    '%ff',
    '%c0%af',
    '\r\nx: y',
    '<script>',
    'a'.repeat(3_000),
  ],
  ...['{"id":{"eq":1}}', '{"wage":{"gt":0}}', '{"id":{"eq":"1 OR 1=1"}}', '{"id":{"raw":"1=1"}}', '{"id":{"eq":[1]}}'],
  ...['{"id":{"eq":{"a":1}}}', '{"id":{"in":[1,"2 OR 1=1"]}}', '{"name":{"contains":"%"}}', '{"name":{"eq":null}}'],
  ...['{"or":[]}', '{"and":[{}]}', '{"__proto__":{"eq":1}}', '{"constructor":{"eq":1}}', '{"id":{"__proto__":1}}'],
  ...[
    '{"name":{"eq":"\\u0000"}}',
    '{"name":{"eq":"\\ud800"}}',
    '{"id":{"eq":9007199254740993}}',
    '{"id":{"eq":1e400}}',
  ],
  ...['{"id":{"eq":1.5}}', '{"id":{"between":[1]}}', '{"id":{"between":["a","b"]}}', '{"id":{"null":"yes"}}'],
  ...[`${'{"not":['.repeat(20)}{"id":{"eq":1}}${']}'.repeat(20)}`, `{"id":{"in":[${'1,'.repeat(1_200)}1]}}`],
  ...[`{"or":[${Array.from({ length: 300 }, () => '{"id":{"eq":1},"age":{"eq":1}}').join(',')}]}`],
];

const parameters = [
  ...['select', 'filter', 'order', 'limit', 'offset', 'cursor', 'distinct', 'group', 'aggregate', 'count', 'embed'],
  ...['confirm', 'dryRun', 'unknown'],
];

interface Bench {
  readonly world: DataWorld;
  /** The schema the tables are in. */
  readonly schema: string;
  /** Everything in every table, and which tables there are. */
  dump(): Promise<string>;
  close(): Promise<void>;
}

function suite(open: () => Promise<Bench>): void {
  let bench: Bench;
  let headers: Record<string, string>;
  let before: string;

  beforeAll(async () => {
    bench = await open();
    for (const table of ['people', 'pets']) {
      await bench.world.grant({
        ...{ source: 'zoo', schema: bench.schema, table, operations: ['query', 'insert', 'update', 'delete'] },
        readable: table === 'people' ? ['id', 'name', 'age'] : null,
        writable: table === 'people' ? ['id', 'name', 'age'] : null,
      });
    }
    headers = await bench.world.as('ada');
    before = await bench.dump();
  });
  afterAll(() => bench?.close());

  async function ask(method: string, path: string, body?: unknown, more: Record<string, string> = {}) {
    const sent = { method, path: `/data/v1/zoo/${path}`, headers: { ...headers, ...more } };
    return judge(await send(bench.world, body === undefined ? sent : { ...sent, body }), `${method} ${path}`);
  }

  function judge(received: Received, asked: string): Received {
    expect(received.status, `${asked.slice(0, 300)} ${received.text.slice(0, 300)}`).toBeLessThan(500);
    expect(received.text).not.toMatch(/CANARY|77700[123]/);
    if (received.status >= 400) {
      expect(received.headers['content-type']).toContain('problem+json');
      expect(received.text).not.toMatch(/SELECT |syntax error|no such table|does not exist|\bat \S+:\d+/);
    }
    return received;
  }

  test.each(parameters)(
    'in the parameter %s',
    async (parameter) => {
      for (const text of corpus) {
        const query = `${parameter}=${encodeURIComponent(text)}`;
        const received = await ask('GET', `people?${query}`);
        // What is a condition or a column of its own may find something; what is none finds all, or nothing.
        if (received.status === 200) expect(received.text.length).toBeLessThan(1_000);
        await ask('GET', `people?${query}`, undefined, { accept: 'text/csv' });
        await ask('GET', `people/1?${query}`);
        await ask('GET', `people/count?${query}`);
        if (parameter === 'filter' || parameter === 'confirm' || parameter === 'dryRun') {
          // Rehearsed, so that what does fit changes nothing.
          const dry = parameter === 'dryRun' ? query : `${query}&dryRun=true`;
          if (parameter === 'dryRun' && text === 'false') continue;
          await ask('PATCH', `people?${dry}`, { age: 1 });
          await ask('DELETE', `people?${dry}`);
        }
      }
      expect(await bench.dump()).toBe(before);
    },
    120_000,
  );

  test('in paths and keys', async () => {
    for (const text of corpus) {
      const segment = encodeURIComponent(text);
      await ask('GET', `people/${segment}`);
      await ask('GET', `people/${encodeURIComponent(JSON.stringify([text]))}`);
      await ask('DELETE', `people/${segment}?dryRun=true`);
      await ask('PUT', `people/${segment}?dryRun=true`, { name: 'x' });
      await ask('GET', segment);
      judge(await send(bench.world, { path: `/data/v1/${segment}/people`, headers }), segment);
      // As it is, where a request line can hold it.
      if (/^[\x21-\x7e]+$/.test(text) && text.length < 100) await ask('GET', `people/${text}`);
    }
    expect(await bench.dump()).toBe(before);
  }, 120_000);

  test('in bodies: as names, as values, as whole texts', async () => {
    const json = { 'content-type': 'application/json' };
    for (const text of corpus) {
      const named = Object.fromEntries([[text, 1]]);
      for (const body of [named, { name: 'x', ...named }, { id: text, name: text, age: text }, [{ name: text }]]) {
        await ask('POST', 'people?dryRun=true', body);
      }
      await ask('PATCH', 'people/1?dryRun=true', { name: text });
      await ask('PATCH', 'people/1?dryRun=true', { age: text });
      await ask('PATCH', 'people?dryRun=true&confirm=all', named);
      await ask('POST', 'people?dryRun=true', text === '' ? '{}' : text, json);
    }
    for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xef, 0xbb, 0xbf, 0x7b, 0x7d]]) {
      await ask('POST', 'people?dryRun=true', new Uint8Array(bytes), json);
    }
    const deep = `${'{"name":'.repeat(1_000)}1${'}'.repeat(1_000)}`;
    expect((await ask('POST', 'people', deep, json)).status).toBe(400);
    expect(await bench.dump()).toBe(before);
  }, 120_000);

  test('in headers', async () => {
    for (const text of corpus) {
      if (!/^[\x20-\x7e]+$/.test(text) || text.length > 1_000) continue;
      await ask('GET', 'people/1', undefined, { 'if-none-match': text, accept: text });
      await ask('PATCH', 'people/1?dryRun=true', { age: 1 }, { 'if-match': text, prefer: text });
      await ask('PATCH', 'people/99', { age: 1 }, { 'idempotency-key': text });
    }
    expect(await bench.dump()).toBe(before);
  }, 120_000);

  test('ten megabytes are not read', async () => {
    const received = await ask('POST', 'people', { name: 'x'.repeat(10_000_000) });
    expect(received.status).toBe(413);
  });

  test('values are kept to the byte', async () => {
    for (const name of corpus) {
      if (name === '' || name.includes('\u0000')) continue;
      expect(await ask('PATCH', 'people/2', { name })).toMatchObject({ status: 200, body: { id: 2, name } });
      const filter = encodeURIComponent(JSON.stringify({ name: { eq: name }, id: { eq: 2 } }));
      if (name.length < 2_000)
        expect((await ask('GET', `people?select=id&filter=${filter}`)).body).toMatchObject({ data: [{ id: 2 }] });
    }
    await ask('PATCH', 'people/2', { name: 'Bilal' });
    expect(await bench.dump()).toBe(before);
  }, 120_000);
}

describe('hostile text on SQLite', () => {
  suite(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-hostile-'));
    const database = new DatabaseSync(join(folder, 'zoo.db'));
    database.exec(tables);
    const world = await openDataWorld();
    await world.addSource({ name: 'zoo', engine: 'sqlite', database: join(folder, 'zoo.db') });
    const all = (table: string) => database.prepare(`SELECT * FROM ${table} ORDER BY 1`).all();
    return {
      world,
      schema: 'main',
      dump: async () => JSON.stringify(['people', 'pets', 'hidden', 'sqlite_master'].map(all)),
      async close() {
        database.close();
        await world.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  });
});

describeWith('postgres', 'hostile text on PostgreSQL', () => {
  suite(async () => {
    const { host, port, superuser, password } = shared('postgres');
    const database = await createPostgresDatabase(shared('postgres'), 'hostile');
    await postgresSql(shared('postgres'), tables.replaceAll('\\`', '`'), { database });
    const world = await openDataWorld();
    await world.addSource({ name: 'zoo', engine: 'postgres', host, port, username: superuser, password, database });
    const all = (sql: string) => postgresSql(shared('postgres'), sql, { database });
    return {
      world,
      schema: 'public',
      dump: async () => {
        const told: unknown[] = [];
        for (const table of ['people', 'pets', 'hidden']) told.push(await all(`SELECT * FROM ${table} ORDER BY id`));
        told.push(
          await all(`SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1`),
        );
        return JSON.stringify(told);
      },
      async close() {
        await world.close();
        await dropPostgresDatabase(shared('postgres'), database);
      },
    };
  });
});
