/** The atlan family on the wire: who may ask, the three request shapes, and how verdicts are said. @module */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Rejection, Stage } from '../../../src/sources/index.js';
import { type Sent, send } from '../support/client.js';
import { createScriptedSources, type ScriptedSources } from '../support/scripted-sources.js';
import { apiKey, cloudioSession, loginToken, onedbToken, precrimeToken } from '../support/sign-in.js';
import { openWorld, type World } from '../support/world.js';

const path = '/workflows/v1/auth';
const flat = { authType: 'basic', host: 'db', port: 5432, username: 'u', password: 'pa55', database: 'd' };

let sources: ScriptedSources;
let world: World;
beforeAll(async () => {
  sources = createScriptedSources();
  world = await openWorld({ sources });
  await world.addUser({
    kind: 'person',
    username: 'chief',
    password: 'ribbon anchor cactus violet',
    roles: ['administrator'],
  });
});
afterAll(() => world.close());
beforeEach(() => {
  sources.verdict = null;
  sources.rejections = [];
  sources.parsed.splice(0);
  sources.timeouts.splice(0);
});

function ask(body: unknown, headers: Record<string, string> = {}, to = world) {
  return send(to, { method: 'POST', path, body, headers });
}

const unauthorized = {
  status: 401,
  body: {
    success: false,
    message: 'Missing or invalid authentication token',
    error: 'unauthorized',
    detail: 'Missing or invalid authentication token',
  },
};

describe('who may ask', () => {
  const hostOf = (url: string) => new URL(url).host;

  test('a caller on this machine may, without anything', async () => {
    expect(await ask(flat)).toMatchObject({
      status: 200,
      body: { success: true, message: 'Authentication successful' },
    });
    const localhost = { host: hostOf(world.plainUrl).replace('127.0.0.1', 'localhost') };
    expect((await ask(flat, localhost)).status).toBe(200);
  });

  test.each([
    ['a Host that is no loopback name', { host: 'attacker.example' }],
    ['a Host that begins like one', { host: 'localhost.attacker.example' }],
    ['X-Forwarded-For', { 'x-forwarded-for': '127.0.0.1' }],
    ['X-Forwarded-Host', { 'X-Forwarded-Host': 'localhost' }],
    ['Forwarded', { forwarded: 'for=127.0.0.1' }],
    ['Via', { via: '1.1 proxy' }],
  ])('not with %s', async (_name, headers) => {
    expect(await ask(flat, headers)).toMatchObject(unauthorized);
    expect(sources.parsed).toHaveLength(0);
  });

  test('not from another address', async () => {
    const received = await world.http.inject({
      method: 'POST',
      url: path,
      headers: { host: 'localhost:8000', 'content-type': 'application/json' },
      payload: JSON.stringify(flat),
      remoteAddress: '192.0.2.7',
    });
    expect(received.statusCode).toBe(401);
  });

  test.each([
    ['the operator asks for a credential always', { workflowsAccess: 'authenticated' as const }],
    ['a listener is bound to more than loopback', { isBoundToLoopback: false }],
  ])('not when %s', async (_name, settings) => {
    const closed = await openWorld({ settings });
    try {
      expect(await ask(flat, {}, closed)).toMatchObject(unauthorized);
      const authorization = await precrimeToken(closed);
      expect((await ask(flat, { authorization }, closed)).status).toBe(200);
    } finally {
      await closed.close();
    }
  });

  test('every credential of the house is taken', async () => {
    const cloudio = await cloudioSession(world);
    const key = await apiKey(world);
    for (const headers of [
      { authorization: await precrimeToken(world) },
      { authorization: `Bearer ${await precrimeToken(world)}` },
      { authorization: `Bearer ${await onedbToken(world)}` },
      { authorization: `Bearer ${cloudio.jwt}`, 'x-csrf-token': cloudio.csrf },
      { 'x-authorization': key },
      { authorization: `Bearer ${key}` },
    ]) {
      expect((await ask(flat, headers)).status).toBe(200);
    }
  });

  test('a credential that is presented must be good, on this machine too', async () => {
    const cloudio = await cloudioSession(world);
    for (const headers of [
      { authorization: 'Bearer e30.e30.e30' },
      { authorization: 'Basic dTpw' },
      { authorization: loginToken('nightly') },
      { 'x-authorization': 'lk_0123456789012345678901234567890123456789' },
      { authentication: await precrimeToken(world) },
      { authorization: 'nonsense' },
    ]) {
      expect(await ask(flat, headers)).toMatchObject(unauthorized);
    }
    expect((await ask(flat, { authorization: `Bearer ${cloudio.jwt}` })).status).toBe(403);
    expect(sources.parsed).toHaveLength(0);
  });

  test('csrf does not travel in the query here', async () => {
    const { jwt, csrf } = await cloudioSession(world);
    const sent: Sent = { method: 'POST', path: `${path}?csrf=${csrf}`, body: flat, headers: { authorization: jwt } };
    expect((await send(world, sent)).status).toBe(400);
  });
});

