/** `/data/v1` on a real database: what is asked, what comes, who learns what. @module */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Received, type Sent, send } from '../support/client.js';
import { type DataWorld, openDataWorld } from '../support/data-world.js';
import { nativeToken } from '../support/sign-in.js';

const schema = `
  CREATE TABLE departments (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, location TEXT) STRICT;
  CREATE TABLE employees (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, salary INTEGER NOT NULL, note TEXT,
    department_id INTEGER REFERENCES departments (id), manager_id INTEGER REFERENCES employees (id)
  ) STRICT;
  CREATE TABLE prices (item TEXT NOT NULL, currency TEXT NOT NULL, cents INTEGER, PRIMARY KEY (item, currency)) STRICT;
  CREATE TABLE words (word TEXT PRIMARY KEY NOT NULL, meaning TEXT) STRICT;
  CREATE TABLE secrets (id INTEGER PRIMARY KEY, text TEXT) STRICT;
  CREATE VIEW payroll AS SELECT department_id, sum(salary) AS total FROM employees GROUP BY department_id;
  INSERT INTO departments VALUES (1, 'Engineering', 'Berlin'), (2, 'Research', 'Nairobi'), (3, 'Legal', NULL);
  INSERT INTO employees VALUES
    (1, 'Ada', 300, 'first', 1, NULL), (2, 'Bilal', 200, NULL, 1, 1), (3, 'Chen', 250, '=1+1', 2, 1),
    (4, 'Dorothy', 200, 'a "b", c', 2, 3), (5, 'Edsger', 100, '', NULL, 1);
  INSERT INTO prices VALUES ('a,b', 'EUR', 5), ('tea', 'EUR', 3), ('tea', 'USD', 4);
  INSERT INTO words VALUES ('count', 'to tell over'), ('a/b c%', 'a sign'), ('täglich', 'daily');
  INSERT INTO secrets VALUES (1, 'CANARY-secret');
`;

let folder: string;
let world: DataWorld;
let ada: { authorization: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-data-'));
  const database = new DatabaseSync(join(folder, 'hr.db'));
  database.exec(schema);
  database.close();
  world = await openDataWorld();
  await world.addSource({ name: 'hr', engine: 'sqlite', database: join(folder, 'hr.db') });
  for (const table of ['departments', 'employees', 'prices', 'words', 'payroll']) {
    const operations = table === 'payroll' ? (['query'] as const) : (['query', 'insert', 'update', 'delete'] as const);
    await world.grant({ source: 'hr', schema: 'main', table, operations });
  }
  await world.grant({ source: 'hr', schema: 'main', table: 'secrets', role: 'administrator' });
  ada = await world.as('ada');
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

type Query = Readonly<Record<string, unknown>>;

function pathOf(object: string, query: Query = {}): string {
  const pairs = Object.entries(query).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `${encodeURIComponent(name)}=${encodeURIComponent(text)}`;
  });
  return `/data/v1/hr/${object}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`;
}

function ask(method: string, path: string, more: Omit<Sent, 'method' | 'path'> = {}): Promise<Received> {
  return send(world, { method, path, ...more, headers: { ...ada, ...more.headers } });
}

const get = (object: string, query: Query = {}, headers: Record<string, string> = {}) =>
  ask('GET', pathOf(object, query), { headers });

