/** The atlan family on the wire: who may ask, the three request shapes, and how verdicts are said. @module */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Rejection, type Stage, sourcesErrors } from '../../../src/sources/index.js';
import { type Sent, send } from '../support/client.js';
import { createScriptedSources, type ScriptedSources, schemaOf } from '../support/scripted-sources.js';
import { apiKey, cloudioSession, loginToken, onedbToken, precrimeToken } from '../support/sign-in.js';
import { openWorld, type World } from '../support/world.js';

const path = '/workflows/v1/auth';
const metadataPath = '/workflows/v1/metadata';
const checkPath = '/workflows/v1/check';
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
  sources.isTold = true;
  sources.refusal = null;
  sources.familyChecks = createScriptedSources().familyChecks;
  sources.preflightStatus = 'ready';
  sources.rejections = [];
  sources.parsed.splice(0);
  sources.timeouts.splice(0);
});

function ask(body: unknown, headers: Record<string, string> = {}, to = world, route = path) {
  return send(to, { method: 'POST', path: route, body, headers });
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

    beforeEach(() => {
      sources.isTold = false;
    });

    test('every failure of the database is one answer, whatever kind of credential it refused', async () => {
      const texts = new Set<string>();
      for (const [stage, reason, authType, status] of cases) {
        if (status === 400) continue;
        sources.verdict = { stage, reason };
        const received = await ask({ ...flat, authType });
        expect(received).toMatchObject({ status: 500, body: quiet });
        expect(received.body).toEqual(quiet);
        texts.add(received.text);
      }
      expect(texts.size).toBe(1);
    });

    test('success says so, and no more', async () => {
      expect(await ask(flat)).toMatchObject({
        status: 200,
        body: { success: true, message: 'Authentication successful', data: { status: 'success', outcome: 'passed' } },
      });
    });

    test('a target the operator does not allow is said, because nothing was dialled', async () => {
      sources.verdict = { stage: 'policy', reason: 'TARGET_NOT_ALLOWED' };
      expect(await ask(flat)).toMatchObject({
        status: 400,
        body: {
          success: false,
          message: 'The target is not allowed',
          reason: 'TARGET_NOT_ALLOWED',
          data: { status: 'failed', stage: 'policy', reason: 'TARGET_NOT_ALLOWED', field: 'host' },
        },
      });
    });

    test('is the same at every route', async () => {
      sources.verdict = { stage: 'tcp', reason: 'TCP_REFUSED' };
      for (const route of [path, metadataPath, checkPath]) {
        expect((await ask(flat, {}, world, route)).body).toEqual(quiet);
      }
    });
  });

  test.each([
    ['sources.probe_rate_limited', sourcesErrors.probe_rate_limited, 'PROBE_RATE_LIMITED'],
    ['sources.too_many_tests', sourcesErrors.too_many_tests, undefined],
  ])('%s is 429 with Retry-After', async (_code, error, reason) => {
    for (const route of [path, metadataPath, checkPath]) {
      sources.refusal = error({ details: { retryAfterSeconds: 7 } });
      const received = await ask(flat, {}, world, route);
      expect(received).toMatchObject({ status: 429, body: { success: false, error: 'rate_limited' } });
      expect((received.body as { reason?: string }).reason).toBe(reason);
      expect(received.headers['retry-after']).toBe('7');
    }
  });
});

