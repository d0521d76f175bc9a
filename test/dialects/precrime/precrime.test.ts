/** The precrime family on the wire: every route, field, casing, status and body. @module */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Received, send } from '../support/client.js';
import { runScenarios, type Scenario } from '../support/scenario.js';
import { apiKey, cloudioSession, onedbToken, precrimeToken } from '../support/sign-in.js';
import { openWorld, passwords, startMs, type World } from '../support/world.js';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const iso = (ms: number) => new Date(ms).toISOString().slice(0, 19);
const jwt = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const company = { Id: 1, Name: 'Acme Corp', Created: iso(startMs), Deleted: '0001-01-01T00:00:00' };
const signedIn = {
  Id: expect.stringMatching(uuid),
  Created: iso(startMs),
  Username: 'ada',
  Email: 'ada@acme.example',
  Firstname: 'Ada',
  Lastname: 'Lovelace',
  Properties: {},
  Authorizations: [{ Company: company, Roles: [{ Id: 2, Name: 'member' }] }],
  Active: company,
  Token: expect.stringMatching(jwt),
  PasswordExpiration: '0001-01-01T00:00:00',
};
const unauthorized = { status: 401, body: { message: 'Unauthorized' }, headers: { 'www-authenticate': 'Bearer' } };
const wrong = { status: 401, body: { message: 'Incorrect credentials' }, events: ['login.refused'] };

function login(body: unknown, more: Record<string, string> = {}) {
  return () => ({ method: 'POST', path: '/user/login', body, headers: more });
}

function decodeToken(token: string) {
  const [header = '', payload = ''] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
  return { header, claims: JSON.parse(payload) as Record<string, unknown> };
}

describe('POST /user/login', () => {
  runScenarios(
    () => world,
    [
      {
        name: 'gives a token and everything about the user, in the published order and casing',
        request: login({ username: 'ada', password: passwords.ada }),
        status: 200,
        body: signedIn,
        events: ['login.succeeded'],
        after: ({ text, body }) => {
          expect(Object.keys(JSON.parse(text) as object)).toEqual(Object.keys(signedIn));
          const { header, claims } = decodeToken((body as { Token: string }).Token);
          expect(header).toBe('{"alg":"HS256","typ":"JWT"}');
          expect(Number(claims['exp']) - Number(claims['iat'])).toBe(3_600);
        },
      },
      {
        name: 'leaves out what is not known of the user',
        request: login({ username: 'bob', password: passwords.bob }),
        status: 200,
        events: ['login.succeeded'],
        after: ({ body }) => {
          for (const name of ['Email', 'Firstname', 'Lastname']) expect(body).not.toHaveProperty(name);
        },
      },
      {
        name: 'takes property names in any case',
        request: login({ UserName: 'ada', PASSWORD: passwords.ada, Other: 1 }),
        status: 200,
        body: signedIn,
        events: ['login.succeeded'],
      },
      {
        name: 'refuses two spellings of one property',
        request: login({ username: 'ada', Username: 'bob', password: passwords.ada }),
        status: 400,
        body: { message: 'The body does not have the expected shape.' },
        events: [],
      },
      { name: 'refuses a wrong password', request: login({ username: 'ada', password: 'wrong' }), ...wrong },
      {
        name: 'refuses an unknown name with the same bytes',
        request: login({ username: 'nobody-of-that-name', password: 'wrong' }),
        ...wrong,
      },
      {
        name: 'refuses a password with one blank more',
        request: login({ username: 'ada', password: `${passwords.ada} ` }),
        ...wrong,
      },
      ...[
        [{ username: 'ada' }, 'A required field is missing. Field: password.'],
        [{ username: '', password: 'x' }, 'A required field is missing. Field: username.'],
        [{ username: 'ada', password: 1 }, 'A field is not valid. Field: password.'],
        [{ username: ['ada'], password: 'x' }, 'A field is not valid. Field: username.'],
        [{ username: { $ne: null }, password: 'x' }, 'A field is not valid. Field: username.'],
        [null, 'The body does not have the expected shape.'],
        [[], 'The body does not have the expected shape.'],
        ['"ada"', 'The body does not have the expected shape.'],
      ].map(
        ([body, message]): Scenario => ({
          name: `refuses ${JSON.stringify(body)}`,
          request: () => ({
            method: 'POST',
            path: '/user/login',
            headers: { 'content-type': 'application/json' },
            body: typeof body === 'string' ? body : JSON.stringify(body),
          }),
          status: 400,
          body: { message },
          events: [],
        }),
      ),
      {
        name: 'refuses a password over 1,024 bytes before hashing it',
        request: login({ username: 'ada', password: 'é'.repeat(513) }),
        status: 400,
        body: { message: 'The password is longer than 1,024 bytes.' },
        events: [],
      },
      {
        name: 'does not look at a credential that comes along',
        request: async (world) => ({
          ...login({ username: 'ada', password: passwords.ada })(),
          headers: { authorization: `Bearer ${await onedbToken(world)}` },
        }),
        status: 200,
        body: signedIn,
        events: ['login.succeeded'],
      },
    ],
  );

  test('answers wrong, unknown, disabled and locked to the byte alike', async () => {
    const operator = { principal: null, origin: { door: 'cli', requestId: null, address: null } };
    for (const username of ['disabled', 'locked']) {
      await world.addUser({ kind: 'person', username, password: passwords.bob });
    }
    await world.identity.users.disable(operator, 'disabled');
    await world.identity.users.set(operator, 'locked', { lockedUntilMs: world.clock.nowMs() + 60_000 });
    const answers: Received[] = [];
    for (const [username, password] of [
      ['ada', 'wrong'],
      ['no-such-name', passwords.bob],
      ['disabled', passwords.bob],
      ['locked', passwords.bob],
    ]) {
      answers.push(await send(world, { method: 'POST', path: '/user/login', body: { username, password } }));
    }
    const bytes = answers.map(({ status, headers, text }) => {
      const { date: _date, 'x-request-id': _id, ...rest } = headers;
      return JSON.stringify([status, rest, text]);
    });
    expect(new Set(bytes).size).toBe(1);
    await world.takeEvents();
  });
});

