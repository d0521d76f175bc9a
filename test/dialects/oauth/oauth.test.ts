/** OAuth 2.0 on the wire: tokens for service accounts, introspection, revocation, metadata, and every refusal in its shape. @module */
import { createPublicKey, verify as verifySignature } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Received, send } from '../support/client.js';
import { apiKey, cloudioSession, nativeToken, onedbToken, precrimeToken } from '../support/sign-in.js';
import { openWorld, passwords, startMs, type World } from '../support/world.js';

let world: World;
let administrator: string;
const operator = { principal: null, origin: { door: 'cli', requestId: null, address: null } };

beforeAll(async () => {
  world = await openWorld();
  await world.identity.users.set(operator, 'bob', { addRoles: ['administrator'] });
  administrator = `Bearer ${await apiKey(world, 'bob')}`;
});
afterAll(() => world.close());

type Headers = Readonly<Record<string, string>>;
const form = (fields: Readonly<Record<string, string>>) => new URLSearchParams(fields).toString();
const post = (path: string, fields: Readonly<Record<string, string>> | string, headers: Headers = {}) =>
  send(world, {
    method: 'POST',
    path,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: typeof fields === 'string' ? fields : form(fields),
  });
const encode = (text: string) => new URLSearchParams({ x: text }).toString().slice(2);
const basic = (name: string, password: string) =>
  `Basic ${Buffer.from(`${encode(name)}:${encode(password)}`).toString('base64')}`;
const nightly = basic('nightly', passwords.nightly);
const grant = { grant_type: 'client_credentials' };

