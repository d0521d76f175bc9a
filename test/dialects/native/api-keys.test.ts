/** API keys at our own door: made, narrowed, replaced and removed, by whom, and what never comes back. @module */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../../src/kernel/secret.js';
import { type Received, type Sent, send } from '../support/client.js';
import { createScriptedSources } from '../support/scripted-sources.js';
import { administratorKey, cloudioSession, nativeToken, precrimeToken } from '../support/sign-in.js';
import { openWorld, startMs, type World } from '../support/world.js';

const list = '/admin/v1/api-keys';
const dayMs = 86_400_000;

let world: World;
let ada: string;
let bob: string;
beforeAll(async () => {
  world = await openWorld({ sources: createScriptedSources(), apiKeys: { perUser: 30, maxLifetimeMs: 90 * dayMs } });
  await administratorKey(world);
  ada = `Bearer ${await precrimeToken(world, 'ada')}`;
  bob = `Bearer ${await precrimeToken(world, 'bob')}`;
});
afterAll(() => world.close());

interface Key {
  readonly id: string;
  readonly value: string | null;
  readonly [member: string]: unknown;
}

const ask = (authorization: string, method: string, path: string, body?: unknown, headers: Sent['headers'] = {}) =>
  send(world, { method, path, headers: { authorization, ...headers }, ...(body === undefined ? {} : { body }) });
const keyOf = ({ body }: Received) => body as Key;
async function add(body: object = {}, authorization = ada): Promise<Key> {
  const received = await ask(authorization, 'POST', list, { name: 'k', ...body });
  expect(received.status, received.text).toBe(201);
  return keyOf(received);
}
const target = { engine: 'postgres', host: 'db', port: 5432, username: 'u', password: 'p', database: 'd' };
const use = async (value: unknown) =>
  (await ask(`Bearer ${String(value)}`, 'POST', '/admin/v1/connections/test', target)).status;
const problem = ({ status, body }: Received) => {
  const { code, field } = body as { code: string; field?: string };
  return [status, code, ...(field === undefined ? [] : [field])];
};