describe('/workflows/v1/metadata', () => {
  const nested = { host: 'db', port: 5432, username: 'u', password: 'pa55', database: 'shop' };
  const rowsOf = async (body: unknown) => {
    const received = await ask(body, {}, world, metadataPath);
    expect(received.status).toBe(200);
    expect(Object.keys(received.body as object)).toEqual(['success', 'data']);
    return (received.body as { data: unknown }).data;
  };

  const all = [
    { TABLE_CATALOG: 'shop', TABLE_SCHEMA: 'Zebra' },
    { TABLE_CATALOG: 'shop', TABLE_SCHEMA: 'audit' },
    { TABLE_CATALOG: 'shop', TABLE_SCHEMA: 'public' },
  ];

  beforeEach(() => {
    sources.schemas = ['public', 'audit', 'Zebra', 'public'].map(schemaOf);
  });

  test.each([[undefined], [null], [''], ['all'], ['ALL'], ['All']])(
    'type %s lists databases with their schemas, in order, each once',
    async (type) => {
      expect(await rowsOf({ ...flat, type })).toEqual(all);
    },
  );

  test('type database lists the one that was connected to', async () => {
    expect(await rowsOf({ ...flat, type: 'Database' })).toEqual([{ TABLE_CATALOG: 'shop' }]);
  });

  test('type schema lists the schemas of the database that was named, flat and nested and as a list', async () => {
    const list = Object.entries({ ...nested, port: '5432' }).map(([key, value]) => ({ key, value }));
    for (const body of [
      { ...flat, database: 'shop', type: 'schema' },
      { credentials: nested, type: 'schema', database: 'shop' },
      { credentials: list, type: 'schema', database: 'shop', connection_config: {}, max_objects: 10 },
    ]) {
      expect(await rowsOf(body)).toEqual(all);
      expect(sources.parsed.at(-1)).toMatchObject({ database: 'shop' });
    }
  });

  test('beside the credentials, the database whose schemas are asked for is the one to connect to', async () => {
    await rowsOf({ credentials: nested, type: 'schema', database: 'other' });
    expect(sources.parsed.at(-1)).toMatchObject({ database: 'other' });
    await rowsOf({ credentials: nested, type: 'all', database: 'other' });
    expect(sources.parsed.at(-1)).toMatchObject({ database: 'shop' });
    await rowsOf({ credentials: { ...nested, database: undefined }, database: 'other' });
    expect(sources.parsed.at(-1)).toMatchObject({ database: 'other' });
    expect(await rowsOf({ credentials: nested, type: 'schema', database: 'def' })).toContainEqual({
      TABLE_CATALOG: 'def',
      TABLE_SCHEMA: 'public',
    });
    expect(sources.parsed.at(-1)).toMatchObject({ database: 'shop' });
  });

  test('no object is read, and the reading is closed', async () => {
    const before = { ...sources.readings };
    await rowsOf(flat);
    expect(sources.requests.at(-1)).toEqual({ schemas: null, names: [], groups: new Set(), after: null, limit: 1 });
    expect(sources.readings.opened - before.opened).toBe(1);
    expect(sources.readings.closed - before.closed).toBe(1);
  });

  test.each([
    ['an unknown type', { ...flat, type: 'tables' }, 'type'],
    ['a type that is no text', { ...flat, type: 1 }, 'type'],
    ['schema without a database', { credentials: nested, type: 'schema' }, 'database'],
    ['schema with an empty one', { credentials: nested, type: 'schema', database: '' }, 'database'],
    ['schema with one that is no text', { credentials: nested, type: 'schema', database: 1 }, 'database'],
    ['a time limit that is none', { ...flat, timeout_seconds: 'soon' }, 'timeout_seconds'],
  ])('%s is 400', async (_name, body, field) => {
    const received = await ask(body, {}, world, metadataPath);
    expect(received).toMatchObject({ status: 400, body: { success: false, detail: [{ field }] } });
    expect(received.text).not.toContain('pa55');
  });

  test('what may be sent instead is said', async () => {
    const { text } = await ask({ ...flat, type: 'tables' }, {}, world, metadataPath);
    expect(text).toContain('Send one of: all, database, schema.');
  });

  test('a database that cannot be reached is said as by /auth', async () => {
    sources.verdict = { stage: 'authenticate', reason: 'AUTH_INVALID_CREDENTIALS' };
    expect(await ask(flat, {}, world, metadataPath)).toMatchObject({
      status: 500,
      body: { success: false, reason: 'AUTH_INVALID_CREDENTIALS', data: { status: 'invalid_credentials' } },
    });
    expect(await ask({ ...flat, authType: 'token' }, {}, world, metadataPath)).toMatchObject({ status: 401 });
  });

  test('a time limit is handed on', async () => {
    await rowsOf({ ...flat, timeout_seconds: 120 });
    expect(sources.timeouts).toEqual([120_000]);
  });
});