describe('the request shapes', () => {
  const parsedOf = async (body: unknown) => {
    const received = await ask(body);
    expect(received.status).toBe(200);
    const raw = sources.parsed.at(-1);
    return raw === undefined ? null : { ...raw, password: raw.password?.reveal() ?? null };
  };

  test('flat: every seed field is kept, and the rules are strict', async () => {
    expect(await parsedOf({ ...flat, extra: { ssl_mode: 'require' }, agent_json: { x: 1 } })).toEqual({
      authType: 'basic',
      host: 'db',
      port: 5432,
      username: 'u',
      password: 'pa55',
      database: 'd',
      extra: { ssl_mode: 'require' },
      strict: true,
    });
  });

  test('flat: extra as JSON text', async () => {
    expect(await parsedOf({ ...flat, extra: '{"ssl_mode":"require"}' })).toMatchObject({
      extra: { ssl_mode: 'require' },
    });
    expect(await parsedOf({ ...flat, extra: '{"a":1,"a":2}' })).toMatchObject({ extra: expect.any(String) });
    expect(await parsedOf({ ...flat, extra: '' })).toMatchObject({ extra: '' });
  });

  test('flat: connectorType names the engine', async () => {
    expect(await parsedOf({ ...flat, connectorType: 'mysql' })).toMatchObject({ engine: 'mysql' });
  });

  test('list: entries of extra are hoisted, nulls are dropped, user is username', async () => {
    const credentials = [
      { key: 'host', value: 'db' },
      { key: 'port', value: '5432' },
      { key: 'user', value: 'u' },
      { key: 'password', value: 'pa55' },
      { key: 'authType', value: null },
      { key: 'extra.ssl_mode', value: 'require' },
      { key: 'extra', value: '{"database":"d"}' },
    ];
    expect(await parsedOf({ credentials, timeout_seconds: 30, connection_id: '', connector: '' })).toEqual({
      host: 'db',
      port: '5432',
      username: 'u',
      password: 'pa55',
      extra: { ssl_mode: 'require', database: 'd' },
      strict: false,
      authType: undefined,
      database: undefined,
    });
    expect(sources.timeouts).toEqual([30_000]);
  });

  test('nested object', async () => {
    const credentials = { host: 'db', port: 5432, username: 'u', password: 'pa55', extra: { database: 'd' } };
    expect(await parsedOf({ credentials, agentJson: '{}' })).toEqual({
      host: 'db',
      port: 5432,
      username: 'u',
      password: 'pa55',
      extra: { database: 'd' },
      strict: false,
      authType: undefined,
      database: undefined,
    });
  });

  test('a password that is no text is none', async () => {
    expect(await parsedOf({ ...flat, password: 1 })).toMatchObject({ password: null });
  });

  test.each([
    ['a body that is no object', [], 'The body does not have the expected shape.', undefined],
    ['credentials that are a text', { credentials: 'x' }, 'A field is not valid. Field: credentials.', 'credentials'],
    [
      'an entry without a key',
      { credentials: [{ value: 'x' }] },
      'A field is not valid. Field: credentials.',
      'credentials',
    ],
    [
      'one key twice',
      {
        credentials: [
          { key: 'host', value: 'a' },
          { key: 'host', value: 'b' },
        ],
      },
      'A field is not valid. Field: credentials.',
      'credentials',
    ],
    [
      'one key of extra in two ways',
      { credentials: { extra: { ssl_mode: 'a' }, 'extra.ssl_mode': 'b' } },
      'A field is not valid. Field: extra.',
      'extra',
    ],
    [
      'a timeout that is no number',
      { ...flat, timeout_seconds: 'soon' },
      'A field is not valid. Field: timeout_seconds.',
      'timeout_seconds',
    ],
  ])('%s is 400', async (_name, body, message, field) => {
    expect(await ask(body)).toMatchObject({
      status: 400,
      body: {
        success: false,
        message,
        error: 'invalid_request',
        detail:
          field === undefined ? message : [{ field, message: 'A field is not valid.', type: 'http.field_invalid' }],
      },
    });
    expect(sources.parsed).toHaveLength(0);
  });

  test.each([
    [undefined, undefined],
    [1, 1_000],
    ['45', 45_000],
    [0, 1_000],
    [100_000, 120_000],
  ])('timeout_seconds %s asks for %s ms', async (given, asked) => {
    await ask({ ...flat, timeout_seconds: given });
    expect(sources.timeouts).toEqual([asked]);
  });
});