describe('a key', () => {
  test('is made narrow, shown once, listed without its value, and removed', async () => {
    await world.takeEvents();
    const key = await add({
      purpose: 'nightly export',
      scopes: ['connections.test'],
      cidrs: ['127.0.0.1'],
      expiresInDays: 7,
    });
    expect(key).toEqual({
      ...{ id: expect.any(String), name: 'k', purpose: 'nightly export', key: expect.stringMatching(/^lk_.{5}….{4}$/) },
      ...{ state: 'active', scopes: ['connections.test'], sources: null, cidrs: ['127.0.0.1/32'], successor: null },
      createdAtMs: world.clock.nowMs(),
      expiresAtMs: world.clock.nowMs() + 7 * dayMs,
      ...{ lastUsedAtMs: null, lastUsedAddress: null },
      value: expect.stringMatching(/^lk_[0-9A-Za-z]{49}$/),
    });
    expect(await world.takeEvents()).toEqual(['api_key.created']);
    expect(await use(key.value)).toBe(200);
    await world.identity.settle();
    const { value, ...shown } = key;
    const listed = await ask(ada, 'GET', `${list}?limit=1000`);
    expect((listed.body as { items: Key[] }).items.map(({ id }) => id)).toContain(key.id);
    const detail = await ask(ada, 'GET', `${list}/${key.id}`);
    expect(detail.body).toMatchObject({ ...shown, lastUsedAtMs: expect.anything(), user: 'ada', uses: [] });
    for (const { text } of [listed, detail]) expect(text).not.toContain(value);
    expect((await ask(ada, 'DELETE', `${list}/${key.id}`)).status).toBe(204);
    expect(await use(value)).toBe(401);
    expect(problem(await ask(ada, 'DELETE', `${list}/${key.id}`))).toEqual([404, 'identity.api_key_not_found']);
  });

  test('is refused from an address it is not for, like a key nobody knows', async () => {
    const { value } = await add({ cidrs: ['192.0.2.0/24'] });
    const refused = await ask(`Bearer ${value}`, 'GET', '/admin/v1/sources');
    const unknown = await ask(`Bearer lk_${'0'.repeat(49)}`, 'GET', '/admin/v1/sources');
    const plain = ({ body, ...rest }: Received) => [rest.status, { ...(body as object), requestId: null }];
    expect(plain(refused)).toEqual(plain(unknown));
  });

  test('may do less than its owner, never more', async () => {
    const { id, value } = await add({ scopes: ['connections.test', 'metrics.read'] });
    expect(await use(value)).toBe(200);
    const metrics = () => ask(`Bearer ${value}`, 'GET', '/metrics');
    // Of a member's role metrics are no part, whatever the key is scoped to.
    expect((await metrics()).status).toBe(403);
    const narrowed = await ask(ada, 'PATCH', `${list}/${id}`, { scopes: ['metrics.read'], expiresInDays: 1 });
    expect(narrowed.body).toMatchObject({ scopes: ['metrics.read'], expiresAtMs: world.clock.nowMs() + dayMs });
    expect(await use(value)).toBe(403);
    for (const [field, change] of [
      ['scopes', { scopes: null }],
      ['scopes', { scopes: ['connections.test'] }],
      ['expiresAtMs', { expiresInDays: 2 }],
      ['expiresAtMs', { expiresAtMs: null }],
    ] as const) {
      const wider = await ask(ada, 'PATCH', `${list}/${id}`, change);
      expect(problem(wider)).toEqual([400, 'identity.api_key_only_narrows', field]);
    }
  });

  test.each<[object, unknown]>([
    [{}, [400, 'http.field_missing', 'name']],
    [{ name: 'k', more: 1 }, [400, 'http.member_unknown']],
    [{ name: 'a\nb' }, [400, 'identity.api_key_name_invalid', 'name']],
    [{ name: 'k', scopes: ['root'] }, [400, 'identity.api_key_field_invalid', 'scopes']],
    [{ name: 'k', scopes: 'data.use' }, [400, 'http.field_invalid', 'scopes']],
    [{ name: 'k', sources: ['nothing'] }, [400, 'http.field_invalid', 'sources']],
    [{ name: 'k', cidrs: ['10.0.0.1/8'] }, [400, 'identity.api_key_field_invalid', 'cidrs']],
    [{ name: 'k', expiresInDays: 91 }, [400, 'identity.api_key_field_invalid', 'expiresAtMs']],
    [{ name: 'k', expiresAtMs: startMs }, [400, 'identity.api_key_field_invalid', 'expiresAtMs']],
    [{ name: 'k', expiresInDays: 0 }, [400, 'http.field_invalid', 'expiresInDays']],
  ])('is not made of %j', async (body, refusal) => {
    expect(problem(await ask(ada, 'POST', list, body))).toEqual(refusal);
  });

  test('is made once by a request that is sent twice', async () => {
    const headers = { 'idempotency-key': '"8e03978e-40d5-43dd-bc93-6894a57f9324"' };
    const first = await ask(ada, 'POST', list, { name: 'once' }, headers);
    const again = await ask(ada, 'POST', list, { name: 'once' }, headers);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toEqual({ ...keyOf(first), value: null });
    const other = await ask(ada, 'POST', list, { name: 'other' }, headers);
    expect(problem(other)).toEqual([409, 'identity.idempotency_key_reused']);
    for (const name of ['', 'a b', ['a', 'b'], 'x'.repeat(256)]) {
      const refused = await ask(ada, 'POST', list, { name: 'once' }, { 'idempotency-key': name });
      expect(problem(refused)).toEqual([400, 'identity.api_key_field_invalid', 'Idempotency-Key']);
    }
  });

  test('is replaced with an overlap, and tells who still uses it', async () => {
    const old = await add({ scopes: ['connections.test'] });
    const headers = { 'idempotency-key': 'turn-1' };
    const received = await ask(ada, 'POST', `${list}/${old.id}/rotate`, { overlapHours: 48 }, headers);
    expect(received.status).toBe(201);
    const successor = keyOf(received);
    expect(successor).toMatchObject({
      scopes: ['connections.test'],
      value: expect.stringMatching(/^lk_/),
      replaces: { id: old.id, state: 'retiring', successor: successor.id },
    });
    const again = await ask(ada, 'POST', `${list}/${old.id}/rotate`, { overlapHours: 48 }, headers);
    expect([again.status, keyOf(again).id, keyOf(again).value]).toEqual([200, successor.id, null]);
    const twice = await ask(ada, 'POST', `${list}/${old.id}/rotate`);
    expect(problem(twice)).toEqual([409, 'identity.api_key_not_live']);
    const long = await ask(ada, 'POST', `${list}/${successor.id}/rotate`, { overlapHours: 721 });
    expect(problem(long)).toEqual([400, 'http.field_invalid', 'overlapHours']);

    expect([await use(old.value), await use(old.value), await use(successor.value)]).toEqual([200, 200, 200]);
    await world.identity.settle();
    expect((await ask(ada, 'GET', `${list}/${old.id}`)).body).toMatchObject({
      ...{ state: 'retiring', lastUsedAddress: '127.0.0.1' },
      uses: [{ day: new Date(world.clock.nowMs()).toISOString().slice(0, 10), uses: 2, lastUsedAddress: '127.0.0.1' }],
    });
  });

  test('is one of as many as the install allows', async () => {
    const made = [];
    for (let count = 0; count < 31; count += 1) made.push(await ask(bob, 'POST', `${list}?user=vault`, { name: 'k' }));
    expect(made.map(({ status }) => status)).toEqual([...Array<number>(30).fill(201), 409]);
    expect(problem(made[30]!)).toEqual([409, 'identity.api_key_limit_reached']);
  });
});

