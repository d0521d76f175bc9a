/** Writing at `/data/v1` on a real database: what is kept, what is answered, and who is told what they may not. @module */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Received, type Sent, send } from '../support/client.js';
import { type DataWorld, openDataWorld } from '../support/data-world.js';

const schema = `
  CREATE TABLE items (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, amount INTEGER NOT NULL DEFAULT 0 CHECK (amount >= 0), note TEXT
  ) STRICT;
  CREATE TABLE rates (base TEXT NOT NULL, quote TEXT NOT NULL, rate TEXT, PRIMARY KEY (base, quote)) STRICT;
  CREATE TABLE badges (id INTEGER PRIMARY KEY, "full name" TEXT, level INTEGER, code TEXT) STRICT;
  CREATE TABLE tasks (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, text TEXT, cost INTEGER) STRICT;
`;

let folder: string;
let database: InstanceType<typeof DatabaseSync>;
let world: DataWorld;
let ada: { authorization: string };
let bob: { authorization: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-data-'));
  database = new DatabaseSync(join(folder, 'stock.db'));
  database.exec(schema);
  world = await openDataWorld();
  await world.addSource({ name: 'stock', engine: 'sqlite', database: join(folder, 'stock.db') });
  for (const table of ['items', 'rates']) await world.grant({ source: 'stock', schema: 'main', table });
  // Everything is seen; a change knows of the key alone.
  const badges = { source: 'stock', schema: 'main', table: 'badges' };
  await world.grant({ ...badges, operations: ['query'] });
  await world.grant({ ...badges, operations: ['update'], readable: ['id'], writable: ['level'] });
  // One's own tasks; what they cost is neither seen nor said.
  await world.grant({
    ...{ source: 'stock', schema: 'main', table: 'tasks' },
    readable: ['id', 'owner', 'text'],
    writable: ['id', 'owner', 'text'],
    filter: { kind: 'compare', column: 'owner', operator: 'eq', value: '$user' },
  });
  [ada, bob] = [await world.as('ada'), await world.as('bob')];
});
afterAll(async () => {
  database.close();
  await world.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  database.exec(`
    DELETE FROM items; DELETE FROM rates; DELETE FROM tasks;
    INSERT INTO items VALUES (1, 'one', 10, NULL), (2, 'two', 20, 'x'), (3, 'three', 30, NULL);
    INSERT INTO rates VALUES ('EUR', 'USD', '1.1');
    INSERT INTO tasks VALUES (1, 'ada', 'hers', 5), (2, 'bob', 'his', 7);
  `);
});

const rowsOf = (sql: string) => database.prepare(sql).all();
const items = () => rowsOf('SELECT id, name, amount, note FROM items ORDER BY id');

function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Received> {
  const sent: Sent = { method, path: `/data/v1/stock/${path}`, headers: { ...ada, ...headers } };
  return send(world, body === undefined ? sent : { ...sent, body });
}

const minimal = { prefer: 'return=minimal' };
const representation = { prefer: 'return=representation' };
const filterOf = (filter: unknown) => `filter=${encodeURIComponent(JSON.stringify(filter))}`;