describe('an expired password', () => {
  const next = 'nExT umbrella mosaic harbour';

  test('is told only to who knows it, is changed without a session, and every earlier token dies', async () => {
    const operator = { principal: null, origin: { door: 'cli', requestId: null, address: null } };
    await world.addUser({ kind: 'person', username: 'eve', password: passwords.bob });
    const sign = (password: string) =>
      send(world, { method: 'POST', path: '/user/login', body: { username: 'eve', password } });
    const change = (body: object) => send(world, { method: 'POST', path: '/user/password', body });
    const before = String(((await sign(passwords.bob)).body as { Token: string }).Token);
    const expiresAtMs = world.clock.nowMs() + 1_000;
    await world.identity.users.set(operator, 'eve', { passwordExpiresAtMs: expiresAtMs });
    expect((await sign(passwords.bob)).body).toMatchObject({ PasswordExpiration: iso(expiresAtMs) });
    world.clock.advance(1_000);
    await world.takeEvents();

    expect(await sign('wrong')).toMatchObject({ status: 401, body: { message: 'Incorrect credentials' } });
    expect(await sign(passwords.bob)).toMatchObject({ status: 403, body: { message: 'Password expired' } });
    expect(await world.takeEvents()).toEqual(['login.refused', 'login.refused']);

    const good = { username: 'eve', old: passwords.bob, new: next, confirm: next };
    expect(await change({ ...good, confirm: 'other' })).toMatchObject({
      status: 400,
      body: { message: 'A field is not valid. Field: confirm.' },
    });
    expect(await change({ ...good, new: 'short', confirm: 'short' })).toMatchObject({ status: 400 });
    expect(await change({ ...good, old: 'wrong' })).toMatchObject({
      status: 401,
      body: { message: 'Incorrect credentials' },
    });
    expect(await change({ Username: 'eve', Old: passwords.bob, New: next, Confirm: next })).toMatchObject({
      status: 200,
      body: { message: 'Success' },
    });
    expect(await world.takeEvents()).toEqual(expect.arrayContaining(['password.change_refused', 'password.changed']));
    expect((await sign(next)).body).toMatchObject({ PasswordExpiration: '0001-01-01T00:00:00' });
    expect((await sign(passwords.bob)).status).toBe(401);
    const after = await send(world, { path: '/test/secure', headers: { authorization: before } });
    expect(after).toMatchObject({ status: 401, body: { message: 'Unauthorized' } });
    await world.takeEvents();
  });
});

