/** Stored sources at our own door: who may, what is taken and refused, and what never comes back. @module */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '../../../src/kernel/secret.js';
import { type CatalogItem, type Source, sourcesErrors } from '../../../src/sources/index.js';
import { send } from '../support/client.js';
import { checkScenario, type Scenario } from '../support/scenario.js';
import { createScriptedSources, type ScriptedSources, schemaOf, tableOf } from '../support/scripted-sources.js';
import { administratorKey, apiKey } from '../support/sign-in.js';
import { marker, openWorld, type World } from '../support/world.js';

const list = '/admin/v1/sources';
const password = `${marker} database`;
const target = { engine: 'postgres', host: 'db', port: 5432, username: 'u', password, database: 'd' };

let sources: ScriptedSources;
let world: World;
let authorization: string;
let plain: string;
let shop: string;
beforeAll(async () => {
  sources = createScriptedSources();
  world = await openWorld({ sources });
  authorization = `Bearer ${await administratorKey(world)}`;
  plain = `Bearer ${await apiKey(world, 'ada')}`;
  const made = await ask('POST', list, { name: 'shop', ...target });
  shop = (made.body as Source).id;
});
afterAll(() => world.close());
beforeEach(() => {
  const fresh = createScriptedSources();
  const { verdict, isTold, rejections, refusal, items, schemas, changes, preflightStatus, webhookKey } = fresh;
  Object.assign(sources, {
    verdict,
    isTold,
    rejections,
    refusal,
    items,
    schemas,
    changes,
    preflightStatus,
    webhookKey,
  });
  for (const one of [
    sources.parsed,
    sources.timeouts,
    sources.subjects,
    sources.requests,
    sources.added,
    sources.changed,
  ]) {
    one.splice(0);
  }
});

const ask = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  send(world, { method, path, headers: { authorization, ...headers }, ...(body === undefined ? {} : { body }) });