describe('a row is added', () => {
  test('and comes back with what the database made of it', async () => {
    const received = await ask('POST', 'items', { id: 4, name: 'four' });
    expect(received).toMatchObject({
      status: 201,
      headers: { location: '/data/v1/stock/items/4', etag: expect.stringMatching(/^"/) },
      body: { id: 4, name: 'four', amount: 0, note: null },
    });
    expect(received.headers).not.toHaveProperty('preference-applied');
    const seen = await ask('GET', 'items/4');
    expect(seen.body).toEqual(received.body);
    expect(seen.headers['etag']).toBe(received.headers['etag']);
  });

  test('and nothing but its place comes back when that is preferred', async () => {
    const received = await ask('POST', 'items', { name: 'five' }, minimal);
    expect(received).toMatchObject({ status: 201, text: '', headers: { 'preference-applied': 'return=minimal' } });
    expect((await send(world, { path: received.headers['location'] ?? '', headers: ada })).body).toMatchObject({
      name: 'five',
    });
    expect((await ask('POST', 'items', { name: 'six' }, representation)).headers['preference-applied']).toBe(
      'return=representation',
    );
  });

  test('its place is spelled so that it is found there', async () => {
    for (const base of ['a,b', 'ä/ö', '%2F', '[', '']) {
      const received = await ask('POST', 'rates', { base, quote: 'x y' });
      expect(received.status).toBe(201);
      const found = await send(world, { path: received.headers['location'] ?? '', headers: ada });
      expect(found).toMatchObject({ status: 200, body: { base, quote: 'x y' } });
    }
  });

  test('a thousand at once, or none of them', async () => {
    const rows = Array.from({ length: 1_000 }, (_none, at) => ({ id: 100 + at, name: `n${at}`, amount: at }));
    const received = await ask('POST', 'items', rows);
    expect(received).toMatchObject({ status: 201, body: { affected: 1_000 } });
    expect(received.headers).not.toHaveProperty('location');
    expect(items()).toHaveLength(1_003);
    const more = [{ name: 'new' }, { name: 'one' }];
    expect(await ask('POST', 'items', more)).toMatchObject({
      status: 409,
      body: { code: 'sources.constraint_violated' },
    });
    expect(items()).toHaveLength(1_003);
    const shown = await ask('POST', 'items', [{ id: 5_000, name: 'new' }], representation);
    expect(shown.body).toEqual({ affected: 1, data: [{ id: 5_000, name: 'new', amount: 0, note: null }] });
  });

  test('one a line', async () => {
    const lines = { 'content-type': 'application/x-ndjson' };
    const text = '{"id":11,"name":"a"}\r\n{"id":12,"name":"b\\nc"}\n';
    expect(await ask('POST', 'items', text, lines)).toMatchObject({ status: 201, body: { affected: 2 } });
    expect(items().slice(3)).toMatchObject([{ name: 'a' }, { name: 'b\nc' }]);
    for (const [body, status, code] of [
      ['{"name":"x"}\n\n{"name":"y"}', 400, 'http.body_malformed'],
      ['{"name":"x"}\n{"name":', 400, 'http.body_malformed'],
      ['{"name":"x"} {"name":"y"}', 400, 'http.body_malformed'],
      ['1\n'.repeat(10_001), 413, 'http.body_too_large'],
      ['{"name":"x"}\n'.repeat(1_001), 400, 'query.rows_invalid'],
      ['[{"name":"x"}]', 400, 'http.body_shape_invalid'],
    ] as const) {
      expect(await ask('POST', 'items', body, lines)).toMatchObject({ status, body: { code } });
    }
    expect(items()).toHaveLength(5);
    expect((await ask('PATCH', 'items/1', '{"amount":1}', lines)).status).toBe(415);
  });

  test.each<[string, unknown, number, string]>([
    ['a column that is not there', { name: 'x', colour: 'red' }, 400, 'query.unknown_column'],
    ['a value of another type', { name: 'x', amount: 'many' }, 400, 'query.value_invalid'],
    ['more than 2^53', '{"name":"x","amount":9007199254740993}', 400, 'query.value_invalid'],
    ['what no double holds', '{"name":"x","amount":1e999}', 400, 'http.body_malformed'],
    ['what breaks a rule of the table', { name: 'x', amount: -1 }, 409, 'sources.constraint_violated'],
    ['nothing', {}, 400, 'query.rows_invalid'],
    ['no rows', [], 400, 'query.rows_invalid'],
    ['no object', '"x"', 400, 'http.body_shape_invalid'],
    ['rows that are none', [{ name: 'x' }, 1], 400, 'http.body_shape_invalid'],
    ['too many rows', Array.from({ length: 1_001 }, () => ({ name: 'x' })), 400, 'query.rows_invalid'],
    ['a name of the machinery', '{"__proto__":{"name":"x"}}', 400, 'http.body_malformed'],
    ['a column called like a method', { toString: 'x' }, 400, 'query.unknown_column'],
  ])('%s is refused', async (_name, body, status, code) => {
    const before = items();
    const received = await ask(
      'POST',
      'items',
      body,
      typeof body === 'string' ? { 'content-type': 'application/json' } : {},
    );
    expect({ status: received.status, code: (received.body as { code: string }).code }).toEqual({ status, code });
    expect(items()).toEqual(before);
  });
});

describe('a row is changed', () => {
  test('by its key', async () => {
    const received = await ask('PATCH', 'items/2', { amount: 21 });
    expect(received).toMatchObject({ status: 200, body: { id: 2, name: 'two', amount: 21, note: 'x' } });
    expect(received.headers['etag']).toBe((await ask('GET', 'items/2')).headers['etag']);
    expect(await ask('PATCH', 'items/2', { amount: 22 }, minimal)).toMatchObject({
      status: 204,
      text: '',
      headers: { 'preference-applied': 'return=minimal', etag: expect.any(String) },
    });
    expect(items()[1]).toMatchObject({ amount: 22 });
  });

  test('also when nothing is different afterwards', async () => {
    expect((await ask('PATCH', 'items/2', { amount: 20 })).status).toBe(200);
  });

  test('its key too', async () => {
    expect(await ask('PATCH', 'items/2', { id: 9 })).toMatchObject({ status: 200, body: { id: 9, name: 'two' } });
    expect((await ask('GET', 'items/2')).status).toBe(404);
  });

  test('one that is not there is not', async () => {
    expect(await ask('PATCH', 'items/99', { amount: 1 })).toMatchObject({
      status: 404,
      body: { code: 'data.row_not_found' },
    });
    expect((await ask('DELETE', 'items/99')).status).toBe(404);
  });

  test('only as the client has seen it, where it says so', async () => {
    const { etag = '' } = (await ask('GET', 'items/2')).headers;
    const changed = await ask('PATCH', 'items/2', { amount: 21 }, { 'if-match': etag });
    expect(changed.status).toBe(200);
    const stale = { status: 412, body: { code: 'http.precondition_failed' } };
    expect(await ask('PATCH', 'items/2', { amount: 0 }, { 'if-match': etag })).toMatchObject(stale);
    expect(await ask('PUT', 'items/2', { name: 'two', amount: 0 }, { 'if-match': etag })).toMatchObject(stale);
    expect(await ask('DELETE', 'items/2', undefined, { 'if-match': etag })).toMatchObject(stale);
    expect(await ask('PATCH', 'items/2', { amount: 0 }, { 'if-match': `W/${changed.headers['etag']}` })).toMatchObject(
      stale,
    );
    expect(await ask('PATCH', 'items/99', { amount: 0 }, { 'if-match': '*' })).toMatchObject(stale);
    expect(items()[1]).toMatchObject({ amount: 21 });
    const list = `"other", ${changed.headers['etag']}`;
    expect((await ask('PATCH', 'items/2', { amount: 22 }, { 'if-match': list })).status).toBe(200);
    expect((await ask('PATCH', 'items/2', { amount: 23 }, { 'if-match': '*' })).status).toBe(200);
    const last = (await ask('GET', 'items/2')).headers['etag'] ?? '';
    expect((await ask('DELETE', 'items/2', undefined, { 'if-match': last })).status).toBe(204);
  });
});

describe('a row is put', () => {
  test('where there is none, it is added', async () => {
    const received = await ask('PUT', 'rates/EUR,GBP', { rate: '0.9' });
    expect(received).toMatchObject({
      status: 201,
      headers: { location: '/data/v1/stock/rates/EUR,GBP' },
      body: { base: 'EUR', quote: 'GBP', rate: '0.9' },
    });
  });

  test('where there is one, it is changed', async () => {
    const body = { base: 'EUR', quote: 'USD', rate: '1.2' };
    expect(await ask('PUT', 'rates/EUR,USD', body)).toMatchObject({ status: 200, body });
    expect(await ask('PUT', 'rates/EUR,USD', { rate: '1.3' }, minimal)).toMatchObject({ status: 204, text: '' });
    expect(rowsOf('SELECT * FROM rates')).toEqual([{ base: 'EUR', quote: 'USD', rate: '1.3' }]);
  });

  test('only where there is none, when the client says so', async () => {
    const onlyNew = { 'if-none-match': '*' };
    expect((await ask('PUT', 'rates/EUR,USD', { rate: '2' }, onlyNew)).status).toBe(412);
    expect((await ask('PUT', 'rates/EUR,CHF', { rate: '2' }, onlyNew)).status).toBe(201);
  });

  test.each<[string, string, unknown, string]>([
    ['another key in the body', 'rates/EUR,USD', { base: 'GBP', rate: '1' }, 'http.field_invalid'],
    ['nothing but the key', 'rates/EUR,USD', { base: 'EUR' }, 'query.rows_invalid'],
    ['several rows', 'rates/EUR,USD', [{ rate: '1' }], 'http.body_shape_invalid'],
  ])('%s is refused', async (_name, path, body, code) => {
    expect(await ask('PUT', path, body)).toMatchObject({ status: 400, body: { code } });
  });

  test('fifty at once make one row', async () => {
    const received = await Promise.all(
      Array.from({ length: 50 }, (_none, at) => ask('PUT', 'rates/EUR,SEK', { rate: String(at) })),
    );
    const statuses = received.map(({ status }) => status);
    expect(received.filter(({ status }) => status !== 200 && status !== 201).map(({ body }) => body)).toEqual([]);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 200)).toHaveLength(49);
  });
});

