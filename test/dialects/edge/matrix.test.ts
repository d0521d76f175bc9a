/**
 * Every route × every kind of credential × every place it could stand in. The rows are the running router's own
 * registry, the cells are declared here: a route nobody declared, and a cell that answers otherwise, are red.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createScriptedSources } from '../support/scripted-sources.js';
import { apiKey, cloudioSession, consoleSession, nativeToken, onedbToken, precrimeToken } from '../support/sign-in.js';
import { openWorld, type World } from '../support/world.js';

const kinds = [
  'precrime_token',
  'cloudio_session',
  'onedb_token',
  'native_token',
  'api_key',
  'console_session',
  'garbage',
] as const;
type Kind = (typeof kinds)[number];

const places = [
  'Authorization',
  'Authorization: Bearer',
  'Authorization: Token',
  'Authorization: Basic',
  'Authentication',
  'Authentication: Bearer',
  'X-Authorization',
  'X-Authorization: Bearer',
  'X-Api-Key',
  'X-Token',
  'Cookie',
] as const;
type Place = (typeof places)[number];

interface Row {
  /** A body with which the route gets past its own checks. */
  readonly body?: unknown;
  /** Status of a caller who got in, or of anyone where the route is open. */
  readonly status: number;
  /** What opens it; absent: the route is open to anyone. */
  readonly opens?: { readonly [K in Kind | 'client_secret']?: readonly Place[] };
}

const raw = 'Authorization';
const bearer = 'Authorization: Bearer';
const precrimeOnly = { precrime_token: [raw, bearer] } as const;
const cloudioOnly = { cloudio_session: [raw, bearer, 'Authentication', 'Authentication: Bearer'] } as const;
const onedbOnly = { onedb_token: [bearer] } as const;
const metrics = { api_key: [raw, bearer], native_token: [raw, bearer] } as const;
const keyOnly = { ...metrics, console_session: ['Cookie'] } as const;
/** Whoever is signed in, and no key: a key makes no keys. */
const signedIn = {
  precrime_token: [raw, bearer],
  cloudio_session: [raw, bearer],
  native_token: [raw, bearer],
  console_session: ['Cookie'],
} as const;
/** Whoever is signed in, and API keys. */
const signedInOrKey = { ...signedIn, api_key: [raw, bearer] } as const;
const anyone = {
  precrime_token: [raw, bearer],
  cloudio_session: [raw, bearer],
  onedb_token: [raw, bearer],
  api_key: [bearer, 'X-Authorization'],
} as const;
const everyKind = {
  precrime_token: [raw, bearer, 'Authentication', 'Authentication: Bearer'],
  cloudio_session: [raw, bearer, 'Authentication', 'Authentication: Bearer'],
  onedb_token: [raw, bearer, 'Authentication', 'Authentication: Bearer'],
  native_token: [raw, bearer, 'Authentication', 'Authentication: Bearer'],
  api_key: [raw, bearer, 'X-Authorization'],
} as const;
/** A service account by name and password comes in too; that is tried where OAuth is. */
const oauthCallers = { api_key: [bearer], native_token: [bearer], client_secret: [] } as const;
const target = { authType: 'basic', host: 'db', port: 1, username: 'u', password: 'p', database: 'd' };