describe('a list of rows', () => {
  test('has every column that may be read, in the order of the key', async () => {
    const received = await get('employees', { limit: 2 });
    expect(received).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json; charset=utf-8', vary: 'Accept' },
      body: {
        data: [
          { id: 1, name: 'Ada', salary: 300, note: 'first', department_id: 1, manager_id: null },
          { id: 2, name: 'Bilal', salary: 200, note: null, department_id: 1, manager_id: 1 },
        ],
        nextCursor: expect.any(String),
      },
    });
  });

  test.each<[string, Query, unknown[]]>([
    ['columns', { select: 'name', limit: 1 }, [{ name: 'Ada' }]],
    ['columns in the order asked', { select: 'salary,id', limit: 1 }, [{ salary: 300, id: 1 }]],
    ['a condition', { select: 'id', filter: { salary: { gt: 200 } } }, [{ id: 1 }, { id: 3 }]],
    ['two of them', { select: 'id', filter: { salary: { gte: 200 }, name: { starts: 'B' } } }, [{ id: 2 }]],
    ['either', { select: 'id', filter: { or: [{ id: { eq: 1 } }, { name: { ends: 'er' } }] } }, [{ id: 1 }, { id: 5 }]],
    ['not', { select: 'id', filter: { not: [{ id: { in: [1, 2, 3] } }] } }, [{ id: 4 }, { id: 5 }]],
    ['null', { select: 'id', filter: { note: { null: true } } }, [{ id: 2 }]],
    ['an order', { select: 'id', order: '-salary,-name' }, [{ id: 1 }, { id: 3 }, { id: 4 }, { id: 2 }, { id: 5 }]],
    ['nulls last', { select: 'id', order: '-department_id,id', offset: 3 }, [{ id: 2 }, { id: 5 }]],
    ['an offset', { select: 'id', offset: 4 }, [{ id: 5 }]],
    ['distinct', { select: 'salary', distinct: 'true', order: 'salary', limit: 2 }, [{ salary: 100 }, { salary: 200 }]],
    [
      'groups',
      { group: 'department_id', aggregate: 'sum:sum(salary),n:count()', order: 'department_id' },
      [
        { department_id: 1, sum: 500, n: 2 },
        { department_id: 2, sum: 450, n: 2 },
        { department_id: null, sum: 100, n: 1 },
      ],
    ],
    [
      'aggregates alone',
      { aggregate: 'top:max(salary),different:count_distinct(salary)' },
      [{ top: 300, different: 4 }],
    ],
    ['nothing found', { filter: { id: { eq: 99 } } }, []],
  ])('%s', async (_name, query, data) => {
    const received = await get('employees', query);
    expect({ status: received.status, data: (received.body as { data: unknown }).data }).toEqual({ status: 200, data });
  });

  test('a view has no key and is read all the same', async () => {
    // What SQLite computes has no declared type, and comes as text.
    expect((await get('payroll', { order: '-department_id' })).body).toEqual({
      data: [
        { department_id: 2, total: '450' },
        { department_id: 1, total: '500' },
        { department_id: null, total: '100' },
      ],
      nextCursor: null,
    });
  });

  test.each<[string, Query]>([
    ['its key', { select: 'name' }],
    ['an order that ends in the key', { select: 'id', order: '-salary' }],
    ['an order with nulls in it', { select: 'id', order: 'note' }],
    ['groups', { group: 'salary', aggregate: 'n:count()', order: '-salary' }],
    ['distinct rows', { select: 'department_id', distinct: 'true', order: 'department_id' }],
    ['an offset', { select: 'id', offset: 1 }],
  ])('pages go on by %s: all rows, none twice', async (_name, query) => {
    const whole = (await get('employees', query)).body as { data: unknown[]; nextCursor: null };
    expect(whole.nextCursor).toBeNull();
    const pages: unknown[] = [];
    let cursor: string | null = null;
    const { offset, ...rest } = query as Query & { offset?: number };
    do {
      const place: Query = cursor === null ? (offset === undefined ? {} : { offset }) : { cursor };
      const page: Received = await get('employees', { ...rest, ...place, limit: 2 });
      expect(page.status).toBe(200);
      const body = page.body as { data: unknown[]; nextCursor: string | null };
      pages.push(...body.data);
      cursor = body.nextCursor;
    } while (cursor !== null);
    expect(pages).toEqual(whole.data);
  });

  test('a page that goes on by the key misses and repeats nothing when rows before it go', async () => {
    await ask('POST', pathOf('departments'), { body: [10, 11, 12, 13].map((id) => ({ id, name: `d${id}` })) });
    const first = (await get('departments', { filter: { id: { gte: 10 } }, select: 'name', limit: 2 })).body;
    const { nextCursor } = first as { nextCursor: string };
    await ask('DELETE', pathOf('departments/10'));
    const query = { filter: { id: { gte: 10 } }, select: 'name', limit: 2, cursor: nextCursor };
    expect((await get('departments', query)).body).toEqual({
      data: [{ name: 'd12' }, { name: 'd13' }],
      nextCursor: null,
    });
    await ask('DELETE', pathOf('departments', { filter: { id: { gte: 10 } } }));
  });

  test('is counted when that is asked for', async () => {
    expect(
      (await get('employees', { select: 'id', limit: 1, count: 'exact', filter: { id: { gt: 2 } } })).body,
    ).toEqual({
      data: [{ id: 3 }],
      nextCursor: expect.any(String),
      total: 3,
      isTotalEstimated: false,
    });
    expect((await get('employees/count')).body).toEqual({ count: 5, isEstimate: false });
    expect((await get('employees/count', { filter: { salary: { eq: 200 } } })).body).toEqual({
      count: 2,
      isEstimate: false,
    });
    expect((await get('employees/count', { count: 'estimate' })).status).toBe(200);
  });

  test('as lines', async () => {
    const received = await get('employees', { select: 'id,note', limit: 3 }, { accept: 'application/x-ndjson' });
    expect(received).toMatchObject({ status: 200, headers: { 'content-type': 'application/x-ndjson; charset=utf-8' } });
    expect(received.text).toBe('{"id":1,"note":"first"}\n{"id":2,"note":null}\n{"id":3,"note":"=1+1"}\n');
    const all = await get('employees', { select: 'id' }, { accept: 'application/x-ndjson' });
    expect(all.text.trimEnd().split('\n')).toHaveLength(5);
    expect((await get('employees', { limit: 0 }, { accept: 'application/x-ndjson' })).text).toBe('');
  });

  test('as CSV', async () => {
    const received = await get('employees', { select: 'id,note', order: 'id' }, { accept: 'text/csv' });
    expect(received).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/csv; charset=utf-8; header=present' },
    });
    expect(received.text).toBe('id,note\r\n1,first\r\n2,\r\n3,\'=1+1\r\n4,"a ""b"", c"\r\n5,""\r\n');
    expect(received.headers).not.toHaveProperty('content-disposition');
    expect((await get('employees', { filter: { id: { eq: 99 } } }, { accept: 'text/csv' })).text).toBe(
      'id,name,salary,note,department_id,manager_id\r\n',
    );
  });
});