describe('what is refused before anything is dialled', () => {
  const refusal = (field: string, reason: Rejection['reason']): Rejection => ({ field, reason, fix: 'Mend it.' });

  test('names fields as they are sent', async () => {
    sources.rejections = [
      refusal('port', 'INPUT_INVALID_FIELD'),
      refusal('tls.mode', 'INPUT_INVALID_FIELD'),
      refusal('token', 'TOKEN_MISSING'),
    ];
    expect(await ask({ ...flat, authType: 'oauth' })).toMatchObject({
      status: 400,
      body: {
        success: false,
        message: 'Invalid request: port, extra.ssl_mode',
        error: 'invalid_request',
        reason: 'INPUT_INVALID_FIELD',
        detail: [
          { field: 'port', message: 'Mend it.', type: 'INPUT_INVALID_FIELD' },
          { field: 'extra.ssl_mode', message: 'Mend it.', type: 'INPUT_INVALID_FIELD' },
        ],
      },
    });
  });

  test('a missing token is 401', async () => {
    sources.rejections = [refusal('token', 'TOKEN_MISSING')];
    const received = await ask({ ...flat, authType: 'token' });
    expect(received).toMatchObject({
      status: 401,
      body: {
        success: false,
        message: 'Missing authentication token',
        error: 'unauthorized',
        detail: [{ field: 'extra.token', message: 'Mend it.', type: 'TOKEN_MISSING' }],
      },
    });
    expect(received.body).not.toHaveProperty('data');
  });

  test('an expired token is 401 with its status', async () => {
    sources.rejections = [refusal('token', 'TOKEN_EXPIRED')];
    expect(await ask({ ...flat, authType: 'oauth' })).toMatchObject({
      status: 401,
      body: {
        success: false,
        message: 'Authentication token has expired',
        detail: [{ field: 'extra.oauth_token' }],
        data: { status: 'expired', identities: [], scopes: [], expires_at: '' },
      },
    });
  });
});

