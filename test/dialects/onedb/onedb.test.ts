/** The onedb family on the wire: its token, the bearer gate, and the shapes of its vault. @module */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { send } from '../support/client.js';
import { runScenarios, type Scenario } from '../support/scenario.js';
import { onedbToken } from '../support/sign-in.js';
import { openWorld, passwords, type World } from '../support/world.js';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const wrong = {
  status: 401,
  body: { id: 11, message: 'Invalid username or password', success: false },
};
const unusable = {
  status: 400,
  body: { id: 12, message: 'Username and password are required', success: false },
  events: [],
};
const granted = {
  id: 10,
  message: 'Token has been generated!',
  success: true,
  token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]{86}$/),
};

function authenticate(body: unknown, headers: Record<string, string> = {}) {
  return () => ({ method: 'POST', path: '/api/authenticate', body, headers });
}

describe('POST /api/authenticate', () => {
  runScenarios(
    () => world,
    [
      {
        name: 'gives a token of exactly the published form',
        request: authenticate({ username: 'vault', password: passwords.api }),
        status: 200,
        body: granted,
        events: ['login.succeeded'],
        after: ({ text, body }) => {
          expect(Object.keys(JSON.parse(text) as object)).toEqual(['id', 'message', 'success', 'token']);
          const [header, payload] = (body as { token: string }).token
            .split('.')
            .map((part) => Buffer.from(part, 'base64url').toString());
          expect(header).toBe('{"alg":"HS512"}');
          const claims = JSON.parse(String(payload)) as Record<string, number>;
          expect(Object.keys(claims)).toEqual(['sub', 'exp', 'iat']);
          expect(claims).toMatchObject({ sub: 'vault' });
          expect(Number(claims['exp']) - Number(claims['iat'])).toBe(18_000);
        },
      },
      {
        name: 'refuses a wrong password with the published body, without a token member',
        request: authenticate({ username: 'vault', password: 'wrong' }),
        ...wrong,
        events: ['login.refused'],
      },
      {
        name: 'refuses an unknown name with the same body',
        request: authenticate({ username: 'no-such-name', password: 'wrong' }),
        ...wrong,
        events: ['login.refused'],
      },
      ...[
        {},
        { username: 'vault' },
        { password: 'x' },
        { username: '', password: '' },
        { username: 'vault', password: 1 },
        { username: ['vault'], password: 'x' },
        { Username: 'vault', Password: 'x' },
        [],
      ].map(
        (body): Scenario => ({ name: `refuses ${JSON.stringify(body)}`, request: authenticate(body), ...unusable }),
      ),
      ...['', '{', 'null', '"x"', '{"username":"vault","username":"x","password":"y"}'].map(
        (body): Scenario => ({
          name: `refuses the body ${JSON.stringify(body)}`,
          request: authenticate(body, { 'content-type': 'application/json' }),
          ...unusable,
        }),
      ),
      {
        name: 'refuses another media type, with an id',
        request: authenticate('username=vault', { 'content-type': 'application/x-www-form-urlencoded' }),
        status: 415,
        body: { id: 12, message: 'The body has an unsupported media type.', success: false },
        events: [],
      },
      {
        name: 'refuses another method, with an id',
        request: () => ({ path: '/api/authenticate' }),
        status: 405,
        body: { id: 12, message: 'This path does not take this method.', success: false },
        headers: { allow: 'POST' },
        events: [],
      },
    ],
  );

  test('gives the same token twice in one second and keeps earlier ones alive', async () => {
    world.clock.advance(1_000 - (world.clock.nowMs() % 1_000));
    const first = await onedbToken(world);
    expect(await onedbToken(world)).toBe(first);
    world.clock.advance(1_000);
    const later = await onedbToken(world);
    expect(later).not.toBe(first);
    for (const token of [first, later]) {
      const received = await send(world, {
        method: 'POST',
        path: '/api/v1/tokenize?multiple',
        headers: { authorization: `Bearer ${token}` },
        body: [],
      });
      expect(received).toMatchObject({ status: 200, body: [] });
    }
  });

  test('answers an expired password like a wrong one: it has no other answer', async () => {
    const operator = { principal: null, origin: { door: 'cli', requestId: null, address: null } };
    await world.addUser({ kind: 'api', username: 'stale', password: passwords.bob });
    await world.identity.users.set(operator, 'stale', { passwordExpiresAtMs: world.clock.nowMs() - 1 });
    expect(await send(world, authenticate({ username: 'stale', password: passwords.bob })())).toMatchObject(wrong);
    await world.takeEvents();
  });
});

describe('the bearer gate', () => {
  const item = { trxId: 1, templateName: 'App_Without_Masking', data: 'x' };
  const call = (headers: Record<string, string>) => ({
    method: 'POST',
    path: '/api/v1/tokenize?single',
    headers,
    body: item,
  });
  const unauthorized = {
    status: 401,
    body: { success: false, message: 'Unauthorized' },
    headers: { 'www-authenticate': 'Bearer' },
    events: [],
  };

  runScenarios(
    () => world,
    [
      { name: 'asks for a token', request: () => call({}), ...unauthorized },
      {
        name: 'asks for Bearer',
        request: async (world) => call({ authorization: await onedbToken(world) }),
        ...unauthorized,
      },
      { name: 'refuses a token that is none', request: () => call({ authorization: 'Bearer x' }), ...unauthorized },
      {
        name: 'refuses a token whose signature was touched',
        request: async (world) => {
          const token = await onedbToken(world);
          const last = token.endsWith('A') ? 'B' : 'A';
          return call({ authorization: `Bearer ${token.slice(0, -1)}${last}` });
        },
        ...unauthorized,
      },
      {
        name: 'refuses a token in another header',
        request: async (world) => call({ 'x-authorization': await onedbToken(world) }),
        ...unauthorized,
      },
      {
        name: 'says that a token has expired, to the second',
        request: async (world) => {
          const authorization = `Bearer ${await onedbToken(world)}`;
          world.clock.advance(18_000_000);
          return call({ authorization });
        },
        status: 401,
        body: { success: false, message: 'Token has expired' },
        headers: { 'www-authenticate': 'Bearer' },
        events: ['access.refused'],
      },
      {
        name: 'takes a token until its last second, used or not',
        request: async (world) => {
          const authorization = `Bearer ${await onedbToken(world)}`;
          world.clock.advance(17_999_000);
          return call({ authorization });
        },
        status: 200,
        body: { trxId: 1, success: false, message: 'Invalid template name!' },
        events: [],
      },
    ],
  );
});