describe('a row is removed', () => {
  test('without a word, or with its last ones', async () => {
    expect(await ask('DELETE', 'items/1')).toMatchObject({ status: 204, text: '' });
    expect(await ask('DELETE', 'items/2', undefined, representation)).toMatchObject({
      status: 200,
      headers: { 'preference-applied': 'return=representation' },
      body: { id: 2, name: 'two', amount: 20, note: 'x' },
    });
    expect(items()).toHaveLength(1);
  });
});

describe('many rows', () => {
  test('are changed and removed by a filter', async () => {
    const changed = await ask('PATCH', `items?${filterOf({ amount: { gte: 20 } })}`, { note: 'big' }, representation);
    expect(changed).toMatchObject({ status: 200, body: { affected: 2 } });
    expect((changed.body as { data: unknown[] }).data).toHaveLength(2);
    expect(await ask('DELETE', `items?${filterOf({ note: { eq: 'big' } })}`)).toMatchObject({
      status: 200,
      body: { affected: 2 },
    });
    expect(items()).toHaveLength(1);
  });

  test('all of them only when it is meant', async () => {
    for (const [method, body] of [
      ['PATCH', { note: 'all' }],
      ['DELETE', undefined],
    ] as const) {
      const refused = { status: 409, body: { code: 'data.confirmation_required', field: 'filter' } };
      expect(await ask(method, 'items', body)).toMatchObject(refused);
      expect(await ask(method, 'items?confirm=yes', body)).toMatchObject({ status: 400, body: { field: 'confirm' } });
      expect(items()).toHaveLength(3);
      expect(await ask(method, 'items?confirm=all', body)).toMatchObject({ status: 200, body: { affected: 3 } });
    }
    expect(items()).toHaveLength(0);
  });
});