describe('how a verdict is said', () => {
  test('success carries the whole report in added fields', async () => {
    const { status, body } = await ask(flat);
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      message: 'Authentication successful',
      data: {
        status: 'success',
        message: 'Authentication successful',
        identities: [],
        scopes: [],
        expires_at: '',
        outcome: 'passed',
        engine: 'postgres',
        server_version: 'PostgreSQL 15.18',
        stage: null,
        reason: null,
        retryable: false,
        audience: null,
        field: null,
        fix: null,
        total_ms: 12,
        stages: expect.any(Array),
      },
    });
  });

  const cases: readonly (readonly [Stage, string, string, number, string])[] = [
    ['policy', 'TARGET_NOT_ALLOWED', 'basic', 400, 'failed'],
    ['input', 'AUTH_TYPE_UNSUPPORTED_BY_ENGINE', 'basic', 400, 'failed'],
    ['resolve', 'DNS_NOT_FOUND', 'basic', 500, 'failed'],
    ['tcp', 'TCP_REFUSED', 'token', 500, 'failed'],
    ['tls', 'TLS_UNTRUSTED_ISSUER', 'oauth', 500, 'failed'],
    ['authenticate', 'AUTH_INVALID_CREDENTIALS', 'basic', 500, 'invalid_credentials'],
    ['authenticate', 'AUTH_INVALID_CREDENTIALS', 'token', 401, 'invalid_credentials'],
    ['authenticate', 'AUTH_TOKEN_EXPIRED', 'oauth', 401, 'expired'],
    ['authenticate', 'AUTH_ROLE_NOT_LOGIN', 'token', 401, 'failed'],
    ['authenticate', 'STAGE_TIMEOUT', 'token', 500, 'failed'],
    ['authenticate', 'TCP_RESET', 'oauth', 500, 'failed'],
    ['authenticate', 'TOO_MANY_CONNECTIONS', 'token', 500, 'failed'],
    ['authenticate', 'AUTH_PASSWORD_EXPIRED', 'basic', 500, 'expired'],
    ['database', 'DATABASE_NOT_FOUND', 'basic', 500, 'failed'],
    ['query', 'QUERY_TIMEOUT', 'token', 500, 'failed'],
  ];
  test.each(cases)('%s %s with authType %s is %i, status %s', async (stage, reason, authType, status, told) => {
    sources.verdict = { stage, reason, field: 'password' };
    const received = await ask({ ...flat, authType });
    expect(received.status).toBe(status);
    const member = { basic: 'password', oauth: 'extra.oauth_token', token: 'extra.token' }[authType];
    expect(received.body).toMatchObject({
      success: false,
      message: expect.any(String),
      error: expect.stringMatching(/^[a-z_]+$/),
      detail: 'Mend it.',
      reason,
      data: { status: told, stage, reason, field: member, fix: 'Mend it.', outcome: 'failed' },
    });
    expect(received.text).not.toContain('pa55');
  });

  describe('to a caller who may not diagnose', () => {
    const quiet = {
      success: false,
      message: 'Authentication failed',
      error: 'connection_failed',
      detail: 'Authentication failed',
      data: { status: 'failed', message: 'Authentication failed', identities: [], scopes: [], expires_at: '' },
    };

    test('every failure of the database is one body', async () => {
      const authorization = await precrimeToken(world);
      for (const [stage, reason, authType, status] of cases) {
        if (status !== 500 || authType !== 'basic') continue;
        sources.verdict = { stage, reason };
        expect(await ask(flat, { authorization })).toMatchObject({ status: 500, body: quiet });
        expect((await ask(flat, { authorization })).body).toEqual(quiet);
      }
    });

    test('a target the operator does not allow is said, because nothing was dialled', async () => {
      sources.verdict = { stage: 'policy', reason: 'TARGET_NOT_ALLOWED' };
      const authorization = await precrimeToken(world);
      expect(await ask(flat, { authorization })).toMatchObject({
        status: 400,
        body: { reason: 'TARGET_NOT_ALLOWED' },
      });
    });

    test('an administrator is told everything', async () => {
      sources.verdict = { stage: 'tcp', reason: 'TCP_REFUSED' };
      const login = await send(world, {
        method: 'POST',
        path: '/user/login',
        body: { username: 'chief', password: 'ribbon anchor cactus violet' },
      });
      const authorization = (login.body as { Token: string }).Token;
      expect(await ask(flat, { authorization })).toMatchObject({ status: 500, body: { reason: 'TCP_REFUSED' } });
    });
  });
});

describe('health', () => {
  test.each(['/server/health', '/health'])('%s says healthy', async (at) => {
    expect(await send(world, { path: at })).toMatchObject({ status: 200, body: { status: 'healthy' } });
  });

  test.each(['/server/ready', '/ready'])('%s says ok, and 503 while the store does not answer', async (at) => {
    expect(await send(world, { path: at })).toMatchObject({ status: 200, body: { status: 'ok' } });
    const without = await openWorld();
    await without.closeStore();
    expect(await send(without, { path: at })).toMatchObject({
      status: 503,
      body: { success: false, message: 'The service is not ready.', error: 'unavailable' },
    });
    expect(await send(without, { path: '/health' })).toMatchObject({ status: 200 });
    await without.close();
  });

  test('HEAD is answered without a body', async () => {
    const received = await send(world, { method: 'HEAD', path: '/health' });
    expect([received.status, received.text]).toEqual([200, '']);
  });
});