function expectRefusal(received: Received, status: number, error: string): void {
  expect({ status: received.status, body: received.body }).toEqual({
    status,
    body: { error, error_description: expect.stringMatching(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/) },
  });
  expect(received.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(received.headers['cache-control']).toBe('no-store');
  const challenge = received.headers['www-authenticate'];
  if (status === 401) expect(challenge).toBe('Basic realm="latchkey", charset="UTF-8", Bearer realm="latchkey"');
  else expect(challenge).toBeUndefined();
}

async function takeToken(fields: Readonly<Record<string, string>> = {}): Promise<string> {
  const received = await post('/oauth/token', { ...grant, ...fields }, { authorization: nightly });
  expect(received.status).toBe(200);
  return (received.body as { access_token: string }).access_token;
}

describe('the client credentials grant', () => {
  test('gives a service account a token that anybody can verify, and that opens what it allows', async () => {
    await world.takeEvents();
    const received = await post('/oauth/token', grant, { authorization: nightly });
    expect(received).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer', expires_in: 900, scope: 'connections.test api_keys.manage_own data.use vault.use' },
      headers: { 'cache-control': 'no-store', pragma: 'no-cache', 'content-type': 'application/json; charset=utf-8' },
    });
    expect((await world.takeEvents()).filter((name) => !name.startsWith('signing_key'))).toEqual(['token.issued']);
    const token = (received.body as { access_token: string }).access_token;
    const [header = '', payload = '', signature = ''] = token.split('.');
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
    const { body } = await send(world, { path: '/.well-known/jwks.json' });
    const jwk = (body as { keys: { kid: string }[] }).keys.find((one) => one.kid === kid);
    const key = createPublicKey({ key: jwk as never, format: 'jwk' });
    expect(verifySignature(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'))).toBe(
      true,
    );
    const verified = await send(world, { path: '/verify', headers: { authorization: `Bearer ${token}` } });
    expect(verified.headers).toMatchObject({ 'x-latchkey-user': 'nightly', 'x-latchkey-credential': 'native_token' });
  });

  test('takes the login from the body as well, and narrows to the scope that was asked for', async () => {
    const login = { client_id: 'nightly', client_secret: passwords.nightly };
    const received = await post('/oauth/token', { ...grant, ...login, scope: 'vault.use data.use', unknown: 'x' });
    expect(received).toMatchObject({ status: 200, body: { scope: 'data.use vault.use' } });
    const authorization = `Bearer ${(received.body as { access_token: string }).access_token}`;
    const ask = (query: string) => send(world, { path: `/verify?${query}`, headers: { authorization } });
    expect((await ask('action=data.use')).status).toBe(200);
    expect((await ask('action=connections.test')).status).toBe(403);
    expect((await ask('role=member')).status).toBe(403);
  });

  test.each([
    ['no login', {}, grant, 401, 'invalid_client'],
    ['a wrong secret', { authorization: basic('nightly', 'wrong') }, grant, 401, 'invalid_client'],
    ['an unknown name', { authorization: basic('nobody-of-that-name', 'wrong') }, grant, 401, 'invalid_client'],
    ['no name', { authorization: basic('', 'wrong') }, grant, 401, 'invalid_client'],
    ['a person', { authorization: basic('ada', passwords.ada) }, grant, 401, 'invalid_client'],
    ['an endless secret', { authorization: basic('nightly', 'x'.repeat(1_025)) }, grant, 401, 'invalid_client'],
    ['no base64', { authorization: 'Basic %%%' }, grant, 401, 'invalid_client'],
    [
      'a second spelling',
      { authorization: `Basic ${Buffer.from('a:b').toString('base64').replace('=', '')}` },
      grant,
      401,
      'invalid_client',
    ],
    ['a bearer', { authorization: 'Bearer abcdefghijklmnopqrstuvwxyz' }, grant, 401, 'invalid_client'],
    [
      'a login in two places',
      { authorization: nightly },
      { ...grant, client_secret: passwords.nightly },
      400,
      'invalid_request',
    ],
    ['two names', { authorization: nightly }, { ...grant, client_id: 'vault' }, 400, 'invalid_request'],
    ['half a login', {}, { ...grant, client_id: 'nightly' }, 400, 'invalid_request'],
    ['no grant type', { authorization: nightly }, {}, 400, 'invalid_request'],
    ['an empty grant type', { authorization: nightly }, { grant_type: '' }, 400, 'invalid_request'],
    [
      'a password grant',
      {},
      { grant_type: 'password', username: 'ada', password: passwords.ada },
      400,
      'unsupported_grant_type',
    ],
    ['an unknown scope', { authorization: nightly }, { ...grant, scope: 'all' }, 400, 'invalid_scope'],
    ['an odd scope', { authorization: nightly }, { ...grant, scope: ' data.use' }, 400, 'invalid_scope'],
    [
      'a scope beyond the account',
      { authorization: nightly },
      { ...grant, scope: 'directory.manage' },
      400,
      'invalid_scope',
    ],
    [
      'a parameter sent twice',
      { authorization: nightly },
      'grant_type=client_credentials&grant_type=password',
      400,
      'invalid_request',
    ],
  ] as [string, Headers, Record<string, string> | string, number, string][])(
    'refuses %s',
    async (_name, headers, fields, status, error) => {
      const received = await post('/oauth/token', fields, headers);
      expectRefusal(received, status, error);
      expect(received.text).not.toContain('cAnArY');
    },
  );

  test('tells nobody apart by what it answers', async () => {
    const logins = [
      basic('nightly', 'wrong'),
      basic('no-such', 'wrong'),
      basic('ada', passwords.ada),
      basic('a b', 'x'),
    ];
    const bodies = new Set<string>();
    for (const authorization of logins) bodies.add((await post('/oauth/token', grant, { authorization })).text);
    expect(bodies.size).toBe(1);
  });

  test('writes refusals down, once each', async () => {
    await world.takeEvents();
    await post('/oauth/token', grant, { authorization: basic('nightly', 'wrong') });
    await post('/oauth/token', grant, { authorization: basic('ada', passwords.ada) });
    expect(await world.takeEvents()).toEqual(['login.refused', 'login.refused']);
  });
});

describe('guessing', () => {
  test('is counted with the guesses of every other door, and the caller is told to wait', async () => {
    const ownWorld = await openWorld({ guesses: { perSource: 10, perAccountDay: 100, perAddressHour: 300 } });
    const ask = (password: string, path = '/oauth/token') =>
      send(ownWorld, {
        method: 'POST',
        path,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          authorization: basic('nightly', password),
        },
        body: form({ ...grant, token: 'x' }),
      });
    try {
      const statuses: number[] = [];
      for (let time = 0; time < 5; time += 1) {
        statuses.push((await ask('wrong')).status, (await ask('wrong', '/oauth/introspect')).status);
      }
      expect(statuses).toEqual(Array.from({ length: 10 }, () => 401));
      const spent = await ask(passwords.nightly);
      expectRefusal(spent, 429, 'temporarily_unavailable');
      expect(Number(spent.headers['retry-after'])).toBeGreaterThan(0);
      const body = { username: 'nightly', password: passwords.nightly };
      expect((await send(ownWorld, { method: 'POST', path: '/user/login', body })).status).not.toBe(200);
    } finally {
      await ownWorld.close();
    }
  });
});