describe('the registry', () => {
  test('adds: neutral names, the password wrapped, TLS as extra of a target', async () => {
    const received = await ask('POST', list, {
      ...target,
      name: 'crm',
      description: 'customers',
      organisation: 'acme',
      authType: 'token',
      tls: { mode: 'verify-full', ca: 'PEM', clientCertificate: 'PEM', clientKey: 'KEY' },
      purpose: 'read_write',
      limits: { connections: 2, connectMs: 5_000, statementMs: 1_000, catalogTables: 10 },
      checkEveryMinutes: 5,
      webhookUrl: 'https://hooks.example/db',
    });
    expect(received.status).toBe(201);
    expect(received.body).toMatchObject({
      id: expect.any(String),
      name: 'crm',
      organisation: 'acme',
      host: 'db',
      port: 5432,
      credential: 'stored',
      tls: { mode: 'prefer', ca: null, clientCertificate: null, hasClientKey: false },
      health: { state: 'unknown' },
      revision: 1,
    });
    expect(received.text).not.toContain(marker);
    expect(received.body).not.toHaveProperty('webhookKey');
    const [added] = sources.added;
    expect(added).toMatchObject({
      name: 'crm',
      description: 'customers',
      organisation: 'acme',
      purpose: 'read_write',
      limits: { connections: 2, connectMs: 5_000, statementMs: 1_000, catalogTables: 10 },
      checkEveryMinutes: 5,
      webhookUrl: 'https://hooks.example/db',
      target: {
        engine: 'postgres',
        host: 'db',
        port: 5432,
        username: 'u',
        database: 'd',
        authType: 'token',
        strict: false,
        extra: { ssl_mode: 'verify-full', ssl_cert: 'PEM', ssl_client_cert: 'PEM', ssl_client_key: 'KEY' },
      },
    });
    expect(added?.target.password?.reveal()).toBe(password);
  });

  test('takes null for none, and a reference for a password', async () => {
    const body = {
      ...target,
      password: undefined,
      name: 'ref',
      credential: 'env:PG_PASSWORD',
      description: null,
      checkEveryMinutes: null,
      webhookUrl: null,
    };
    expect((await ask('POST', list, body)).body).toMatchObject({ credential: 'env:PG_PASSWORD', description: null });
    expect(sources.added[0]).toMatchObject({ credential: 'env:PG_PASSWORD', checkEveryMinutes: null });
    expect(sources.added[0]?.target.password).toBeNull();
  });

  test('shows the key of a webhook once, to whoever made it', async () => {
    sources.webhookKey = new Secret('whsec_made');
    expect((await ask('POST', list, { ...target, name: 'hooked' })).body).toMatchObject({ webhookKey: 'whsec_made' });
    expect((await ask('PATCH', `${list}/hooked`, { description: 'x' })).body).toMatchObject({
      webhookKey: 'whsec_made',
    });
    expect((await ask('GET', `${list}/hooked`)).body).not.toHaveProperty('webhookKey');
  });

  test('shows a file without host and port, a file and a variable by their reference', async () => {
    const file = { name: 'file', engine: 'sqlite', database: '/srv/a.db', credential: 'file:/run/secret' };
    expect((await ask('POST', list, file)).body).toMatchObject({
      host: null,
      port: null,
      database: '/srv/a.db',
      credential: 'file:/run/secret',
    });
  });

  test('lists in pages, by engine', async () => {
    const first = (await ask('GET', `${list}?limit=1`)).body as { items: Source[]; nextCursor: string };
    expect(Object.keys(first)).toEqual(['items', 'nextCursor']);
    expect(first.items).toHaveLength(1);
    const second = (await ask('GET', `${list}?limit=1&cursor=${first.nextCursor}`)).body as { items: Source[] };
    expect(second.items[0]?.id).not.toBe(first.items[0]?.id);
    const files = (await ask('GET', `${list}?engine=sqlite`)).body as { items: Source[]; nextCursor: unknown };
    expect(files.items.map(({ name }) => name)).toEqual(['file']);
    expect(files.nextCursor).toBeNull();
    expect((await ask('HEAD', list)).status).toBe(200);
  });

  test('shows one by its id or its name', async () => {
    for (const reference of [shop, 'shop']) {
      const received = await ask('GET', `${list}/${reference}`);
      expect(received).toMatchObject({ status: 200, body: { id: shop, name: 'shop' } });
      expect(received.text).not.toContain(marker);
    }
  });

  test('changes only what is named', async () => {
    const change = { host: 'db2', tls: { mode: 'require' }, password, revision: 3, limits: { connections: 9 } };
    expect(await ask('PATCH', `${list}/shop`, change)).toMatchObject({ status: 200, body: { id: shop } });
    const [{ password: sent, ...rest } = {}] = sources.changed;
    expect(rest).toEqual({ host: 'db2', tls: { ssl_mode: 'require' }, revision: 3, limits: { connections: 9 } });
    expect(sent?.reveal()).toBe(password);
    await ask('PATCH', `${list}/shop`, { description: null, webhookUrl: null, checkEveryMinutes: null });
    expect(sources.changed[1]).toEqual({ description: null, webhookUrl: null, checkEveryMinutes: null });
    await ask('PATCH', `${list}/shop`, {});
    expect(sources.changed[2]).toEqual({});
  });

  test('removes, and says nothing', async () => {
    await ask('POST', list, { ...target, name: 'gone' });
    const received = await ask('DELETE', `${list}/gone`);
    expect([received.status, received.text]).toEqual([204, '']);
    expect(received.headers).not.toHaveProperty('content-type');
    expect(received.headers).not.toHaveProperty('content-length');
    expect(received.headers['cache-control']).toBe('no-store');
    expect((await ask('GET', `${list}/gone`)).status).toBe(404);
  });
});