describe('embedded rows', () => {
  test('the one a key points to', async () => {
    const query = { select: 'id', embed: 'departments(name,location)', filter: { id: { in: [1, 3, 5] } } };
    expect((await get('employees', query)).body).toEqual({
      data: [
        { id: 1, departments: { name: 'Engineering', location: 'Berlin' } },
        { id: 3, departments: { name: 'Research', location: 'Nairobi' } },
        { id: 5, departments: null },
      ],
      nextCursor: null,
    });
  });

  test('those that point to it, under another name', async () => {
    const query = { select: 'name', embed: 'people:employees(name)' };
    expect((await get('departments', query)).body).toEqual({
      data: [
        { name: 'Engineering', people: [{ name: 'Ada' }, { name: 'Bilal' }] },
        { name: 'Research', people: [{ name: 'Chen' }, { name: 'Dorothy' }] },
        { name: 'Legal', people: [] },
      ],
      nextCursor: null,
    });
  });

  test('a table that points to itself, in lines, page by page, and of one row', async () => {
    const query = { select: 'id', embed: 'boss:employees!manager_id(name),departments(name)', limit: 2 };
    const lines = await get('employees', query, { accept: 'application/x-ndjson' });
    expect(lines.text).toBe(
      '{"id":1,"boss":null,"departments":{"name":"Engineering"}}\n' +
        '{"id":2,"boss":{"name":"Ada"},"departments":{"name":"Engineering"}}\n',
    );
    const page = (await get('employees', query)).body as { data: unknown[]; nextCursor: string };
    expect((await get('employees', { ...query, cursor: page.nextCursor })).body).toMatchObject({
      data: [
        { id: 3, boss: { name: 'Ada' } },
        { id: 4, boss: { name: 'Chen' } },
      ],
    });
    expect((await get('employees/4', { select: 'id', embed: 'boss:employees!manager_id(name)' })).body).toEqual({
      id: 4,
      boss: { name: 'Chen' },
    });
  });

  test.each<[string, string, number, string]>([
    ['what is not granted', 'secrets(text)', 403, 'data.dataset_denied'],
    ['what does not exist', 'nothing(text)', 403, 'data.dataset_denied'],
    ['what no key joins', 'words', 400, 'http.field_invalid'],
    ['by a column of no key', 'departments!salary(name)', 400, 'http.field_invalid'],
    ['under the name of a column', 'note:departments(name)', 400, 'http.field_invalid'],
    ['a column that is not there', 'departments(budget)', 400, 'query.unknown_column'],
    ['nothing at all', '', 400, 'http.field_invalid'],
  ])('%s is not embedded', async (_name, embed, status, code) => {
    expect(await get('employees', { embed })).toMatchObject({ status, body: { code } });
  });

  test('a CSV has no place for them', async () => {
    const received = await get('employees', { embed: 'departments' }, { accept: 'text/csv' });
    expect(received).toMatchObject({ status: 400, body: { field: 'embed' } });
  });
});