describe('introspection', () => {
  const introspect = (token: string, authorization = administrator) =>
    post('/oauth/introspect', { token }, { authorization });

  test('tells what a credential is worth', async () => {
    const seconds = Math.floor(startMs / 1000);
    const native = await takeToken({ scope: 'data.use' });
    const cases: [string, object][] = [
      [native, { scope: 'data.use', username: 'nightly', exp: expect.any(Number) }],
      [await precrimeToken(world), { username: 'ada', exp: expect.any(Number) }],
      [await onedbToken(world), { username: 'vault', exp: expect.any(Number) }],
      [await apiKey(world), { username: 'ada' }],
    ];
    for (const [token, expected] of cases) {
      await world.takeEvents();
      const { status, body } = await introspect(token);
      expect(status).toBe(200);
      expect(body).toMatchObject({
        active: true,
        token_type: 'Bearer',
        client_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        sub: expect.stringMatching(/^[0-9a-f-]{36}$/),
        ...expected,
      });
      expect((body as { iat: number }).iat).toBeGreaterThanOrEqual(seconds);
      expect(await world.takeEvents()).toEqual([]);
    }
  });

  test('says of everything else the same, and nothing more', async () => {
    const ended = await precrimeToken(world);
    await send(world, { method: 'POST', path: '/user/logout', headers: { authorization: ended } });
    const { jwt } = await cloudioSession(world);
    const worthless = [
      'x',
      'eyJhbGciOiJub25lIn0.e30.AAAA',
      `lk_${'0'.repeat(49)}`,
      ended,
      jwt,
      `${await takeToken()}A`,
    ];
    const answers = await Promise.all(worthless.map((token) => introspect(token)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`))).toEqual(new Set(['200 {"active":false}']));
  });

  test('is closed without the right to ask, and open to a service account that has it', async () => {
    const token = await precrimeToken(world);
    expectRefusal(await introspect(token, `Bearer ${await apiKey(world)}`), 403, 'insufficient_scope');
    expectRefusal(await introspect(token, nightly), 403, 'insufficient_scope');
    expectRefusal(await introspect(token, basic('nightly', 'wrong')), 401, 'invalid_client');
    expectRefusal(await introspect(token, basic('ada', passwords.ada)), 401, 'invalid_client');
    expectRefusal(await introspect(token, 'Basic x'), 401, 'invalid_client');
    expectRefusal(await introspect(token, await precrimeToken(world, 'bob')), 401, 'invalid_client');
    await world.identity.users.set(operator, 'nightly', { addRoles: ['administrator'] });
    expect((await introspect(token, nightly)).body).toMatchObject({ active: true });
    expect((await introspect(token, `Bearer ${await takeToken({ scope: 'tokens.introspect' })}`)).body).toMatchObject({
      active: true,
    });
    expectRefusal(
      await introspect(token, `Bearer ${await takeToken({ scope: 'data.use' })}`),
      403,
      'insufficient_scope',
    );
    await world.identity.users.set(operator, 'nightly', { removeRoles: ['administrator'] });
  });

  test('looks at no credential of another organisation for whoever does not manage the directory', async () => {
    await world.identity.organisations.add(operator, { uid: 'other', name: 'Other' });
    await world.identity.users.add(operator, {
      kind: 'service',
      username: 'stranger',
      organisationUid: 'other',
      password: null,
      roles: ['administrator'],
    });
    const made = await world.identity.apiKeys.addFor(operator, 'stranger', { name: 'x' });
    const key = made.value?.reveal() ?? '';
    expect((await introspect(key)).body).toMatchObject({ active: true, username: 'stranger' });
    await world.identity.users.set(operator, 'nightly', { addRoles: ['administrator'] });
    const narrow = `Bearer ${await takeToken({ scope: 'tokens.introspect' })}`;
    expect((await introspect(key, narrow)).text).toBe('{"active":false}');
    expect((await introspect(await precrimeToken(world), narrow)).body).toMatchObject({ active: true });
    await world.identity.users.set(operator, 'nightly', { removeRoles: ['administrator'] });
  });

  test('knows of no holder where a key is narrowed to networks', async () => {
    const made = await world.identity.apiKeys.addFor(operator, 'ada', { name: 'near', cidrs: ['127.0.0.0/8'] });
    const key = made.value?.reveal() ?? '';
    expect((await send(world, { path: '/verify', headers: { authorization: key } })).status).toBe(200);
    expect((await introspect(key)).text).toBe('{"active":false}');
  });
});

describe('revocation', () => {
  const revoke = (token: string, authorization: string) => post('/oauth/revoke', { token }, { authorization });
  const isGood = async (headers: Headers) => (await send(world, { path: '/verify', headers })).status === 200;

  test('ends one’s own, with the event that logging out and deleting a key have', async () => {
    const { jwt, csrf } = await cloudioSession(world);
    const native = await takeToken();
    const key = await apiKey(world, 'nightly');
    const cases: [string, Headers, string][] = [
      [native, { authorization: `Bearer ${native}` }, 'session.ended'],
      [jwt, { authorization: jwt, 'x-csrf-token': csrf }, 'session.ended'],
      [key, { authorization: key }, 'api_key.deleted'],
    ];
    for (const [token, headers, event] of cases) {
      expect(await isGood(headers)).toBe(true);
      await world.takeEvents();
      for (const _ of [1, 2]) expect(await revoke(token, nightly)).toMatchObject({ status: 200, text: '' });
      expect(await world.takeEvents()).toEqual([event]);
      expect(await isGood(headers)).toBe(false);
    }
  });

  test('is 200 for what is none', async () => {
    for (const token of ['x', `lk_${'0'.repeat(49)}`, 'eyJhbGciOiJub25lIn0.e30.AAAA']) {
      expect(await revoke(token, nightly)).toMatchObject({ status: 200, text: '' });
    }
  });

  test('ends what is another’s only for who manages the directory, and a key ends no other key', async () => {
    const session = await precrimeToken(world);
    const key = await apiKey(world);
    for (const token of [session, key]) expectRefusal(await revoke(token, nightly), 403, 'insufficient_scope');
    const other = await apiKey(world);
    expectRefusal(await revoke(key, `Bearer ${other}`), 403, 'insufficient_scope');
    const issuedOnKey = await nativeToken(world);
    expect((await revoke(issuedOnKey, `Bearer ${other}`)).status).toBe(200);
    expect((await revoke(other, `Bearer ${other}`)).status).toBe(200);
    expect(await isGood({ authorization: other })).toBe(false);
    expect(await isGood({ authorization: key })).toBe(true);
    for (const token of [session, key]) {
      expect((await revoke(token, administrator)).status).toBe(200);
      expect(await isGood({ authorization: token })).toBe(false);
    }
  });
});

describe('the metadata', () => {
  test('names what is offered, under the address that was configured', async () => {
    const path = '/.well-known/oauth-authorization-server';
    const received = await send(world, { path, headers: { 'x-forwarded-host': 'evil.example' } });
    expect(received).toMatchObject({
      status: 200,
      body: {
        issuer: 'https://latchkey.example',
        token_endpoint: 'https://latchkey.example/oauth/token',
        jwks_uri: 'https://latchkey.example/.well-known/jwks.json',
        grant_types_supported: ['client_credentials'],
        response_types_supported: [],
      },
    });
    const offered = Object.entries(received.body as Record<string, string>).filter(([name]) =>
      /_(?:endpoint|uri)$/.test(name),
    );
    for (const [, url] of offered) {
      const { pathname } = new URL(url);
      expect(world.http.routes.map((route) => route.path)).toContain(pathname);
    }
  });
});

describe('what is wrong with a request as HTTP', () => {
  test.each([
    ['a path of nobody', { path: '/oauth/nothing' }, 404, 'invalid_request'],
    ['the prefix itself', { path: '/oauth' }, 404, 'invalid_request'],
    ['a wrong method', { path: '/oauth/token' }, 405, 'invalid_request'],
    ['another type', { method: 'POST', path: '/oauth/token', body: {} }, 415, 'invalid_request'],
    ['no form', { method: 'POST', path: '/oauth/token' }, 400, 'invalid_request'],
    ['a secret in the URL', { method: 'POST', path: '/oauth/token?token=x' }, 400, 'invalid_request'],
    [
      'too much',
      {
        method: 'POST',
        path: '/oauth/token',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'x'.repeat(1_048_577),
      },
      413,
      'invalid_request',
    ],
  ] as [string, Parameters<typeof send>[1], number, string][])('%s', async (_name, sent, status, error) => {
    expectRefusal(await send(world, sent), status, error);
  });

  test('a fault of ours says nothing of itself', async () => {
    world.sabotage(new Error('SELECT cAnArY'));
    const received = await post('/oauth/token', grant, { authorization: nightly });
    world.sabotage(null);
    expectRefusal(received, 500, 'server_error');
  });
});