describe('X-Request-ID', () => {
  const ask = async (id?: string) =>
    (
      await send(world, {
        method: 'POST',
        path: '/api/authenticate',
        body: {},
        headers: id === undefined ? {} : { 'X-Request-ID': id },
      })
    ).headers['x-request-id'] ?? '';
  const uuid = /^[0-9a-f-]{36}$/;

  test('is echoed, on refusals too', async () => {
    expect(await ask('order 42/7')).toBe('order 42/7');
  });

  test('is cut at 128 characters', async () => {
    expect(await ask('x'.repeat(300))).toBe('x'.repeat(128));
  });

  test('is made where none or an unprintable one came', async () => {
    expect(await ask()).toMatch(uuid);
    expect(await ask('caf\u00e9')).toMatch(uuid);
    expect(await ask('a\tb')).toMatch(uuid);
  });

  test('is ours in every other family', async () => {
    const received = await send(world, { path: '/test/unsecure', headers: { 'x-request-id': 'mine' } });
    expect(received.headers['x-request-id']).toMatch(uuid);
  });
});

describe('tokenize and detokenize', () => {
  const noTemplate = (trxId: unknown) => ({ trxId, success: false, message: 'Invalid template name!' });
  const noTrxId = { trxId: null, success: false, message: 'trxId is required' };
  const shapeless = {
    status: 400,
    body: { success: false, message: 'The body does not have the expected shape.' },
    events: [],
  };
  const ask = (path: string, body: unknown) => async (world: World) => ({
    method: 'POST',
    path,
    body,
    headers: { authorization: `Bearer ${await onedbToken(world)}` },
  });
  const item = (trxId: unknown) => ({ trxId, templateName: 'App_Without_Masking', data: 'x' });

  const scenarios = ['tokenize', 'detokenize'].flatMap((verb): Scenario[] => {
    const path = `/api/v1/${verb}`;
    return [
      ...['?single', '?single=', '?single=1', ''].map(
        (query): Scenario => ({
          name: `${verb}${query} answers one object with one result`,
          request: ask(`${path}${query}`, item(7)),
          status: 200,
          body: noTemplate(7),
          events: [],
        }),
      ),
      ...['?multiple', ''].map(
        (query): Scenario => ({
          name: `${verb}${query} answers an array in its order, item by item`,
          request: ask(`${path}${query}`, [item(2), {}, item(1), item('3')]),
          status: 200,
          body: [noTemplate(2), noTrxId, noTemplate(1), noTrxId],
          events: [],
        }),
      ),
      {
        name: `${verb} answers nothing with nothing`,
        request: ask(`${path}?multiple`, []),
        status: 200,
        body: [],
        events: [],
      },
      {
        name: `${verb} asks for a trxId`,
        request: ask(`${path}?single`, { data: 'x' }),
        status: 200,
        body: noTrxId,
        events: [],
      },
      { name: `${verb} refuses both modes`, request: ask(`${path}?single&multiple`, item(1)), ...shapeless },
      { name: `${verb}?single refuses an array`, request: ask(`${path}?single`, [item(1)]), ...shapeless },
      { name: `${verb}?multiple refuses an object`, request: ask(`${path}?multiple`, item(1)), ...shapeless },
      {
        name: `${verb} refuses items that are no objects`,
        request: ask(`${path}?multiple`, [item(1), 2]),
        ...shapeless,
      },
      { name: `${verb} refuses a text`, request: ask(path, '"x"'), status: 415, events: [] },
      {
        name: `${verb} takes a thousand items`,
        request: ask(
          `${path}?multiple`,
          Array.from({ length: 1_000 }, (_, at) => item(at)),
        ),
        status: 200,
        events: [],
        after: ({ body }) => expect(body).toHaveLength(1_000),
      },
      {
        name: `${verb} refuses a thousand and one`,
        request: ask(
          `${path}?multiple`,
          Array.from({ length: 1_001 }, (_, at) => item(at)),
        ),
        ...shapeless,
      },
    ];
  });
  runScenarios(() => world, scenarios);

  test.each(['0', '-1', '9007199254740993', '123456789012345678901234567890'])(
    'echoes the transaction id %s unchanged',
    async (trxId) => {
      const received = await send(world, {
        method: 'POST',
        path: '/api/v1/tokenize?single',
        headers: { authorization: `Bearer ${await onedbToken(world)}`, 'content-type': 'application/json' },
        body: `{"trxId":${trxId},"templateName":"x","data":"y"}`,
      });
      expect(received.text).toBe(`{"trxId":${trxId},"success":false,"message":"Invalid template name!"}`);
    },
  );
});