describe('one row', () => {
  test('by its key, with a tag', async () => {
    const received = await get('employees/3');
    expect(received).toMatchObject({ status: 200, body: { id: 3, name: 'Chen' } });
    const { etag = '' } = received.headers;
    expect(etag).toMatch(/^"[\w-]{32}"$/);
    expect(await get('employees/3', { select: 'name' })).toMatchObject({ body: { name: 'Chen' }, headers: { etag } });
    expect(await get('employees/3', {}, { 'if-none-match': etag })).toMatchObject({ status: 304, text: '' });
    expect((await get('employees/3', {}, { 'if-none-match': '"other"' })).status).toBe(200);
    expect((await ask('HEAD', pathOf('employees/3'))).headers['etag']).toBe(etag);
  });

  test.each([
    ['prices/tea,EUR', { item: 'tea', currency: 'EUR', cents: 3 }],
    [`prices/${encodeURIComponent('["a,b","EUR"]')}`, { item: 'a,b', currency: 'EUR', cents: 5 }],
    [`words/${encodeURIComponent('["count"]')}`, { word: 'count', meaning: 'to tell over' }],
    [`words/${encodeURIComponent('a/b c%')}`, { word: 'a/b c%', meaning: 'a sign' }],
    [`words/${encodeURIComponent('täglich')}`, { word: 'täglich', meaning: 'daily' }],
  ])('%s', async (path, row) => {
    expect(await get(path)).toMatchObject({ status: 200, body: row });
  });

  test.each([
    ['employees/99', 404, 'data.row_not_found'],
    ['employees/3x', 400, 'query.value_invalid'],
    ['employees/1,2', 400, 'query.value_invalid'],
    ['employees/99999999999999999999', 400, 'query.value_invalid'],
    ['prices/tea', 400, 'http.field_invalid'],
    ['prices/tea,EUR,x', 400, 'http.field_invalid'],
    ['payroll/1', 400, 'data.key_missing'],
    ['words/%63ount', 404, 'http.not_found'],
    ['words/%ff', 400, 'http.url_malformed'],
    ['words/%00', 400, 'query.value_invalid'],
    [`words/${'x'.repeat(1_100)}`, 404, 'http.not_found'],
    ['employees/3/more', 404, 'http.not_found'],
    ['employees/', 404, 'http.not_found'],
  ])('%s', async (path, status, code) => {
    expect(await get(path)).toMatchObject({ status, body: { code } });
  });
});

describe('what is there', () => {
  test('the datasets one may use', async () => {
    const received = await ask('GET', '/data/v1');
    const { items } = received.body as { items: { name: string }[] };
    expect(items.map(({ name }) => name).sort()).toEqual(['Departments', 'Employees', 'Payroll', 'Prices', 'Words']);
    expect(items.find(({ name }) => name === 'Words')).toEqual({
      ...{ name: 'Words', source: 'hr', kind: 'table', schema: 'main', table: 'words', path: '/data/v1/hr/Words' },
    });
    expect((await ask('GET', '/data/v1?source=nothing')).body).toEqual({ items: [], nextCursor: null });
  });

  test('by name, by table, by schema and table', async () => {
    for (const object of ['Words', 'words', 'main.words']) {
      expect((await get(`${object}/count`)).body).toEqual({ count: 3, isEstimate: false });
    }
  });

  test('what it looks like', async () => {
    expect((await get('prices/describe')).body).toMatchObject({
      name: 'Prices',
      operations: ['query', 'insert', 'update', 'delete'],
      primaryKey: ['item', 'currency'],
      columns: [
        { name: 'item', type: 'text', isNullable: false, isReadable: true, isMasked: false, isInsertable: true },
        { name: 'currency' },
        { name: 'cents', type: 'int64', isNullable: true, isUpdatable: true },
      ],
    });
  });
});