describe('what is refused', () => {
  const problem = (status: number, code: string, more: object = {}) => ({
    status,
    body: expect.objectContaining({ status, code, requestId: expect.any(String), ...more }),
    events: [],
  });
  const request = (method: string, path: string, body?: unknown) => () => ({
    method,
    path,
    headers: { authorization },
    ...(body === undefined ? {} : { body }),
  });

  const scenarios: Scenario[] = [
    {
      name: 'a member nobody knows, without repeating it',
      request: request('POST', list, { ...target, name: 'x', evil_echo: 1 }),
      ...problem(400, 'http.member_unknown', { fix: expect.stringContaining('engine, organisation, name') }),
      hides: ['evil_echo'],
    },
    ...(
      [
        ['tls', { tls: { mode: 'require', verify: false } }, 'http.member_unknown', 'tls'],
        ['limits', { limits: { rows: 1 } }, 'http.member_unknown', 'limits'],
        ['TLS that is no object', { tls: 'require' }, 'http.field_invalid', 'tls'],
        ['limits that are no numbers', { limits: { connections: '4' } }, 'http.field_invalid', 'limits'],
        ['a name that is no text', { name: 7 }, 'http.field_invalid', 'name'],
        ['no name', { name: undefined }, 'http.field_missing', 'name'],
        ['an unknown purpose', { purpose: 'admin' }, 'http.field_invalid', 'purpose'],
        ['minutes that are no number', { checkEveryMinutes: '5' }, 'http.field_invalid', 'checkEveryMinutes'],
        ['half a minute', { checkEveryMinutes: 0.5 }, 'http.field_invalid', 'checkEveryMinutes'],
        ['a webhook that is no text', { webhookUrl: {} }, 'http.field_invalid', 'webhookUrl'],
      ] as const
    ).map(
      ([name, more, code, field]): Scenario => ({
        name: `${name}: ${code}`,
        request: request('POST', list, { ...target, name: 'x', ...more }),
        ...problem(400, code, { field }),
      }),
    ),
    {
      name: 'a body that is no object',
      request: request('POST', list, [target]),
      ...problem(400, 'http.body_shape_invalid'),
    },
    {
      name: 'a change of what cannot be changed',
      request: request('PATCH', `${list}/shop`, { engine: 'mysql' }),
      ...problem(400, 'http.member_unknown'),
    },
    {
      name: 'a parameter nobody knows, without repeating it',
      request: request('GET', `${list}?evil_echo=1`),
      ...problem(400, 'http.parameter_unknown', { fix: 'Send only: engine, limit, cursor.' }),
      hides: ['evil_echo'],
    },
    ...['0', '1001', '-1', '1e2', 'ten', ''].map(
      (limit): Scenario => ({
        name: `a limit of ${JSON.stringify(limit)}`,
        request: request('GET', `${list}?limit=${limit}`),
        ...problem(400, 'http.field_invalid', { field: 'limit', fix: 'Send a whole number from 1 to 1000.' }),
      }),
    ),
    {
      name: 'an engine nobody serves',
      request: request('GET', `${list}?engine=oracle`),
      ...problem(400, 'http.field_invalid', { field: 'engine' }),
    },
    ...(
      [
        ['GET', `${list}/absent`],
        ['PATCH', `${list}/absent`, {}],
        ['DELETE', `${list}/absent`],
        ['POST', `${list}/absent/test`],
        ['POST', `${list}/absent/preflight`],
        ['POST', `${list}/absent/snapshot`],
        ['GET', `${list}/absent/metadata`],
        ['GET', `${list}/absent/diff`],
      ] as const
    ).map(
      ([method, path, body]): Scenario => ({
        name: `${method} ${path}: there is no such source`,
        request: request(method, path, body),
        ...problem(404, 'sources.not_found'),
      }),
    ),
    {
      name: 'a wrong method, with those that are right',
      request: request('PUT', `${list}/shop`, {}),
      ...problem(405, 'http.method_not_allowed'),
      headers: { allow: 'DELETE, GET, HEAD, PATCH' },
    },
  ];
  for (const scenario of scenarios) test(scenario.name, () => checkScenario(world, scenario));

  test.each([
    [sourcesErrors.name_taken(), 409],
    [sourcesErrors.changed_meanwhile(), 409],
    [sourcesErrors.password_required(), 400],
    [sourcesErrors.credential_not_allowed({ details: { field: 'credential' } }), 400],
  ])('%s', async (error, status) => {
    sources.refusal = error;
    expect(await ask('PATCH', `${list}/shop`, {})).toMatchObject({
      status,
      body: { status, code: error.code, detail: error.message },
    });
  });

  test.each([
    ['GET', list, undefined],
    ['POST', list, { ...target, name: 'x' }],
    ['GET', `${list}/shop`, undefined],
    ['PATCH', `${list}/shop`, {}],
    ['DELETE', `${list}/shop`, undefined],
    ['POST', `${list}/shop/test`, undefined],
    ['POST', `${list}/shop/preflight`, undefined],
    ['GET', `${list}/shop/metadata`, undefined],
    ['POST', `${list}/shop/snapshot`, undefined],
    ['GET', `${list}/shop/diff`, undefined],
  ])('%s %s by somebody without the right, and it is recorded', async (method, path, body) => {
    // Once a minute for the same action of the same credential.
    world.clock.advance(61_000);
    await checkScenario(world, {
      name: '',
      request: () => ({ method, path, headers: { authorization: plain }, ...(body === undefined ? {} : { body }) }),
      status: 403,
      body: expect.objectContaining({ code: 'access.denied' }),
      events: ['access.refused'],
    });
    expect(sources.subjects).toEqual([]);
  });
});