describe('a rehearsal', () => {
  test.each<[string, string, unknown, unknown]>([
    ['POST', 'items?dryRun=true', { id: 4, name: 'four' }, { affected: 1, sample: [{ id: 4, name: 'four' }] }],
    ['PATCH', `items?dryRun=true&${filterOf({ amount: { lt: 25 } })}`, { note: 'n' }, { affected: 2 }],
    ['DELETE', 'items?dryRun=true&confirm=all', undefined, { affected: 3 }],
    ['PATCH', 'items/1?dryRun=true', { amount: 5 }, { affected: 1, sample: [{ id: 1, amount: 5 }] }],
    ['PUT', 'items/1?dryRun=true', { amount: 5 }, { affected: 1, sample: [{ id: 1, amount: 5 }] }],
    ['PUT', 'items/8?dryRun=true', { name: 'eight' }, { affected: 1, sample: [{ id: 8, name: 'eight' }] }],
    ['DELETE', 'items/1?dryRun=true', undefined, { affected: 1, sample: [{ id: 1 }] }],
  ])('%s %s tells what it would do and keeps nothing', async (method, path, body, told) => {
    const before = items();
    expect(await ask(method, path, body, { 'idempotency-key': 'rehearsed' })).toMatchObject({
      status: 200,
      body: { dryRun: true, ...(told as object) },
    });
    expect(items()).toEqual(before);
  });

  test('shows at most ten rows, and refuses what would be refused', async () => {
    const rows = Array.from({ length: 20 }, (_none, at) => ({ name: `r${at}` }));
    const { affected, sample } = (await ask('POST', 'items?dryRun=true', rows)).body as {
      affected: number;
      sample: unknown[];
    };
    expect([affected, sample.length]).toEqual([20, 10]);
    expect((await ask('POST', 'items?dryRun=true', { name: 'one' })).status).toBe(409);
    expect((await ask('PATCH', 'items/99?dryRun=true', { amount: 1 })).status).toBe(404);
    expect((await ask('DELETE', 'items?dryRun=true')).status).toBe(409);
    expect((await ask('POST', 'items?dryRun=maybe', { name: 'x' })).status).toBe(400);
  });
});