const matrix: Readonly<Record<string, Row>> = {
  'POST /user/login': { body: {}, status: 400 },
  'GET /user/renew': { status: 200, opens: precrimeOnly },
  'GET /user/logout': { status: 200, opens: precrimeOnly },
  'POST /user/logout': { status: 200, opens: precrimeOnly },
  'POST /user/password': { body: {}, status: 400 },
  'POST /authheader/add': { body: { name: 'x' }, status: 200, opens: precrimeOnly },
  'GET /authheader/list': { status: 200, opens: precrimeOnly },
  'POST /authheader/delete': { body: { text: 'none' }, status: 404, opens: precrimeOnly },
  'GET /test/secure': { status: 200, opens: { ...precrimeOnly, api_key: ['X-Authorization'] } },
  'GET /test/unsecure': { status: 200 },
  'POST /v1/auth': { body: {}, status: 403 },
  'GET /v1/status': { status: 200 },
  'POST /v1/status': { status: 200 },
  'POST /v1/signout': { status: 200, opens: cloudioOnly },
  // Past the gate no data source is granted.
  'POST /v1/api': { body: [], status: 400, opens: cloudioOnly },
  'POST /api/authenticate': { body: {}, status: 400 },
  'POST /api/v1/tokenize': { body: [], status: 200, opens: onedbOnly },
  'POST /api/v1/detokenize': { body: [], status: 200, opens: onedbOnly },
  'POST /workflows/v1/auth': { body: target, status: 200, opens: anyone },
  'POST /workflows/v1/metadata': { body: target, status: 200, opens: anyone },
  'POST /workflows/v1/check': { body: target, status: 200, opens: anyone },
  'GET /server/health': { status: 200 },
  'GET /health': { status: 200 },
  'GET /server/ready': { status: 200 },
  'GET /ready': { status: 200 },
  'GET /openapi.json': { status: 200 },
  'GET /docs': { status: 200 },
  'GET /docs/:file': { status: 404 },
  'GET /livez': { status: 200 },
  'GET /readyz': { status: 200 },
  // There is an administrator, so no link works; that is told to anyone.
  'GET /setup/:code': { status: 404 },
  'POST /setup/:code': { status: 415, body: {} },
  'GET /console': { status: 308 },
  'GET /console/*': { status: 200 },
  'GET /.well-known/jwks.json': { status: 200 },
  'GET /metrics': { status: 200, opens: metrics },
  // No form was sent: whoever is let in is told so.
  'POST /oauth/token': { status: 400 },
  'POST /oauth/introspect': { status: 400, opens: oauthCallers },
  'POST /oauth/revoke': { status: 400, opens: oauthCallers },
  'GET /.well-known/oauth-authorization-server': { status: 200 },
  'GET /verify': { status: 200, opens: everyKind },
  'GET /admin/v1/sources': { status: 200, opens: keyOnly },
  'POST /admin/v1/sources': { body: { ...target, name: 'shop' }, status: 201, opens: keyOnly },
  // There is no source of that name: whoever is let in is told so.
  'GET /admin/v1/sources/:source': { status: 404, opens: keyOnly },
  'PATCH /admin/v1/sources/:source': { body: {}, status: 404, opens: keyOnly },
  'DELETE /admin/v1/sources/:source': { status: 404, opens: keyOnly },
  'POST /admin/v1/sources/:source/test': { status: 404, opens: keyOnly },
  'POST /admin/v1/sources/:source/preflight': { status: 404, opens: keyOnly },
  'GET /admin/v1/sources/:source/metadata': { status: 404, opens: keyOnly },
  'POST /admin/v1/sources/:source/snapshot': { status: 404, opens: keyOnly },
  'GET /admin/v1/sources/:source/diff': { status: 404, opens: keyOnly },
  'GET /admin/v1/expiring': { status: 200, opens: keyOnly },
  'GET /admin/v1/api-keys': { status: 200, opens: signedIn },
  'POST /admin/v1/api-keys': { body: { name: 'x' }, status: 201, opens: signedIn },
  'GET /admin/v1/api-keys/:key': { status: 404, opens: signedIn },
  'PATCH /admin/v1/api-keys/:key': { body: {}, status: 404, opens: signedIn },
  'DELETE /admin/v1/api-keys/:key': { status: 404, opens: signedIn },
  'POST /admin/v1/api-keys/:key/rotate': { status: 404, opens: signedIn },
  'GET /admin/v1/session': { status: 200, opens: signedInOrKey },
  'POST /admin/v1/session': { body: {}, status: 400 },
  'DELETE /admin/v1/session': { status: 204, opens: signedIn },
  'POST /admin/v1/session/password': { body: {}, status: 400 },
  'GET /admin/v1/sessions': { status: 200, opens: signedInOrKey },
  'DELETE /admin/v1/sessions/:session': { status: 404, opens: signedInOrKey },
  'POST /admin/v1/revocations': { body: {}, status: 400, opens: signedInOrKey },
  'GET /admin/v1/users': { status: 200, opens: keyOnly },
  'POST /admin/v1/users': { body: {}, status: 400, opens: keyOnly },
  'GET /admin/v1/users/:user': { status: 404, opens: keyOnly },
  'PATCH /admin/v1/users/:user': { body: {}, status: 404, opens: keyOnly },
  'DELETE /admin/v1/users/:user': { status: 404, opens: keyOnly },
  'POST /admin/v1/users/:user/password': { body: {}, status: 404, opens: keyOnly },
  'POST /admin/v1/users/:user/disable': { status: 404, opens: keyOnly },
  'POST /admin/v1/users/:user/enable': { status: 404, opens: keyOnly },
  'GET /admin/v1/organisations': { status: 200, opens: keyOnly },
  'POST /admin/v1/organisations': { body: {}, status: 400, opens: keyOnly },
  'GET /admin/v1/organisations/:organisation': { status: 404, opens: keyOnly },
  'DELETE /admin/v1/organisations/:organisation': { status: 404, opens: keyOnly },
  'GET /admin/v1/overview': { status: 200, opens: keyOnly },
  'GET /admin/v1/audit': { status: 200, opens: keyOnly },
  'POST /admin/v1/audit/verify': { status: 200, opens: keyOnly },
  'GET /admin/v1/audit/export': { status: 200, opens: keyOnly },
  'GET /admin/v1/settings': { status: 200, opens: keyOnly },
  'GET /admin/v1/signing-keys': { status: 200, opens: keyOnly },
  'POST /admin/v1/signing-keys/:family/rotate': { status: 404, opens: keyOnly },
  'GET /admin/v1/roles': { status: 200, opens: keyOnly },
  'POST /admin/v1/roles': { body: {}, status: 400, opens: keyOnly },
  'GET /admin/v1/roles/:role': { status: 404, opens: keyOnly },
  'PATCH /admin/v1/roles/:role': { body: {}, status: 404, opens: keyOnly },
  'DELETE /admin/v1/roles/:role': { status: 404, opens: keyOnly },
  'GET /admin/v1/datasets': { status: 200, opens: keyOnly },
  'POST /admin/v1/datasets': { body: {}, status: 400, opens: keyOnly },
  'GET /admin/v1/datasets/:dataset': { status: 404, opens: keyOnly },
  'PATCH /admin/v1/datasets/:dataset': { body: { name: 'Other' }, status: 404, opens: keyOnly },
  'DELETE /admin/v1/datasets/:dataset': { status: 404, opens: keyOnly },
  'GET /admin/v1/grants': { status: 200, opens: keyOnly },
  'POST /admin/v1/grants': { body: {}, status: 400, opens: keyOnly },
  'GET /admin/v1/grants/:grant': { status: 404, opens: keyOnly },
  'PATCH /admin/v1/grants/:grant': { body: {}, status: 404, opens: keyOnly },
  'DELETE /admin/v1/grants/:grant': { status: 404, opens: keyOnly },
  'GET /data/v1/explain': { status: 400, opens: keyOnly },
  'GET /data/v1': { status: 200, opens: keyOnly },
  // Nothing is granted: whoever is let in is told so.
  'GET /data/v1/:source/:object': { status: 403, opens: keyOnly },
  'POST /data/v1/:source/:object': { body: {}, status: 403, opens: keyOnly },
  'PATCH /data/v1/:source/:object': { body: {}, status: 409, opens: keyOnly },
  'DELETE /data/v1/:source/:object': { status: 409, opens: keyOnly },
  'GET /data/v1/:source/:object/describe': { status: 403, opens: keyOnly },
  'GET /data/v1/:source/:object/count': { status: 403, opens: keyOnly },
  'GET /data/v1/:source/:object/:key': { status: 403, opens: keyOnly },
  'PUT /data/v1/:source/:object/:key': { body: {}, status: 403, opens: keyOnly },
  'PATCH /data/v1/:source/:object/:key': { body: {}, status: 403, opens: keyOnly },
  'DELETE /data/v1/:source/:object/:key': { status: 403, opens: keyOnly },
  'POST /admin/v1/connections/test': { body: target, status: 200, opens: keyOnly },
  'POST /admin/v1/connections/preflight': { body: target, status: 200, opens: keyOnly },
};