describe('test and preflight', () => {
  test('a database that is down is an answer, not an error', async () => {
    sources.verdict = { stage: 'tcp', reason: 'TCP_REFUSED', field: 'port' };
    for (const [path, body] of [
      [`${list}/shop/test`, undefined],
      [`${list}/shop/test`, { timeoutMs: 5_000 }],
      ['/admin/v1/connections/test', { ...target, timeoutMs: 5_000 }],
    ] as const) {
      const received = await ask('POST', path, body);
      expect(received).toMatchObject({
        status: 200,
        body: {
          outcome: 'failed',
          engine: 'postgres',
          stage: 'tcp',
          reason: 'TCP_REFUSED',
          field: 'port',
          audience: 'user',
          fix: 'Mend it.',
          totalMs: 12,
        },
      });
      expect((received.body as { stages: object[] }).stages).toHaveLength(12);
      expect(received.text).not.toContain(marker);
    }
    expect(sources.timeouts).toEqual([undefined, 5_000, 5_000]);
    expect(sources.subjects[0]).toEqual({ source: 'shop' });
  });

  test('success', async () => {
    expect(await ask('POST', `${list}/shop/test`)).toMatchObject({
      status: 200,
      body: { outcome: 'passed', serverVersion: 'PostgreSQL 15.18', stage: null, reason: null },
    });
  });

  test('whoever may not know why gets the same for every failure', async () => {
    sources.isTold = false;
    const texts = new Set<string>();
    for (const [stage, reason] of [
      ['tcp', 'TCP_REFUSED'],
      ['tcp', 'TCP_TIMEOUT'],
      ['handshake', 'PROTOCOL_MISMATCH'],
      ['authenticate', 'AUTH_INVALID_CREDENTIALS'],
    ] as const) {
      sources.verdict = { stage, reason };
      const received = await send(world, {
        method: 'POST',
        path: '/admin/v1/connections/test',
        headers: { authorization: plain },
        body: target,
      });
      expect(received.status).toBe(200);
      expect(received.body).toMatchObject({
        outcome: 'failed',
        stage: null,
        reason: null,
        stages: null,
        totalMs: null,
      });
      texts.add(received.text);
    }
    expect(texts.size).toBe(1);
    sources.verdict = { stage: 'policy', reason: 'TARGET_NOT_ALLOWED' };
    expect((await ask('POST', '/admin/v1/connections/test', target)).body).toMatchObject({
      outcome: 'failed',
      stage: 'policy',
      reason: 'TARGET_NOT_ALLOWED',
    });
  });

  test('a target that is none is refused field by field', async () => {
    sources.rejections = [
      { field: 'host', reason: 'INPUT_INVALID_FIELD', fix: 'Send one DNS name.' },
      { field: 'tls.mode', reason: 'INPUT_INVALID_FIELD', fix: 'Send a mode.' },
    ];
    const received = await ask('POST', '/admin/v1/connections/preflight', target);
    expect(received).toMatchObject({
      status: 400,
      headers: { 'content-type': 'application/problem+json; charset=utf-8' },
      body: { code: 'sources.field_invalid', field: 'host', fix: 'Send one DNS name.', errors: sources.rejections },
    });
    expect((received.body as { requestId: string }).requestId).toBe(received.headers['x-request-id']);
    expect(await ask('POST', '/admin/v1/connections/test', { ...target, ssl: true })).toMatchObject({
      status: 400,
      body: { code: 'http.member_unknown' },
    });
  });

  test('too often is 429 with Retry-After', async () => {
    sources.refusal = sourcesErrors.probe_rate_limited({ details: { retryAfterSeconds: 11 } });
    const received = await ask('POST', `${list}/shop/test`);
    expect(received).toMatchObject({ status: 429, body: { code: 'sources.probe_rate_limited' } });
    expect(received.headers['retry-after']).toBe('11');
  });

  test('preflight: twenty-four checks and the statements that mend', async () => {
    sources.preflightStatus = 'partial';
    for (const [path, body] of [
      [`${list}/shop/preflight`, { purpose: 'read', schemas: ['public'], timeoutMs: 2_000 }],
      ['/admin/v1/connections/preflight', { ...target, purpose: 'read', schemas: ['public'] }],
    ] as const) {
      const received = await ask('POST', path, body);
      expect(received).toMatchObject({
        status: 200,
        body: {
          connection: { outcome: 'passed' },
          status: 'partial',
          statements: ['GRANT SELECT ON public.orders TO app'],
          totalMs: 42.4,
        },
      });
      const { checks } = received.body as { checks: object[] };
      expect(checks).toHaveLength(24);
      expect(checks[16]).toMatchObject({ name: 'leastPrivilege', number: 17, status: 'warn', isBlocking: false });
    }
  });

  test('preflight of what cannot be reached', async () => {
    sources.verdict = { stage: 'tls', reason: 'TLS_EXPIRED' };
    expect((await ask('POST', `${list}/shop/preflight`)).body).toMatchObject({
      connection: { outcome: 'failed', reason: 'TLS_EXPIRED' },
      status: null,
      checks: null,
      statements: [],
    });
  });
});