describe('what a grant does not cover', () => {
  test('rows of others are not there', async () => {
    expect((await ask('GET', 'tasks')).body).toMatchObject({ data: [{ id: 1, owner: 'ada', text: 'hers' }] });
    const missing = { status: 404, body: { code: 'data.row_not_found' } };
    expect(await ask('GET', 'tasks/2')).toMatchObject(missing);
    expect(await ask('PATCH', 'tasks/2', { text: 'mine' })).toMatchObject(missing);
    expect(await ask('DELETE', 'tasks/2')).toMatchObject(missing);
    expect((await ask('PATCH', 'tasks?confirm=all', { text: 'mine' })).body).toEqual({ affected: 1 });
    expect(await ask('PATCH', 'tasks/2', { text: 'x' }, { 'if-match': '*' })).toMatchObject({ status: 412 });
    expect(rowsOf('SELECT text FROM tasks WHERE id = 2')).toEqual([{ text: 'his' }]);
  });

  test('none may be given away, or made for others', async () => {
    expect((await ask('PATCH', 'tasks/1', { owner: 'bob' })).status).toBe(404);
    expect(await ask('POST', 'tasks', { id: 9, owner: 'bob' })).toMatchObject({ status: 403 });
    expect((await ask('POST', 'tasks', { id: 9, owner: 'ada' })).status).toBe(201);
  });

  test('columns that are not shown are not there', async () => {
    for (const query of ['select=cost', 'order=cost', 'group=cost', `${filterOf({ cost: { gt: 6 } })}`]) {
      const received = await ask('GET', `tasks?${query}`);
      expect(received).toMatchObject({ status: 400, body: { code: 'query.unknown_column' } });
    }
    const unknown = { status: 400, body: { code: 'query.unknown_column', field: 'cost' } };
    expect(await ask('PATCH', 'tasks/1', { cost: 1 })).toMatchObject(unknown);
    expect(await ask('POST', 'tasks', { id: 9, owner: 'ada', cost: 1 })).toMatchObject(unknown);
    const { columns } = (await ask('GET', 'tasks/describe')).body as { columns: { name: string }[] };
    expect(columns.map(({ name }) => name)).toEqual(['id', 'owner', 'text']);
  });

  test('a change that sees less than a question is made as it was seen all the same', async () => {
    database.exec("INSERT INTO badges VALUES (1, 'Ada L', 1, 'x')");
    const { etag = '' } = (await ask('GET', 'badges/1')).headers;
    expect(await ask('PATCH', 'badges/1', { level: 2 }, { 'if-match': etag })).toMatchObject({
      status: 200,
      body: { id: 1 },
    });
    expect(await ask('PATCH', 'badges/1', { level: 3 }, { 'if-match': etag })).toMatchObject({ status: 412 });
    expect((await ask('PATCH', 'badges/1', { code: 'y' }, { 'if-match': '*' })).status).toBeGreaterThanOrEqual(400);
    expect(rowsOf('SELECT level, code FROM badges')).toEqual([{ level: 2, code: 'x' }]);
  });

  test('a tag is of what one sees', async () => {
    const { etag = '' } = (await ask('GET', 'tasks/1')).headers;
    database.exec('UPDATE tasks SET cost = 6 WHERE id = 1');
    expect((await ask('PATCH', 'tasks/1', { text: 'new' }, { 'if-match': etag })).status).toBe(200);
  });
});