describe('a session', () => {
  runScenarios(
    () => world,
    [
      {
        name: 'is proved by the raw token',
        request: async (world) => ({ path: '/test/secure', headers: { authorization: await precrimeToken(world) } }),
        status: 200,
        body: { message: 'Hi ada' },
        events: [],
      },
      {
        name: 'is proved by the token as Bearer, in any case',
        request: async (world) => ({
          path: '/test/secure',
          headers: { Authorization: `bEaReR ${await precrimeToken(world)}` },
        }),
        status: 200,
        body: { message: 'Hi ada' },
        events: [],
      },
      {
        name: 'is proved by the same token twice',
        request: async (world) => {
          const token = await precrimeToken(world);
          return { path: '/test/secure', headers: { authorization: [token, `Bearer ${token}`] } };
        },
        status: 200,
        body: { message: 'Hi ada' },
        events: [],
      },
      {
        name: 'is renewed with a new token, and the old one lives on',
        request: async (world) => ({ path: '/user/renew', headers: { authorization: await precrimeToken(world) } }),
        status: 200,
        body: signedIn,
        events: ['session.renewed'],
        after: async ({ body }, world) => {
          const authorization = (body as { Token: string }).Token;
          expect((await send(world, { path: '/test/secure', headers: { authorization } })).status).toBe(200);
        },
      },
      ...['GET', 'POST'].map(
        (method): Scenario => ({
          name: `is ended by ${method} /user/logout`,
          request: async (world) => ({
            method,
            path: '/user/logout',
            headers: { authorization: await precrimeToken(world) },
          }),
          status: 200,
          body: { message: 'User logged out' },
          events: ['session.ended'],
        }),
      ),
      {
        name: 'is dead after logout',
        request: async (world) => {
          const authorization = await precrimeToken(world);
          await send(world, { path: '/user/logout', headers: { authorization } });
          return { path: '/user/renew', headers: { authorization } };
        },
        ...unauthorized,
        events: ['access.refused'],
      },
      {
        name: 'is over after an hour',
        request: async (world) => {
          const authorization = await precrimeToken(world);
          world.clock.advance(3_600_000);
          return { path: '/test/secure', headers: { authorization } };
        },
        ...unauthorized,
        events: ['access.refused'],
      },
      { name: 'is asked for', request: () => ({ path: '/test/secure' }), ...unauthorized, events: [] },
      {
        name: 'is not needed for the open greeting',
        request: () => ({ path: '/test/unsecure' }),
        status: 200,
        body: { message: 'Hi anonymous' },
        events: [],
      },
      {
        name: 'of another family is not accepted',
        request: async (world) => ({
          path: '/test/secure',
          headers: { authorization: `Bearer ${(await cloudioSession(world)).jwt}` },
        }),
        ...unauthorized,
        events: [],
      },
    ],
  );
});