describe('metadata', () => {
  const path = `${list}/shop/metadata`;
  const lines = { accept: 'application/x-ndjson' };
  const fault: CatalogItem = {
    section: 'fault',
    fault: { schema: 'public', name: 'locked', group: 'object', reason: 'PRIV_SELECT' },
  };
  const five = async function* () {
    yield tableOf('a');
    yield fault;
    for (const name of ['b', 'c', 'd', 'e']) yield tableOf(name);
  };
  interface Page {
    readonly source: object;
    readonly schemas: { name: string; etag: string | null }[];
    readonly items: { kind: string; table: { name: string } }[];
    readonly faults: object[];
    readonly nextCursor: string | null;
  }

  test('a page: the server, schemas with their tags, objects, faults', async () => {
    sources.items = five;
    const received = await ask('GET', path);
    expect(received.status).toBe(200);
    expect(received.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(received.headers['vary']).toBe('Accept');
    expect(received.headers).not.toHaveProperty('etag');
    const page = received.body as Page;
    expect(Object.keys(page)).toEqual(['source', 'schemas', 'items', 'faults', 'faultsLeftOut', 'nextCursor']);
    expect(page.source).toMatchObject({ engine: 'postgres', catalog: 'shop', isReadOnly: false });
    expect(page.schemas).toMatchObject([
      { name: 'public', etag: 'W/"public-1"' },
      { name: 'audit', etag: 'W/"audit-1"' },
    ]);
    expect(page.items.map(({ kind, table }) => `${kind} ${table.name}`)).toEqual(
      ['a', 'b', 'c', 'd', 'e'].map((name) => `table ${name}`),
    );
    expect(page.faults).toEqual([{ schema: 'public', name: 'locked', group: 'object', reason: 'PRIV_SELECT' }]);
    expect(page.nextCursor).toBeNull();
    const [request] = sources.requests;
    expect(request).toMatchObject({ schemas: null, names: [], after: null, limit: 501 });
    expect([...(request?.groups ?? [])]).not.toContain('sizes');
    expect([...(request?.groups ?? [])]).toContain('grants');
  });

  test('pages: the cursor is the place of the last object', async () => {
    sources.items = five;
    const first = (await ask('GET', `${path}?limit=2`)).body as Page;
    expect(first.items.map(({ table }) => table.name)).toEqual(['a', 'b']);
    await ask('GET', `${path}?limit=2&cursor=${first.nextCursor}`);
    expect(sources.requests.at(-1)).toMatchObject({
      after: { schema: 'public', section: 'table', name: 'b', arguments: '' },
      limit: 3,
    });
    const exact = (await ask('GET', `${path}?limit=5`)).body as Page;
    expect([exact.items.length, exact.nextCursor]).toEqual([5, null]);
  });

  test('a cursor holds any name, and the arguments of a routine', async () => {
    const routine = { kind: 'function', schema: 'a"\u0000ü', name: '😀', arguments: 'x int, y "t"' } as const;
    sources.items = async function* () {
      yield {
        section: 'routine',
        routine: { ...routine, returns: null, language: null, volatility: null, comment: null },
      };
      yield tableOf('later');
    };
    const { nextCursor } = (await ask('GET', `${path}?limit=1`)).body as Page;
    await ask('GET', `${path}?cursor=${nextCursor}`);
    const { schema, name } = routine;
    expect(sources.requests.at(-1)?.after).toEqual({ schema, section: 'routine', name, arguments: routine.arguments });
  });

  test('what is asked for reaches the reading, percent-encoding and all', async () => {
    await ask('GET', `${path}?schemas=public,a%22b&names=ord*,%3F%2Clog&include=columns,sizes`);
    expect(sources.requests.at(-1)).toMatchObject({ schemas: ['public', 'a"b'], names: ['ord*', '?', 'log'] });
    expect([...(sources.requests.at(-1)?.groups ?? [])]).toEqual(['columns', 'sizes']);
    await ask('GET', `${path}?schema=a%2Cb&include=`);
    expect(sources.requests.at(-1)).toMatchObject({ schemas: ['a,b'] });
    expect(sources.requests.at(-1)?.groups.size).toBe(0);
  });

  test('lines: source, schemas, objects, faults, and the end that says how many', async () => {
    sources.items = five;
    const received = await ask('GET', path, undefined, lines);
    expect(received.headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
    const objects = received.text
      .trimEnd()
      .split('\n')
      .map((one) => JSON.parse(one) as { kind: string });
    expect(objects.map(({ kind }) => kind)).toEqual([
      ...['source', 'schema', 'schema', 'table', 'fault', 'table', 'table', 'table', 'table', 'end'],
    ]);
    expect(objects.at(-1)).toEqual({ kind: 'end', objects: 5, faults: 1 });
    expect(sources.requests.at(-1)).toMatchObject({ limit: null, after: null });
  });

  test('one schema carries its tag, and one that is known is 304 without reading any object', async () => {
    let isRead = false;
    sources.items = async function* () {
      isRead = true;
      yield tableOf('a');
    };
    for (const headers of [{}, lines]) {
      for (const query of ['?schema=public', '?schemas=public']) {
        const full = await ask('GET', `${path}${query}`, undefined, headers);
        expect([full.status, full.headers['etag']]).toEqual([200, 'W/"public-1"']);
        isRead = false;
        for (const known of ['W/"public-1"', '"public-1"', 'W/"x", W/"public-1"', '*']) {
          const { opened, closed } = sources.readings;
          const received = await ask('GET', `${path}${query}`, undefined, { ...headers, 'if-none-match': known });
          expect([received.status, received.text]).toEqual([304, '']);
          expect(received.headers).toMatchObject({ etag: 'W/"public-1"', vary: 'Accept', 'cache-control': 'no-store' });
          expect(received.headers).not.toHaveProperty('content-type');
          expect(isRead).toBe(false);
          expect(sources.readings).toMatchObject({ opened: opened + 1, closed: closed + 1 });
        }
        const other = await ask('GET', `${path}${query}`, undefined, { ...headers, 'if-none-match': 'W/"public-0"' });
        expect(other.status).toBe(200);
      }
    }
    const absent = await ask('GET', `${path}?schema=absent`, undefined, { 'if-none-match': '*' });
    expect(absent.status).toBe(200);
    expect(absent.headers).not.toHaveProperty('etag');
  });

  test('tags of so many schemas are not asked for', async () => {
    sources.schemas = Array.from({ length: 150 }, (_, at) => schemaOf(`s${at}`));
    const before = sources.readings.tagged;
    const { schemas } = (await ask('GET', path)).body as Page;
    expect(schemas).toHaveLength(150);
    expect(schemas.filter(({ etag }) => etag === null)).toHaveLength(50);
    expect(sources.readings.tagged - before).toBe(100);
  });

  test('faults without end are counted', async () => {
    sources.items = async function* () {
      for (let at = 0; at < 1_500; at += 1) yield fault;
    };
    const page = (await ask('GET', path)).body as Page & { faultsLeftOut: number };
    expect([page.faults.length, page.faultsLeftOut]).toEqual([1_000, 500]);
  });

  test('names are data', async () => {
    sources.items = async function* () {
      for (const name of ['__proto__', 'constructor', '</script>', '\u2028', '\ud800']) yield tableOf(name);
    };
    const { items } = (await ask('GET', path)).body as Page;
    expect(items.map(({ table }) => table.name)).toEqual(['__proto__', 'constructor', '</script>', '\u2028', '\ud800']);
  });

  test.each([
    ['?limit=5001', 'limit'],
    ['?limit=0', 'limit'],
    ['?cursor=nonsense', 'cursor'],
    [`?cursor=${Buffer.from('["a","fault","b",""]').toString('base64url')}`, 'cursor'],
    [`?cursor=${Buffer.from('["a","table","b"]').toString('base64url')}`, 'cursor'],
    [`?cursor=${Buffer.from('["a","table",1,""]').toString('base64url')}`, 'cursor'],
    [`?cursor=${'A'.repeat(8_193)}`, 'cursor'],
    ['?include=columns,everything', 'include'],
    ['?schemas=a,,b', 'schemas'],
    ['?names=', 'names'],
    [`?names=${'a'.repeat(257)}`, 'names'],
    ['?schema=', 'schema'],
    ['?schema=a&schemas=b', 'schema'],
  ])('%s is 400', async (query, field) => {
    expect(await ask('GET', `${path}${query}`)).toMatchObject({
      status: 400,
      body: { code: 'http.field_invalid', field, fix: expect.any(String) },
    });
    expect(sources.subjects).toEqual([]);
  });

  test.each(['since=1', 'limit=5', 'cursor=x'])('lines have no %s', async (query) => {
    const received = await ask('GET', `${path}?${query}`, undefined, lines);
    expect(received).toMatchObject({ status: 400, body: { code: 'http.parameter_unknown' } });
  });

  test('a database that cannot be reached is 503 with the verdict', async () => {
    sources.verdict = { stage: 'authenticate', reason: 'AUTH_INVALID_CREDENTIALS' };
    for (const headers of [{}, lines]) {
      expect(await ask('GET', path, undefined, headers)).toMatchObject({
        status: 503,
        headers: { 'content-type': 'application/problem+json; charset=utf-8' },
        body: {
          code: 'sources.unreachable',
          verdict: { outcome: 'failed', stage: 'authenticate', reason: 'AUTH_INVALID_CREDENTIALS' },
        },
      });
    }
  });
});

describe('snapshot and diff', () => {
  const change = {
    kind: 'column_type_changed',
    schema: 'public',
    object: 'orders',
    member: 'total',
    before: 'integer',
    after: 'bigint',
    isBreaking: true,
  } as const;

  test('a snapshot is made', async () => {
    expect(await ask('POST', `${list}/shop/snapshot`)).toMatchObject({
      status: 201,
      body: { sourceId: shop, objects: 3 },
    });
  });

  test('a diff is one document, or a line a change', async () => {
    sources.changes = [change, { ...change, member: 'id' }];
    const document = await ask('GET', `${list}/shop/diff`);
    expect(document.body).toMatchObject({ snapshot: { sourceId: shop }, changes: sources.changes });
    const received = await ask('GET', `${list}/shop/diff`, undefined, { accept: 'application/x-ndjson' });
    const objects = received.text
      .trimEnd()
      .split('\n')
      .map((one) => JSON.parse(one) as object);
    expect(objects).toMatchObject([
      { kind: 'snapshot' },
      { kind: 'change', change },
      { kind: 'change' },
      { kind: 'end', changes: 2 },
    ]);
    sources.changes = [];
    expect((await ask('GET', `${list}/shop/diff`)).body).toMatchObject({ changes: [] });
  });
});

describe('/metrics', () => {
  const answer = { status: 200, text: '# nothing\n' };

  test('on this machine without a credential', async () => {
    const received = await send(world, { path: '/metrics' });
    expect(received).toMatchObject(answer);
    expect(received.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(received.headers['cache-control']).toBe('no-store');
  });

  test('else with a key whose user may read them', async () => {
    const away = { 'x-forwarded-for': '192.0.2.7' };
    expect((await send(world, { path: '/metrics', headers: away })).status).toBe(401);
    expect(await send(world, { path: '/metrics', headers: { ...away, authorization } })).toMatchObject(answer);
    world.clock.advance(61_000);
    expect((await send(world, { path: '/metrics', headers: { ...away, authorization: plain } })).status).toBe(403);
    expect((await send(world, { path: '/metrics', headers: { authorization: plain } })).status).toBe(403);
  });

  test('not on this machine where the operator asks for a credential', async () => {
    const closed = await openWorld({ settings: { workflowsAccess: 'authenticated' } });
    expect((await send(closed, { path: '/metrics' })).status).toBe(401);
    await closed.close();
  });
});