describe('/workflows/v1/check', () => {
  const credentials = { host: 'db', port: 5432, username: 'u', password: 'pa55', database: 'd' };
  const checkOf = async (body: unknown) => {
    const received = await ask(body, {}, world, checkPath);
    expect(received.status).toBe(200);
    return received.body as Record<string, unknown>;
  };
  const good = (message: string) => ({ success: true, message, successMessage: message, failureMessage: '' });

  test('three checks, with the message of the newer generation, and the preflight beside them', async () => {
    const body = await checkOf({ credentials, metadata: { 'include-filter': '{}' } });
    expect(Object.keys(body)).toEqual(['success', 'message', 'data', 'preflight']);
    expect(body).toMatchObject({
      success: true,
      message: 'Preflight check successful',
      data: {
        databaseSchemaCheck: good('Schemas and Databases check successful'),
        tablesCheck: good('Tables check successful. Table count: 3'),
        versionCheck: good('Client version: 15.18 (no minimum version requirement)'),
      },
      preflight: { status: 'ready', message: 'Every check passed', total_duration_ms: 42 },
    });
    const { checks } = body['preflight'] as { checks: object[] };
    expect(checks).toHaveLength(24);
    expect(checks[0]).toMatchObject({ name: 'inputShape', number: 1, passed: true, status: 'pass', blocking: true });
    expect(checks[16]).toMatchObject({
      name: 'leastPrivilege',
      passed: false,
      status: 'warn',
      blocking: false,
      reason: 'PRIV_EXCESSIVE',
      statements: ['GRANT SELECT ON public.orders TO app'],
    });
  });

  test('success means that all three passed; a failed check is 200', async () => {
    const message = 'Schemas and Databases check failed for shop database';
    sources.familyChecks = { ...sources.familyChecks, databaseSchemaCheck: { success: false, message } };
    sources.preflightStatus = 'not_ready';
    expect(await checkOf({ credentials })).toMatchObject({
      success: false,
      message: 'Preflight check failed',
      data: { databaseSchemaCheck: { success: false, message, successMessage: '', failureMessage: message } },
      preflight: { status: 'not_ready', message: 'A blocking check failed' },
    });
  });

  test.each([
    ['hyphens', { 'include-filter': { a: [] }, 'exclude-filter': '{}', 'temp-table-regex': 't' }],
    ['underscores', { include_filter: { a: [] }, exclude_filter: '{}', temp_table_regex: 't' }],
    [
      'both, alike',
      { 'include-filter': { a: [] }, include_filter: { a: [] }, exclude_filter: '{}', 'temp-table-regex': 't' },
    ],
  ])('filters spelled with %s', async (_name, filters) => {
    const expected = { include: { a: [] }, exclude: '{}', temporaryTables: 't' };
    for (const body of [
      { credentials, metadata: filters },
      { credentials, connection_config: filters },
      { credentials, metadata: filters, connection_config: { 'include-filter': 'not this' } },
      { ...flat, metadata: filters, checks_to_run: ['versionCheck'] },
    ]) {
      await checkOf(body);
      expect(sources.filters.at(-1)).toEqual(expected);
    }
  });

  test('without filters nothing is filtered', async () => {
    await checkOf({ credentials });
    expect(sources.filters.at(-1)).toEqual({});
  });

  test.each([
    [
      'one filter in two ways',
      { credentials, metadata: { 'include-filter': '{}', include_filter: '{"a":[]}' } },
      'include-filter',
    ],
    ['metadata that is no object', { credentials, metadata: 'x' }, 'metadata'],
    ['configuration that is no object', { credentials, connection_config: [] }, 'connection_config'],
  ])('%s is 400', async (_name, body, field) => {
    expect(await ask(body, {}, world, checkPath)).toMatchObject({ status: 400, body: { detail: [{ field }] } });
  });

  test('a filter that is none is 400 and not repeated', async () => {
    sources.refusal = sourcesErrors.filter_invalid({ details: { field: 'include' } });
    const received = await ask({ credentials, metadata: { 'include-filter': '{"(((": []}' } }, {}, world, checkPath);
    expect(received).toMatchObject({
      status: 400,
      body: { success: false, detail: [{ field: 'include-filter', type: 'sources.filter_invalid' }] },
    });
    expect(received.text).not.toContain('(((');
  });

  test('a database that cannot be reached is said as by /auth', async () => {
    sources.verdict = { stage: 'tcp', reason: 'TCP_REFUSED' };
    expect(await ask({ credentials }, {}, world, checkPath)).toMatchObject({
      status: 500,
      body: { success: false, reason: 'TCP_REFUSED', data: { stage: 'tcp' } },
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
