/** `/data/v1` on PostgreSQL and MariaDB: every type of value there and back, and writers that race. @module */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  createPostgresDatabase,
  describeWith,
  dropPostgresDatabase,
  mariadbSql,
  postgresSql,
  shared,
} from '../../servers/index.js';
import { type Received, send } from '../support/client.js';
import { type DataWorld, openDataWorld } from '../support/data-world.js';

interface Bench {
  readonly world: DataWorld;
  readonly schema: string;
  sql(text: string): Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
}

interface Spelling {
  readonly float32: string;
  readonly float64: string;
  readonly instant: string;
  readonly bytes: string;
  readonly json: string;
}

const tables = (types: Spelling) => [
  `CREATE TABLE teams (code varchar(10) PRIMARY KEY, name varchar(40) NOT NULL)`,
  `CREATE TABLE things (
     id integer PRIMARY KEY, team varchar(10) REFERENCES teams (code), big bigint, exact decimal(20,4),
     f4 ${types.float32}, f8 ${types.float64}, text varchar(100), flag boolean, day date, moment ${types.instant},
     bytes ${types.bytes}, doc ${types.json}, amount integer NOT NULL DEFAULT 0,
     CONSTRAINT things_team FOREIGN KEY (team) REFERENCES teams (code)
   )`,
  `CREATE TABLE slow_keys (name varchar(20) PRIMARY KEY, value integer)`,
];

const thing = {
  ...{ id: 1, team: 'a', big: 9007199254740991, exact: '12345678901234.5678', f4: 0.1, f8: 1e-7, text: 'ä "x" \\' },
  ...{
    flag: true,
    day: '2026-01-31',
    moment: '2026-01-31T23:59:59.999Z',
    bytes: 'AP8=',
    doc: { a: [1, null] },
    amount: 5,
  },
};