describe('who may not', () => {
  const paths = (object: string) => [
    ['GET', object],
    ['GET', `${object}/count`],
    ['GET', `${object}/describe`],
    ['GET', `${object}/1`],
    ['POST', object],
    ['PATCH', `${object}?confirm=all`],
    ['DELETE', `${object}?confirm=all`],
    ['PUT', `${object}/1`],
    ['PATCH', `${object}/1`],
    ['DELETE', `${object}/1`],
  ];

  test('what is denied and what does not exist are the same answer', async () => {
    const told = new Set<string>();
    for (const object of ['secrets', 'Secrets', 'main.secrets', 'nothing', 'x.y', '1', '__proto__', 'constructor']) {
      for (const [method = '', path = ''] of paths(object)) {
        const body = method === 'GET' || method === 'DELETE' ? {} : { body: { text: 'x' } };
        const received = await ask(method, pathOf(path), body);
        const { requestId, ...rest } = received.body as Record<string, unknown>;
        expect(requestId).toBe(received.headers['x-request-id']);
        const { date, 'x-request-id': _id, 'content-length': _length, ...headers } = received.headers;
        expect(date).toBeDefined();
        told.add(JSON.stringify([received.status, rest, headers]));
      }
    }
    expect([...told]).toHaveLength(1);
    expect([...told][0]).toContain('data.dataset_denied');
  });

  test('another source is no other answer', async () => {
    const received = await ask('GET', '/data/v1/nothing/employees');
    expect(received).toMatchObject({ status: 403, body: { code: 'data.dataset_denied' } });
  });

  test('whoever may not use data at all', async () => {
    const authorization = `Bearer ${await nativeToken(world, 'ada', ['api_keys.manage_own'])}`;
    const denied = { status: 403, body: { code: 'access.denied' } };
    for (const object of ['employees', 'secrets', 'nothing']) {
      for (const [method = '', path = ''] of paths(object)) {
        const body = method === 'GET' || method === 'DELETE' ? {} : { body: { note: 'x' } };
        expect(await ask(method, pathOf(path), { ...body, headers: { authorization } })).toMatchObject(denied);
      }
    }
  });
});

describe('an API key', () => {
  let bob: { authorization: string };

  beforeAll(async () => {
    const other = new DatabaseSync(join(folder, 'other.db'));
    other.exec("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT); INSERT INTO notes VALUES (1, 'elsewhere')");
    other.close();
    await world.addSource({ name: 'other', engine: 'sqlite', database: join(folder, 'other.db') });
    await world.grant({ source: 'other', schema: 'main', table: 'notes' });
    await world.identity.users.set(world.operator, 'bob', { addRoles: ['administrator'] });
    bob = await world.as('bob');
  });

  async function keyOf(narrowing: object): Promise<Record<string, string>> {
    const body = { name: 'key', ...narrowing };
    const made = await send(world, { method: 'POST', path: '/admin/v1/api-keys', headers: bob, body });
    expect(made.status).toBe(201);
    return { authorization: `Bearer ${String((made.body as { value: string }).value)}` };
  }

  test('does what its user may, in the sources it is for and nowhere else', async () => {
    const wide = await keyOf({});
    const narrow = await keyOf({ sources: ['other'] });
    for (const headers of [wide, bob]) {
      expect((await send(world, { path: '/data/v1/hr/secrets/1', headers })).body).toMatchObject({ id: 1 });
      expect((await send(world, { path: '/data/v1/other/notes/1', headers })).status).toBe(200);
    }
    expect((await send(world, { path: '/data/v1/other/notes/1', headers: narrow })).status).toBe(200);
    const told = async (path: string) => {
      const { status, text, headers } = await send(world, { path, headers: narrow });
      return [status, text.replaceAll(headers['x-request-id'] ?? '', '')];
    };
    const nothing = await told('/data/v1/nothing/employees');
    expect(nothing[0]).toBe(403);
    for (const path of ['/data/v1/hr/employees', '/data/v1/hr/secrets/1', '/data/v1/hr/employees/describe']) {
      expect(await told(path)).toEqual(nothing);
    }
    const { items } = (await send(world, { path: '/data/v1', headers: narrow })).body as {
      items: { source: string }[];
    };
    expect(new Set(items.map(({ source }) => source))).toEqual(new Set(['other']));
  });

  test('whose scopes leave data out opens none', async () => {
    const headers = await keyOf({ scopes: ['sources.inspect'] });
    for (const path of ['/data/v1', '/data/v1/hr/employees', '/data/v1/nothing/x']) {
      expect(await send(world, { path, headers })).toMatchObject({ status: 403, body: { code: 'access.denied' } });
    }
  });
});