describe('a write that has a name', () => {
  const named = (name: string) => ({ 'idempotency-key': name });

  test('is done once and answered the same', async () => {
    const first = await ask('POST', 'items', { name: 'once' }, named('k-1'));
    const { date: _date, 'x-request-id': _id, ...headers } = first.headers;
    for (let at = 0; at < 3; at += 1) {
      const again = await ask('POST', 'items', { name: 'once' }, named('k-1'));
      expect(again).toMatchObject({ status: first.status, text: first.text, headers });
    }
    expect(rowsOf("SELECT 1 FROM items WHERE name = 'once'")).toHaveLength(1);
  });

  test('is another one with another request', async () => {
    await ask('PATCH', 'items/1', { amount: 11 }, named('k-2'));
    const refused = { status: 409, body: { code: 'data.idempotency_key_reused' } };
    expect(await ask('PATCH', 'items/1', { amount: 12 }, named('k-2'))).toMatchObject(refused);
    expect(await ask('PATCH', 'items/2', { amount: 11 }, named('k-2'))).toMatchObject(refused);
    expect(await ask('PUT', 'items/1', { amount: 11 }, named('k-2'))).toMatchObject(refused);
    expect(await ask('DELETE', 'items/1', undefined, named('k-2'))).toMatchObject(refused);
    expect(await ask('PATCH', 'items/1', { amount: 11 }, { ...named('k-2'), ...minimal })).toMatchObject(refused);
    expect(await ask('PATCH', 'items/1', { amount: 11 }, { ...named('k-2'), 'if-match': '*' })).toMatchObject(refused);
  });

  test('is free again when nothing was kept', async () => {
    expect((await ask('POST', 'items', { name: 'one' }, named('k-3'))).status).toBe(409);
    expect((await ask('POST', 'items', { name: 'free' }, named('k-3'))).status).toBe(201);
  });

  test('is its caller’s', async () => {
    expect((await ask('POST', 'items', { name: 'a' }, named('k-4'))).status).toBe(201);
    expect((await ask('POST', 'items', { name: 'b' }, { ...named('k-4'), ...bob })).status).toBe(201);
  });

  test('fifty at once are one', async () => {
    const send50 = Array.from({ length: 50 }, () => ask('POST', 'items', { name: 'race' }, named('k-5')));
    const received = await Promise.all(send50);
    expect(rowsOf("SELECT 1 FROM items WHERE name = 'race'")).toHaveLength(1);
    const texts = new Set(received.filter(({ status }) => status === 201).map(({ text }) => text));
    expect(texts.size).toBe(1);
    for (const { status, body } of received) {
      if (status !== 201) expect(body).toMatchObject({ status: 409, code: 'data.outcome_unknown' });
    }
    expect((await ask('POST', 'items', { name: 'race' }, named('k-5'))).status).toBe(201);
  });

  test('is forgotten after a day', async () => {
    expect((await ask('PATCH', 'items/1', { amount: 11 }, named('k-6'))).status).toBe(200);
    world.clock.advance(24 * 3_600_000 + 1);
    ada = await world.as('ada');
    bob = await world.as('bob');
    expect((await ask('PATCH', 'items/1', { amount: 12 }, named('k-6'))).status).toBe(200);
  });

  test.each(['', 'a b', 'ä', 'x'.repeat(256)])('cannot be called %j', async (name) => {
    expect(await ask('PATCH', 'items/1', { amount: 1 }, named(name))).toMatchObject({
      status: 400,
      body: { code: 'http.field_invalid', field: 'Idempotency-Key' },
    });
  });
});