function suite(open: () => Promise<Bench>, shown: Readonly<Record<string, unknown>>, csv: string): void {
  let bench: Bench;
  let headers: Record<string, string>;

  beforeAll(async () => {
    bench = await open();
    for (const table of ['teams', 'things', 'slow_keys']) {
      await bench.world.grant({ source: 'db', schema: bench.schema, table });
    }
    headers = await bench.world.as('ada');
  }, 60_000);
  afterAll(() => bench?.close());
  beforeEach(async () => {
    for (const table of ['things', 'teams', 'slow_keys']) await bench.sql(`DELETE FROM ${table}`);
    await bench.sql(`INSERT INTO teams VALUES ('a', 'Team A'), ('b', 'Team B')`);
  });

  function ask(method: string, path: string, body?: unknown, more: Record<string, string> = {}): Promise<Received> {
    const sent = { method, path: `/data/v1/db/${path}`, headers: { ...headers, ...more } };
    return send(bench.world, body === undefined ? sent : { ...sent, body });
  }

  test('values come back as they went in', async () => {
    const made = await ask('POST', 'things', thing);
    expect(made).toMatchObject({
      status: 201,
      headers: { location: '/data/v1/db/things/1' },
      body: { ...thing, ...shown },
    });
    expect((await ask('GET', 'things/1')).body).toEqual({ ...thing, ...shown });
    const lines = await ask('GET', 'things', undefined, { accept: 'application/x-ndjson' });
    expect(JSON.parse(lines.text)).toEqual({ ...thing, ...shown });
    expect((await ask('GET', 'things', undefined, { accept: 'text/csv' })).text).toBe(csv);
  });

  test('a row is put, changed without a change, and removed', async () => {
    expect((await ask('PUT', 'things/7', { text: 'new' })).status).toBe(201);
    expect((await ask('PUT', 'things/7', { text: 'new' })).status).toBe(200);
    expect((await ask('PATCH', 'things/7', { text: 'new' })).status).toBe(200);
    expect((await ask('PATCH', 'things/8', { text: 'new' })).status).toBe(404);
    expect((await ask('PATCH', 'things?confirm=all', { text: 'new' })).body).toEqual({ affected: 1 });
    expect((await ask('DELETE', 'things/7')).status).toBe(204);
    expect((await ask('DELETE', 'things/7')).status).toBe(404);
  });

  test('a rehearsal keeps nothing', async () => {
    const rows = [
      { ...thing, id: 1 },
      { ...thing, id: 2 },
    ];
    expect((await ask('POST', 'things?dryRun=true', rows)).body).toMatchObject({ dryRun: true, affected: 2 });
    expect(await bench.sql('SELECT id FROM things')).toEqual([]);
  });

  test('a row of every type is changed only as it was seen', async () => {
    await ask('POST', 'things', thing);
    const { etag = '' } = (await ask('GET', 'things/1')).headers;
    const changed = await ask('PATCH', 'things/1', { amount: 6 }, { 'if-match': etag });
    expect(changed).toMatchObject({ status: 200, body: { amount: 6 } });
    expect((await ask('PATCH', 'things/1', { amount: 7 }, { 'if-match': etag })).status).toBe(412);
    const again = await ask('PUT', 'things/1', { amount: 8 }, { 'if-match': changed.headers['etag'] ?? '' });
    expect(again.status).toBe(200);
    expect((await ask('DELETE', 'things/1', undefined, { 'if-match': again.headers['etag'] ?? '' })).status).toBe(204);
  });

  test('fifty writers who each add one lose nothing', async () => {
    await ask('POST', 'things', { ...thing, amount: 0 });
    let refused = 0;
    const addOne = async () => {
      for (;;) {
        const seen = await ask('GET', 'things/1');
        const { amount } = seen.body as { amount: number };
        const change = await ask(
          'PATCH',
          'things/1',
          { amount: amount + 1 },
          { 'if-match': seen.headers['etag'] ?? '' },
        );
        if (change.status === 200) return;
        expect([412, 503]).toContain(change.status);
        refused += 1;
      }
    };
    await Promise.all(Array.from({ length: 50 }, addOne));
    expect((await ask('GET', 'things/1')).body).toMatchObject({ amount: 50 });
    // They did meet.
    expect(refused).toBeGreaterThan(0);
  }, 120_000);

  test('fifty who put the same row make one', async () => {
    const received = await Promise.all(
      Array.from({ length: 50 }, (_none, at) => ask('PUT', 'things/9', { amount: at })),
    );
    const statuses = received.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status !== 200 && status !== 201)).toEqual([]);
  }, 60_000);

  test('pages go on by texts as the database sorts them', async () => {
    const names = ['a', 'B', 'c', 'ö', 'é', 'z', 'Z1', '10', '9', '-', ' x', '_'];
    await ask(
      'POST',
      'slow_keys',
      names.map((name, value) => ({ name, value })),
    );
    const whole = ((await ask('GET', 'slow_keys')).body as { data: { name: string }[] }).data.map(({ name }) => name);
    expect([...whole].sort()).toEqual([...names].sort());
    const pages: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Received = await ask('GET', `slow_keys?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      const body = page.body as { data: { name: string }[]; nextCursor: string | null };
      pages.push(...body.data.map(({ name }) => name));
      cursor = body.nextCursor;
    }
    expect(pages).toEqual(whole);
  });

  test('related rows come along', async () => {
    await ask('POST', 'things', [thing, { id: 2, team: null }, { id: 3, team: 'a' }]);
    expect((await ask('GET', 'things?select=id&embed=teams(name)')).body).toMatchObject({
      data: [
        { id: 1, teams: { name: 'Team A' } },
        { id: 2, teams: null },
        { id: 3, teams: { name: 'Team A' } },
      ],
    });
    expect((await ask('GET', 'teams?select=code&embed=things(id)')).body).toMatchObject({
      data: [
        { code: 'a', things: [{ id: 1 }, { id: 3 }] },
        { code: 'b', things: [] },
      ],
    });
  });

  test('what breaks a rule of the database is the caller’s to mend', async () => {
    await ask('POST', 'things', thing);
    expect((await ask('POST', 'things', thing)).status).toBe(409);
    expect((await ask('POST', 'things', { id: 5, team: 'none' })).status).toBe(409);
    expect((await ask('PATCH', 'things/1', { amount: null })).status).toBe(409);
    expect((await ask('PATCH', 'things/1', { text: 'x'.repeat(101) })).status).toBe(400);
    expect((await ask('PATCH', 'things/1', { exact: '1'.repeat(17) })).status).toBe(400);
    expect((await ask('PATCH', 'things/1', { day: '2026-02-30' })).status).toBe(400);
    expect((await ask('GET', 'things/1')).body).toEqual({ ...thing, ...shown });
  });
}

describeWith('postgres', 'the data API on PostgreSQL', () => {
  suite(
    async () => {
      const server = shared('postgres');
      const { host, port, superuser, password } = server;
      const database = await createPostgresDatabase(server, 'engines');
      const sql = (text: string) => postgresSql(server, text, { database });
      const types = {
        float32: 'real',
        float64: 'double precision',
        instant: 'timestamptz',
        bytes: 'bytea',
        json: 'jsonb',
      };
      for (const table of tables(types)) await sql(table);
      const world = await openDataWorld();
      await world.addSource({ name: 'db', engine: 'postgres', host, port, username: superuser, password, database });
      return {
        ...{ world, schema: 'public', sql },
        async close() {
          await world.close();
          await dropPostgresDatabase(server, database);
        },
      };
    },
    {},
    'id,team,big,exact,f4,f8,text,flag,day,moment,bytes,doc,amount\r\n' +
      '1,a,9007199254740991,12345678901234.5678,0.1,1e-7,"ä ""x"" \\",true,2026-01-31,2026-01-31T23:59:59.999Z,AP8=,"{""a"": [1, null]}",5\r\n',
  );
});

describeWith('mariadb', 'the data API on MariaDB', () => {
  suite(
    async () => {
      const server = shared('mariadb');
      const { host, port, superuser, password } = server;
      const database = `engines_${Date.now()}`;
      await mariadbSql(server, `CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
      const sql = (text: string) => mariadbSql(server, text, { database });
      const types = {
        float32: 'float',
        float64: 'double',
        instant: 'datetime(6)',
        bytes: 'varbinary(20)',
        json: 'json',
      };
      for (const table of tables(types)) await sql(table);
      const world = await openDataWorld();
      await world.addSource({ name: 'db', engine: 'mysql', host, port, username: superuser, password, database });
      return {
        ...{ world, schema: database, sql },
        async close() {
          await world.close();
          await mariadbSql(server, `DROP DATABASE ${database}`);
        },
      };
    },
    { moment: '2026-01-31T23:59:59.999' },
    'id,team,big,exact,f4,f8,text,flag,day,moment,bytes,doc,amount\r\n' +
      '1,a,9007199254740991,12345678901234.5678,0.1,1e-7,"ä ""x"" \\",true,2026-01-31,2026-01-31T23:59:59.999,AP8=,"{""a"":[1,null]}",5\r\n',
  );
});