describe('what several grants show of a row differs', () => {
  let bob: { authorization: string };

  beforeAll(async () => {
    const seen = new DatabaseSync(join(folder, 'seen.db'));
    seen.exec(`
      CREATE TABLE cases (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL);
      INSERT INTO cases VALUES (1, 'bob', 'b'), (2, 'ada', 'CANARY-a'), (3, 'bob', 'c'), (4, 'ada', 'CANARY-d'), (5, 'bob', 'a');
      CREATE TABLE cards (number TEXT PRIMARY KEY NOT NULL, holder TEXT NOT NULL);
      INSERT INTO cards VALUES ('4111', 'Ada'), ('4222', 'Bob'), ('5333', 'Cy');
    `);
    seen.close();
    await world.addSource({ name: 'seen', engine: 'sqlite', database: join(folder, 'seen.db') });
    const place = { source: 'seen', schema: 'main', operations: ['query', 'update'] as const };
    await world.grant({ ...place, table: 'cases', readable: ['id', 'owner'] });
    await world.grant({
      ...{ ...place, table: 'cases', role: 'administrator' },
      filter: { kind: 'compare', column: 'owner', operator: 'eq', value: '$user' },
    });
    await world.grant({
      ...place,
      table: 'cards',
      masks: [{ column: 'number', mask: { kind: 'keep_left', keep: 1 } }],
    });
    await world.identity.users.set(world.operator, 'bob', { addRoles: ['administrator'] });
    bob = await world.as('bob');
  });

  const read = (path: string) => send(world, { path: `/data/v1/seen/${path}`, headers: bob });

  test('what is hidden is null, sorts last, and pages still hold every row once', async () => {
    const whole = [
      { id: 5, title: 'a' },
      { id: 1, title: 'b' },
      { id: 3, title: 'c' },
      { id: 2, title: null },
      { id: 4, title: null },
    ];
    expect((await read('cases?select=id,title&order=title')).body).toMatchObject({ data: whole });
    for (const limit of [1, 2, 3, 4]) {
      const rows: unknown[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const place: string = cursor === '' ? '' : `&cursor=${cursor}`;
        const page: Received = await read(`cases?select=id,title&order=title&limit=${limit}${place}`);
        expect(page.text).not.toContain('CANARY');
        const body = page.body as { data: unknown[]; nextCursor: string | null };
        rows.push(...body.data);
        cursor = body.nextCursor;
      }
      expect(rows).toEqual(whole);
    }
    const filter = encodeURIComponent(JSON.stringify({ title: { starts: 'CANARY' } }));
    expect((await read(`cases?filter=${filter}`)).body).toMatchObject({ data: [] });
    expect((await read('cases/2')).body).toEqual({ id: 2, owner: 'ada', title: null });
  });

  test('a masked key is no key to ask by, and no order of pages', async () => {
    expect((await read('cards')).body).toMatchObject({
      data: [
        { number: '4***', holder: 'Ada' },
        { number: '4***', holder: 'Bob' },
        { number: '5***', holder: 'Cy' },
      ],
    });
    for (const key of ['4111', '4***', '9']) {
      expect(await read(`cards/${key}`)).toMatchObject({ status: 400, body: { code: 'data.key_missing' } });
    }
    const first = (await read('cards?limit=2&select=holder')).body as { data: unknown[]; nextCursor: string };
    const second = (await read(`cards?limit=2&select=holder&cursor=${first.nextCursor}`)).body as { data: unknown[] };
    expect([...first.data, ...second.data]).toHaveLength(3);
    expect(JSON.stringify((await read('cards/describe')).body)).not.toMatch(/4111|4222|5333/);
  });
});