describe('API keys', () => {
  const shown = {
    id: expect.stringMatching(uuid),
    name: 'production-api-key',
    token: expect.stringMatching(/^lk_\w{49}$/),
    created: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
  };

  async function withToken(world: World, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const authorization = await precrimeToken(world);
    return { method: body === undefined ? 'GET' : 'POST', path, body, headers: { authorization, ...headers } };
  }

  test('are added, used, listed, deleted by value, and refused at once', async () => {
    const authorization = await precrimeToken(world, 'bob');
    const call = (method: string, path: string, body?: unknown) =>
      send(world, { method, path, body, headers: { authorization } });
    const added = await call('POST', '/authheader/add', { name: 'production-api-key' });
    expect(added).toMatchObject({ status: 200, body: shown });
    expect(Object.keys(added.body as object)).toEqual(['id', 'name', 'token', 'created']);
    const { token } = added.body as { token: string };
    const use = () => send(world, { path: '/test/secure', headers: { 'x-authorization': token } });
    expect(await use()).toMatchObject({ status: 200, body: { message: 'Hi bob' } });
    world.clock.advance(1);
    const again = await call('POST', '/authheader/add', { name: 'production-api-key' });
    expect((await call('GET', '/authheader/list')).body).toEqual([added.body, again.body]);
    await world.takeEvents();
    expect(await call('POST', '/authheader/delete', { text: token })).toMatchObject({
      status: 200,
      body: { message: 'Success' },
    });
    expect(await world.takeEvents()).toEqual(['api_key.deleted']);
    expect((await call('GET', '/authheader/list')).body).toEqual([again.body]);
    expect(await use()).toMatchObject({ status: 401, body: { message: 'Unauthorized' } });
    expect(await call('POST', '/authheader/delete', { text: token })).toMatchObject({
      status: 404,
      body: { message: 'Not found' },
    });
  });

  test('are deleted by JSON text, plain text, masked form or id, by their owner only', async () => {
    const owner = await precrimeToken(world, 'ada');
    const stranger = await precrimeToken(world, 'bob');
    const add = async () =>
      (
        await send(world, {
          method: 'POST',
          path: '/authheader/add',
          body: { name: 'x' },
          headers: { authorization: owner },
        })
      ).body as { id: string; token: string };
    const remove = (authorization: string, body: string, type: string) =>
      send(world, {
        method: 'POST',
        path: '/authheader/delete',
        body,
        headers: { authorization, 'content-type': type },
      });
    const json = 'application/json';
    for (const way of [
      (key: { id: string; token: string }) => [JSON.stringify(key.token), json],
      (key: { id: string; token: string }) => [JSON.stringify({ Text: key.token }), json],
      (key: { id: string; token: string }) => [`${key.token}\n`, 'text/plain'],
      (key: { id: string; token: string }) => [JSON.stringify({ text: key.id }), json],
      (key: { id: string; token: string }) => [
        JSON.stringify({ text: `${key.token.slice(0, 8)}…${key.token.slice(-4)}` }),
        json,
      ],
    ]) {
      const [body = '', type = ''] = way(await add());
      expect(await remove(stranger, body, type)).toMatchObject({ status: 404, body: { message: 'Not found' } });
      expect(await remove(owner, body, type)).toMatchObject({ status: 200, body: { message: 'Success' } });
    }
    await world.takeEvents();
  });

  runScenarios(
    () => world,
    [
      {
        name: 'cannot be named nothing',
        request: (world) => withToken(world, '/authheader/add', { name: '' }),
        status: 400,
        body: { message: 'A required field is missing. Field: name.' },
        events: [],
      },
      {
        name: 'cannot be deleted by nothing',
        request: (world) => withToken(world, '/authheader/delete', { text: '' }),
        status: 400,
        body: { message: 'A required field is missing. Field: text.' },
        events: [],
      },
      {
        name: 'cannot be deleted by an empty text',
        request: (world) => withToken(world, '/authheader/delete', ' \n', { 'content-type': 'text/plain' }),
        status: 400,
        body: { message: 'A required field is missing. Field: text.' },
        events: [],
      },
      ...['/authheader/list', '/user/renew', '/user/logout'].map(
        (path): Scenario => ({
          name: `do not open ${path}`,
          request: async (world) => ({ path, headers: { 'x-authorization': await apiKey(world) } }),
          ...unauthorized,
          events: [],
        }),
      ),
      {
        name: 'cannot make keys',
        request: async (world) => ({
          method: 'POST',
          path: '/authheader/add',
          body: { name: 'x' },
          headers: { 'x-authorization': await apiKey(world) },
        }),
        ...unauthorized,
        events: [],
      },
      {
        name: 'are not taken in Authorization',
        request: async (world) => ({ path: '/test/secure', headers: { authorization: await apiKey(world) } }),
        ...unauthorized,
        events: [],
      },
      {
        name: 'together with a token of the same user are two credentials',
        request: async (world) => ({
          path: '/test/secure',
          headers: { authorization: await precrimeToken(world), 'x-authorization': await apiKey(world) },
        }),
        status: 400,
        body: { message: 'The request carries more than one credential.' },
        events: [],
      },
    ],
  );

  test('are shown masked where the install keeps no values', async () => {
    const masked = await openWorld({ keepKeyValues: false });
    try {
      const authorization = await precrimeToken(masked);
      const key = await apiKey(masked);
      const list = await send(masked, { path: '/authheader/list', headers: { authorization } });
      expect(list.text).not.toContain(key);
      expect(list.body).toEqual([expect.objectContaining({ token: `${key.slice(0, 8)}…${key.slice(-4)}` })]);
    } finally {
      await masked.close();
    }
  });
});

describe('as many keys as a user may have', () => {
  let small: World;
  beforeAll(async () => {
    small = await openWorld({ apiKeys: { perUser: 2, maxLifetimeMs: null } });
  });
  afterAll(() => small.close());

  test('and no more; the refusal has the family’s own shape', async () => {
    const authorization = await precrimeToken(small);
    const add = () =>
      send(small, { method: 'POST', path: '/authheader/add', headers: { authorization }, body: { name: 'k' } });
    expect([(await add()).status, (await add()).status]).toEqual([200, 200]);
    const refused = await add();
    expect(refused.status).toBe(409);
    expect(refused.body).toEqual({ message: 'There are too many API keys. Delete one first.' });
  });
});