describe('fifty writers who each add one', () => {
  test('lose nothing under If-Match', async () => {
    database.exec('UPDATE items SET amount = 0 WHERE id = 1');
    const addOne = async () => {
      for (;;) {
        const { body, headers } = await ask('GET', 'items/1');
        const { amount } = body as { amount: number };
        const change = await ask('PATCH', 'items/1', { amount: amount + 1 }, { 'if-match': headers['etag'] ?? '' });
        if (change.status === 200) return;
        expect([412, 503], JSON.stringify(change.body)).toContain(change.status);
      }
    };
    await Promise.all(Array.from({ length: 50 }, addOne));
    expect(rowsOf('SELECT amount FROM items WHERE id = 1')).toEqual([{ amount: 50 }]);
  }, 60_000);
});

describe('the trail', () => {
  const once = { 'idempotency-key': 'trail' };

  test.each<[string, string, unknown, Record<string, string>, string[]]>([
    ['GET', 'items', undefined, {}, ['data.read']],
    ['GET', 'items/1', undefined, {}, ['data.read']],
    ['GET', 'items/count', undefined, {}, ['data.read']],
    ['GET', 'items/describe', undefined, {}, []],
    ['GET', 'nothing', undefined, {}, ['data.read']],
    ['POST', 'items', { name: 'trail' }, {}, ['data.written']],
    ['PATCH', 'items/1', { amount: 1 }, {}, ['data.written']],
    ['PATCH', 'items/1', { amount: 1 }, { 'if-match': '*' }, ['data.read', 'data.written']],
    ['PATCH', 'items/99', { amount: 1 }, {}, []],
    ['PUT', 'items/77', { name: 'put' }, {}, ['data.written']],
    ['DELETE', 'items/1?dryRun=true', undefined, {}, ['data.written']],
    ['DELETE', 'items/1', undefined, once, ['data.written']],
    ['DELETE', 'items', undefined, {}, []],
  ])('of %s %s', async (method, path, body, headers, events) => {
    await world.core.data.settle();
    await world.takeEvents();
    await ask(method, path, body, headers);
    await world.core.data.settle();
    expect((await world.takeEvents()).sort()).toEqual(events);
  });

  test('has no second entry for a write that is sent again', async () => {
    await ask('PATCH', 'items/2', { amount: 5 }, { 'idempotency-key': 'again' });
    await world.core.data.settle();
    await world.takeEvents();
    expect((await ask('PATCH', 'items/2', { amount: 5 }, { 'idempotency-key': 'again' })).status).toBe(200);
    await world.core.data.settle();
    expect(await world.takeEvents()).toEqual([]);
  });
});