describe('the keys of others', () => {
  test('are seen, made and narrowed by who may manage the directory, and are not there for anybody else', async () => {
    const made = await ask(bob, 'POST', `${list}?user=ada`, { name: 'given' });
    expect(made.status).toBe(201);
    const { id } = keyOf(made);
    expect((await ask(bob, 'GET', `${list}/${id}`)).body).toMatchObject({ user: 'ada' });
    expect((await ask(bob, 'GET', `${list}?user=ada`)).status).toBe(200);
    expect((await ask(bob, 'PATCH', `${list}/${id}`, { scopes: [] })).body).toMatchObject({ scopes: [] });
    const own = await add({}, bob);
    for (const [method, path, body] of [
      ['GET', `${list}/${own.id}`],
      ['PATCH', `${list}/${own.id}`, {}],
      ['POST', `${list}/${own.id}/rotate`],
      ['DELETE', `${list}/${own.id}`],
    ] as const) {
      expect(problem(await ask(ada, method, path, body))).toEqual([404, 'identity.api_key_not_found']);
    }
    expect(problem(await ask(ada, 'GET', `${list}?user=bob`))).toEqual([403, 'access.denied']);
    expect(problem(await ask(ada, 'POST', `${list}?user=ada`, { name: 'k' }))).toEqual([403, 'access.denied']);
  });

  test('and one’s own are out of reach of every key, and of a token that was issued on one', async () => {
    const { value } = await add({}, bob);
    expect((await ask(`Bearer ${value}`, 'GET', list)).status).toBe(401);
    const origin = { door: 'native', requestId: null, address: '127.0.0.1' };
    const principal = await world.identity.authenticate({
      presented: { shape: 'api_key', value: new Secret(String(value)), csrf: null },
      accepts: ['api_key'],
      origin,
    });
    const { token } = await world.identity.nativeTokens.issue(principal, { scopes: null }, origin);
    const laundered = `Bearer ${token.reveal()}`;
    expect(problem(await ask(laundered, 'GET', list))).toEqual([403, 'access.denied']);
    expect(problem(await ask(laundered, 'POST', `${list}?user=bob`, { name: 'k' }))).toEqual([403, 'access.denied']);
    expect((await ask(laundered, 'GET', `${list}?user=bob`)).status).toBe(200);
  });

  test('are opened by a cloudio session with its csrf and by a native token', async () => {
    const { jwt, csrf } = await cloudioSession(world);
    const bearer = `Bearer ${jwt}`;
    expect((await ask(bearer, 'POST', list, { name: 'k' }, { 'x-csrf-token': csrf })).status).toBe(201);
    expect(problem(await ask(bearer, 'POST', list, { name: 'k' }))).toEqual([403, 'identity.csrf_mismatch']);
    expect((await ask(`Bearer ${await nativeToken(world)}`, 'POST', list, { name: 'k' })).status).toBe(201);
  });
});

describe('what will end', () => {
  test('is told to auditors with whose it is and the days left', async () => {
    const list = '/admin/v1/expiring';
    await add({ name: 'ending', expiresInDays: 5 });
    const origin = { door: 'cli', requestId: null, address: null };
    const key = await world.identity.apiKeys.addFor({ principal: null, origin }, 'bob', { name: 'auditor' });
    const auditor = `Bearer ${key.value?.reveal() ?? ''}`;
    const received = await ask(auditor, 'GET', `${list}?within=6d`);
    expect(received.status).toBe(200);
    const { items } = received.body as { items: { name: string }[] };
    expect(items.find(({ name }) => name === 'ending')).toMatchObject({
      ...{ kind: 'api_key', owner: 'ada', organisation: 'acme', detail: null, daysLeft: 5 },
      expiresAtMs: world.clock.nowMs() + 5 * dayMs,
    });
    expect(items.some(({ name }) => name === 'auditor')).toBe(false);
    const plain = await nativeToken(world);
    expect(problem(await ask(`Bearer ${plain}`, 'GET', list))).toEqual([403, 'access.denied']);
    for (const within of ['', '0d', '5', '5w', '-1d', '10000d']) {
      const refused = await ask(auditor, 'GET', `${list}?within=${within}`);
      expect(problem(refused)).toEqual([400, 'http.field_invalid', 'within']);
    }
    expect(problem(await ask(auditor, 'GET', `${list}?within=9999d`))).toEqual([400, 'identity.period_invalid']);
  });
});