/** Routes that answer this machine itself without a credential. */
const local = ['/metrics', '/workflows/v1/auth', '/workflows/v1/check', '/workflows/v1/metadata'];

const operator = { principal: null, origin: { door: 'cli', requestId: null, address: null } };

let world: World;
/** One of each kind that no cell may end. */
const kept = new Map<Kind, Credential>();

interface Credential {
  readonly value: string;
  readonly csrf?: string;
}

beforeAll(async () => {
  world = await openWorld({ sources: createScriptedSources() });
  await world.identity.users.set(operator, 'bob', { addRoles: ['administrator'] });
  for (const kind of kinds) kept.set(kind, await make(kind));
});
afterAll(() => world.close());

async function make(kind: Kind): Promise<Credential> {
  switch (kind) {
    case 'precrime_token':
      return { value: await precrimeToken(world) };
    case 'cloudio_session': {
      const { jwt, csrf } = await cloudioSession(world);
      return { value: jwt, csrf };
    }
    case 'onedb_token':
      return { value: await onedbToken(world) };
    case 'native_token':
      return { value: await nativeToken(world, 'bob') };
    case 'api_key':
      return { value: await apiKey(world, 'bob') };
    case 'console_session': {
      const { cookie, csrf } = await consoleSession(world, 'bob');
      return { value: cookie, csrf };
    }
    case 'garbage':
      return { value: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.AAAA' };
  }
}

function headersOf(place: Place, { value, csrf }: Credential): Record<string, string> {
  const [name = '', scheme] = place.split(': ');
  const base64 = Buffer.from(`:${value}`).toString('base64');
  const text =
    place === 'Cookie'
      ? `session=${value}; token=${value}; __Host-session=${value}; __Host-latchkey=${value}`
      : scheme === undefined
        ? value
        : `${scheme} ${scheme === 'Bearer' ? value : base64}`;
  return { [name]: text, ...(csrf === undefined ? {} : { 'x-csrf-token': csrf }) };
}

/** From another machine, so that what is open to this one is closed. */
async function ask(route: string, headers: Record<string, string | string[]>, query = ''): Promise<number> {
  const [method = 'GET', path = ''] = route.split(' ');
  const { body } = matrix[route] ?? {};
  const received = await world.http.inject({
    method: method as 'GET',
    url: `${path.replace(/:(?:code|source|object|key|session)\b/g, 'x')}${query}`,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    remoteAddress: '192.0.2.7',
  });
  return received.statusCode;
}

test('every route of the running router is declared, and no other', () => {
  const served = world.http.routes.map(({ method, path }) => `${method} ${path}`);
  expect([...served].sort()).toEqual(Object.keys(matrix).sort());
});

test('the registry says what the matrix says', () => {
  for (const route of world.http.routes) {
    const { opens } = matrix[`${route.method} ${route.path}`] ?? {};
    const declared = opens === undefined ? 'anyone' : Object.keys(opens).sort();
    expect([route.path, route.accepts === 'anyone' ? 'anyone' : [...route.accepts].sort()]).toEqual([
      route.path,
      declared,
    ]);
    expect(route.admitsLocalCallers).toBe(local.includes(route.path));
  }
});

describe.each(Object.entries(matrix))('%s', (route, row) => {
  test(row.opens === undefined ? 'is open' : 'asks for a credential', async () => {
    expect(await ask(route, {})).toBe(row.opens === undefined ? row.status : 401);
  });

  test.each(kinds)('%s in every place', async (kind) => {
    const verdicts: string[] = [];
    const expected: string[] = [];
    for (const place of places) {
      const isIn = row.opens === undefined || row.opens[kind]?.includes(place) === true;
      const isFresh = isIn && row.opens !== undefined;
      const credential = isFresh ? await make(kind) : kept.get(kind);
      verdicts.push(`${place} ${await ask(route, headersOf(place, credential ?? { value: '' }))}`);
      expected.push(`${place} ${isIn ? row.status : 401}`);
    }
    expect(verdicts).toEqual(expected);
  });

  test('a cloudio session without its csrf never opens it', async () => {
    const { value } = kept.get('cloudio_session') ?? { value: '' };
    for (const place of places) {
      const status = await ask(route, headersOf(place, { value }));
      if (row.opens === undefined) expect(status).toBe(row.status);
      else expect(status).toBe(row.opens.cloudio_session?.includes(place) === true ? 403 : 401);
    }
  });

  test('a session of the console without its csrf only reads', async () => {
    const { value } = await make('console_session');
    const status = await ask(route, headersOf('Cookie', { value }));
    if (row.opens === undefined) expect(status).toBe(row.status);
    else if (!('console_session' in row.opens)) expect(status).toBe(401);
    else expect(status).toBe(route.startsWith('GET ') ? row.status : 403);
  });

  test('a cookie beside another credential is 400 where it is taken, and nothing elsewhere', async () => {
    const cookie = headersOf('Cookie', await make('console_session'));
    const others = { authorization: kept.get('garbage')?.value ?? '' };
    const isTaken = row.opens !== undefined && 'console_session' in row.opens;
    const alone = await ask(route, others);
    expect(await ask(route, { ...others, ...cookie })).toBe(isTaken ? 400 : alone);
  });

  test('any two different credentials are 400', async () => {
    for (const one of kinds) {
      for (const other of kinds) {
        if (one === other) continue;
        const first = kept.get(one)?.value ?? '';
        const second = kept.get(other)?.value ?? '';
        expect(await ask(route, { authorization: [first, second] })).toBe(400);
        expect(await ask(route, { authorization: first, 'x-authorization': second })).toBe(400);
        expect(await ask(route, { authorization: `Bearer ${first}`, authentication: second })).toBe(400);
      }
    }
  });

  test('no credential opens it from the query', async () => {
    for (const kind of kinds) {
      for (const name of ['token', 'access_token', 'api_key', 'jwt', 'password']) {
        expect(await ask(route, {}, `?${name}=${kept.get(kind)?.value}`)).toBe(400);
      }
      for (const name of ['authorization', 'x-authorization', 'key', 'session']) {
        const status = await ask(route, {}, `?${name}=${kept.get(kind)?.value}`);
        expect(status).toBe(row.opens === undefined ? row.status : 401);
      }
    }
  });
});
