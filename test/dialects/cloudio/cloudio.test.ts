/** The cloudio family on the wire: sign-in, the gate of jwt and csrf, status and sign-out. @module */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { send } from '../support/client.js';
import { runScenarios, type Scenario } from '../support/scenario.js';
import { cloudioSession, loginToken } from '../support/sign-in.js';
import { openWorld, passwords, type World } from '../support/world.js';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const error = (code: number, title: string, message: string) => ({ code, status: 'ERROR', title, message });
const invalid = (message: string) => ({ status: 400, body: error(400, 'Invalid Request', message), events: [] });
const wrongLogin = {
  status: 403,
  body: error(403, 'Access Denied', 'Access Denied - Invalid username and/or password!'),
};
const signedIn = {
  orgUid: 'acme',
  sessionId: expect.stringMatching(uuid),
  userName: 'nightly',
  displayName: 'Nightly',
  emailAddress: '',
  csrf: expect.stringMatching(uuid),
  jwt: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
  status: 'OK',
};
const base64 = (text: string, encoding: BufferEncoding = 'utf8') => Buffer.from(text, encoding).toString('base64');

function auth(headers: Record<string, string | string[]>, body: unknown = {}) {
  return () => ({ method: 'POST', path: '/v1/auth', headers, body });
}

describe('POST /v1/auth', () => {
  runScenarios(
    () => world,
    [
      {
        name: 'gives jwt and csrf, in the published order and casing',
        request: auth({ authorization: loginToken('nightly') }),
        status: 200,
        body: signedIn,
        events: ['login.succeeded'],
        after: ({ text, body }) => {
          expect(Object.keys(JSON.parse(text) as object)).toEqual(Object.keys(signedIn));
          const { jwt, sessionId, csrf } = body as Record<string, string>;
          const [header, payload] = String(jwt)
            .split('.')
            .map((part) => Buffer.from(part, 'base64url').toString());
          expect(JSON.parse(String(header))).toEqual({ alg: 'HS256', typ: 'JWT' });
          const claims = JSON.parse(String(payload)) as Record<string, unknown>;
          expect(claims).toMatchObject({ session: sessionId, csrf, org_uid: 'acme' });
          expect(Number(claims['exp']) - Number(claims['iat'])).toBe(12 * 3_600);
        },
      },
      {
        name: 'reads the header under the name of its own table',
        request: auth({ Authentication: loginToken('nightly') }),
        status: 200,
        body: signedIn,
        events: ['login.succeeded'],
      },
      {
        name: 'reads both headers when they say the same',
        request: auth({ Authentication: loginToken('nightly'), Authorization: loginToken('nightly') }),
        status: 200,
        body: signedIn,
        events: ['login.succeeded'],
      },
      {
        name: 'refuses both headers when they differ',
        request: auth({ Authentication: loginToken('nightly'), Authorization: loginToken('ada') }),
        ...invalid('The request carries more than one credential.'),
      },
      {
        name: 'takes the scheme in any case',
        request: auth({ authorization: loginToken('nightly').replace('Token', 'tOKEN') }),
        status: 200,
        body: signedIn,
        events: ['login.succeeded'],
      },
      {
        name: 'needs no body',
        request: () => ({ method: 'POST', path: '/v1/auth', headers: { authorization: loginToken('nightly') } }),
        status: 200,
        body: signedIn,
        events: ['login.succeeded'],
      },
      ...['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'nonsense'].map(
        (type): Scenario => ({
          name: `needs no body, whatever type it would have been of: ${type}`,
          request: auth({ authorization: loginToken('nightly'), 'content-type': type }, ''),
          status: 200,
          body: signedIn,
          events: ['login.succeeded'],
        }),
      ),
      {
        name: 'ignores what is in an object',
        request: auth({ authorization: loginToken('nightly') }, { userName: 'ada', org: 'other' }),
        status: 200,
        body: signedIn,
        events: ['login.succeeded'],
      },
      ...['{', '[]', '"{}"', '{"a":1,"a":2}'].map(
        (body): Scenario => ({
          name: `refuses the body ${body}`,
          request: () => ({
            method: 'POST',
            path: '/v1/auth',
            headers: { authorization: loginToken('nightly'), 'content-type': 'application/json' },
            body,
          }),
          status: 400,
          body: error(400, 'Invalid Request', expect.any(String) as unknown as string),
          events: [],
        }),
      ),
      {
        name: 'refuses a wrong password with the published body',
        request: auth({ authorization: `Token ${base64('nightly:wrong')}` }),
        ...wrongLogin,
        events: ['login.refused'],
      },
      {
        name: 'refuses an unknown name with the same body',
        request: auth({ authorization: `Token ${base64('no-such-name:wrong')}` }),
        ...wrongLogin,
        events: ['login.refused'],
      },
      ...[
        ['no header', {}],
        ['another scheme', { authorization: `Basic ${base64(`nightly:${passwords.nightly}`)}` }],
        ['no scheme', { authorization: base64(`nightly:${passwords.nightly}`) }],
        ['no colon', { authorization: `Token ${base64('nightly')}` }],
        ['no name', { authorization: `Token ${base64(':x')}` }],
        ['broken base64', { authorization: `Token ${base64(`nightly:${passwords.nightly}`)}!` }],
        ['missing padding', { authorization: `Token ${base64('nightly:xx').replace(/=+$/, '')}` }],
        [
          'the URL-safe alphabet',
          { authorization: `Token ${base64('a?>:~~~~~~').replace('/', '_').replace('+', '-')}` },
        ],
        ['a slot that carries no login', { 'x-authorization': loginToken('nightly') }],
      ].map(
        ([name, headers]): Scenario => ({
          name: `refuses ${String(name)} like a wrong password`,
          request: auth(headers as Record<string, string>),
          ...wrongLogin,
          events: [],
        }),
      ),
    ],
  );

  test('takes UTF-8, else Latin-1, and keeps colons of the password', async () => {
    const password = 'pässwörd: with: colons and ünï';
    await world.addUser({ kind: 'service', username: 'latin', password });
    for (const encoding of ['utf8', 'latin1'] as const) {
      const sent = auth({ authorization: `Token ${base64(`latin:${password}`, encoding)}` })();
      expect((await send(world, sent)).status).toBe(200);
    }
    await world.takeEvents();
  });

  test('takes one spelling of a credential only: padding bits are zero', async () => {
    await world.addUser({ kind: 'service', username: 'padded', password: passwords.bob });
    const encoded = base64(`padded:${passwords.bob}`);
    expect(encoded).toMatch(/[^=]=$/);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const second = `${encoded.slice(0, -2)}${alphabet[alphabet.indexOf(encoded.at(-2) ?? '') + 1]}=`;
    expect(Buffer.from(second, 'base64')).toEqual(Buffer.from(encoded, 'base64'));
    expect((await send(world, auth({ authorization: `Token ${encoded}` })())).status).toBe(200);
    expect(await send(world, auth({ authorization: `Token ${second}` })())).toMatchObject(wrongLogin);
    await world.takeEvents();
  });

  test('answers an expired password like a wrong one: it has no other answer', async () => {
    const operator = { principal: null, origin: { door: 'cli', requestId: null, address: null } };
    await world.addUser({ kind: 'service', username: 'stale', password: passwords.bob });
    await world.identity.users.set(operator, 'stale', { passwordExpiresAtMs: world.clock.nowMs() - 1 });
    const received = await send(world, auth({ authorization: `Token ${base64(`stale:${passwords.bob}`)}` })());
    expect(received).toMatchObject(wrongLogin);
    await world.takeEvents();
  });
});

describe('the gate of /v1/api', () => {
  const query = { Alias: { ds: 'Employees', query: { limit: 1 } } };
  const denied = { status: 403, body: error(403, 'Access Denied', 'Access Denied - You are not allowed to do this.') };
  const badCsrf = {
    status: 403,
    body: error(403, 'Access Denied', 'Access Denied - Invalid csrf!'),
    events: ['access.refused'],
  };
  const unauthorized = { status: 401, headers: { 'www-authenticate': 'Bearer' } };

  function api(
    make: (session: { jwt: string; csrf: string }, other: { jwt: string; csrf: string }) => Record<string, unknown>,
    body: unknown = query,
  ) {
    return async (world: World) => {
      const made = make(await cloudioSession(world), await cloudioSession(world));
      const { path = '/v1/api', ...headers } = made as { path?: string } & Record<string, string>;
      return { method: 'POST', path, headers, body };
    };
  }

  runScenarios(
    () => world,
    [
      {
        name: 'lets jwt and csrf through, to a refused data source',
        request: api(({ jwt, csrf }) => ({ path: `/v1/api?csrf=${csrf}`, authorization: `Bearer ${jwt}` })),
        ...denied,
        events: [],
      },
      {
        name: 'takes the raw jwt, the other header name and csrf in a header',
        request: api(({ jwt, csrf }) => ({ authentication: jwt, 'x-csrf-token': csrf })),
        ...denied,
        events: [],
      },
      {
        name: 'takes the same csrf twice',
        request: api(({ jwt, csrf }) => ({ path: `/v1/api?csrf=${csrf}`, authorization: jwt, 'x-csrf-token': csrf })),
        ...denied,
        events: [],
      },
      {
        name: 'refuses two different csrf values',
        request: api(({ jwt, csrf }, other) => ({
          path: `/v1/api?csrf=${csrf}`,
          authorization: jwt,
          'x-csrf-token': other.csrf,
        })),
        ...invalid('The request carries more than one credential.'),
      },
      { name: 'refuses a jwt alone', request: api(({ jwt }) => ({ authorization: `Bearer ${jwt}` })), ...badCsrf },
      {
        name: 'refuses an empty csrf',
        request: api(({ jwt }) => ({ path: '/v1/api?csrf=', authorization: `Bearer ${jwt}` })),
        ...badCsrf,
      },
      {
        name: "refuses another session's csrf",
        request: api(({ jwt }, other) => ({ path: `/v1/api?csrf=${other.csrf}`, authorization: `Bearer ${jwt}` })),
        ...badCsrf,
      },
      {
        name: 'refuses csrf alone',
        request: api(({ csrf }) => ({ path: `/v1/api?csrf=${csrf}` })),
        ...unauthorized,
        body: error(401, 'Unauthorized', 'Unauthorized - Sign in first.'),
        events: [],
      },
      {
        name: 'refuses the csrf as a token',
        request: api(({ csrf }) => ({ path: `/v1/api?csrf=${csrf}`, authorization: `Bearer ${csrf}` })),
        ...unauthorized,
        body: error(401, 'Unauthorized', 'Unauthorized - Sign in first.'),
        events: [],
      },
      {
        name: 'refuses a session that was not used for an hour',
        request: async (world) => {
          const { jwt, csrf } = await cloudioSession(world);
          world.clock.advance(3_600_000);
          return { method: 'POST', path: `/v1/api?csrf=${csrf}`, headers: { authorization: jwt }, body: query };
        },
        ...unauthorized,
        body: error(401, 'Unauthorized', 'Unauthorized - The session has expired.'),
        events: ['access.refused'],
      },
      {
        name: 'refuses a session that signed out',
        request: async (world) => {
          const { jwt, csrf } = await cloudioSession(world);
          const out = await send(world, {
            method: 'POST',
            path: `/v1/signout?csrf=${csrf}`,
            headers: { authorization: `Bearer ${jwt}` },
            body: {},
          });
          expect(out).toMatchObject({ status: 200, body: { status: 'OK' } });
          return { method: 'POST', path: `/v1/api?csrf=${csrf}`, headers: { authorization: jwt }, body: query };
        },
        ...unauthorized,
        body: error(401, 'Unauthorized', 'Unauthorized - Sign in first.'),
        events: ['access.refused'],
      },
    ],
  );

  test('sign-out needs its csrf too, and ends only its own session', async () => {
    const mine = await cloudioSession(world);
    const other = await cloudioSession(world);
    const out = (csrf: string) =>
      send(world, {
        method: 'POST',
        path: `/v1/signout${csrf}`,
        headers: { authorization: `Bearer ${mine.jwt}` },
      });
    expect((await out('')).status).toBe(403);
    expect((await out(`?csrf=${other.csrf}`)).status).toBe(403);
    await world.takeEvents();
    expect((await out(`?csrf=${mine.csrf}`)).status).toBe(200);
    expect(await world.takeEvents()).toEqual(['session.ended']);
    const still = await send(world, {
      method: 'POST',
      path: `/v1/api?csrf=${other.csrf}`,
      headers: { authorization: `Bearer ${other.jwt}` },
      body: query,
    });
    expect(still.status).toBe(403);
  });

  describe('past the gate', () => {
    const row = { _rs: 'I', name: 'Steve' };
    const well: readonly (readonly [string, unknown])[] = [
      ['a query', query],
      ['a name nobody has', { A: { ds: 'NoSuchSource', query: { limit: 1 } } }],
      [
        'the documented query',
        {
          A: {
            ds: 'Employees',
            query: {
              filter: [
                { name: { is: 'Steve' } },
                { salary: { eq: 12345 } },
                { lastUpdateDate: { after: '2020-11-30T23:59:59.999Z' } },
                { or: [{ active: { is: 'Y' } }, { AND: [{ active: { is: 'N' } }] }] },
              ],
              projection: { name: 1 },
              sort: { name: 1, lastUpdateDate: -1 },
              offset: 0,
              limit: 10,
            },
          },
        },
      ],
      ['no limit', { A: { ds: 'Employees', query: {} } }],
      ['posted rows', { A: { ds: 'Employees', data: [row, { _rs: 'U', empId: 1, lastUpdateDate: 'x' }] } }],
      ['several aliases', { A: { ds: 'Employees', data: [row] }, B: { ds: 'Projects', query: { limit: 0 } } }],
    ];
    const ill: readonly (readonly [string, unknown, string])[] = [
      ['no alias', {}, 'The body does not have the expected shape.'],
      ['an array', [], 'The body does not have the expected shape.'],
      ['an alias that is no object', { A: 1 }, 'The body does not have the expected shape.'],
      ['no ds', { A: { query: { limit: 1 } } }, 'A required field is missing. Field: ds.'],
      ['an empty ds', { A: { ds: '', query: {} } }, 'A field is not valid. Field: ds.'],
      ['a ds that is too long', { A: { ds: 'x'.repeat(129), query: {} } }, 'A field is not valid. Field: ds.'],
      [
        'query and data',
        { A: { ds: 'E', query: {}, data: [] } },
        'A field is not valid. Field: query. Send either query or data.',
      ],
      ['neither', { A: { ds: 'E' } }, 'A field is not valid. Field: query. Send either query or data.'],
      ['one good and one bad alias', { A: { ds: 'E', query: {} }, B: {} }, 'A required field is missing. Field: ds.'],
      ...(
        [
          [{ limit: -1 }, 'limit. Send a whole number from 0 to 10000.'],
          [{ limit: 1.5 }, 'limit. Send a whole number from 0 to 10000.'],
          [{ limit: '1' }, 'limit. Send a whole number from 0 to 10000.'],
          [{ limit: 10_001 }, 'limit. Send a whole number from 0 to 10000.'],
          [{ offset: -1 }, 'offset. Send a whole number from 0.'],
          [{ projection: { name: 0 } }, 'projection. Send {attribute: 1}; name what you want.'],
          [{ sort: { name: 2 } }, 'sort. Send {attribute: 1} or {attribute: -1}.'],
          [{ filter: {} }, 'filter. Send a list of {attribute: {operator: value}}.'],
          [{ selectAttributeCodeList: [1] }, 'selectAttributeCodeList. Send a list of attributes.'],
        ] as const
      ).map(
        ([bad, message]) =>
          [
            JSON.stringify(bad),
            { A: { ds: 'E', query: bad } },
            `A field is not valid. Field: query.${message}`,
          ] as const,
      ),
      ...(
        [
          [{}, 'Leave out what asks nothing.'],
          [{ and: [] }, 'A group has at least one condition.'],
          [{ or: [1] }, 'Send {attribute: {operator: value}}.'],
          [{ name: 'Steve' }, 'Send {attribute: {operator: value}}.'],
          [{ name: {} }, 'Send {attribute: {operator: value}}.'],
        ] as const
      ).map(
        ([filter, fix]) =>
          [
            `the filter ${JSON.stringify(filter)}`,
            { A: { ds: 'E', query: { filter: [filter] } } },
            `A field is not valid. Field: query.filter. ${fix}`,
          ] as const,
      ),
      ...(
        [
          [{}, 'Send a list of rows.'],
          [[{}], 'Every row needs _rs: I, U or D.'],
          [[{ _rs: 'X' }], 'Every row needs _rs: I, U or D.'],
          [Array.from({ length: 1_001 }, () => row), 'Send at most 1000 rows in one request.'],
        ] as const
      ).map(
        ([data, fix]) =>
          [
            `the rows ${JSON.stringify(data).slice(0, 60)}`,
            { A: { ds: 'E', data } },
            `A field is not valid. Field: data. ${fix}`,
          ] as const,
      ),
      [
        'rows of two aliases that are too many together',
        {
          A: { ds: 'E', data: Array.from({ length: 600 }, () => row) },
          B: { ds: 'E', data: Array.from({ length: 600 }, () => row) },
        },
        'A field is not valid. Field: data. Send at most 1000 rows in one request.',
      ],
      [
        'a query with a member nobody knows',
        { A: { ds: 'E', query: { filters: [] } } },
        'The body has a member that is not known here. Field: query. Send only: aggregateList, data, fetchDistinct, filter, groupByAttributeCodeList, limit, offset, params, projection, selectAttributeCodeList, sort.',
      ],
      [
        'more than fifty aliases',
        Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`A${at}`, { ds: 'E', query: {} }])),
        'The body does not have the expected shape. Send at most 50 aliases.',
      ],
    ];

    runScenarios(
      () => world,
      [
        ...well.map(([name, body]) => ({
          name: `refuses ${name} as not allowed, whether the data source exists or not`,
          request: api(({ jwt, csrf }) => ({ path: `/v1/api?csrf=${csrf}`, authorization: jwt }), body),
          ...denied,
          events: [],
        })),
        ...ill.map(([name, body, message]) => ({
          name: `refuses ${name}`,
          request: api(({ jwt, csrf }) => ({ path: `/v1/api?csrf=${csrf}`, authorization: jwt }), body),
          ...invalid(message),
        })),
      ],
    );

    test('asks for the role before it looks at the shape', async () => {
      const { jwt, csrf } = await cloudioSession(world, 'nobody');
      const received = await send(world, {
        method: 'POST',
        path: `/v1/api?csrf=${csrf}`,
        headers: { authorization: jwt },
        body: {},
      });
      expect(received).toMatchObject({ status: denied.status, body: denied.body });
    });

    test('takes filters ten deep and no deeper', async () => {
      const nested = (depth: number): unknown => (depth === 1 ? { name: { is: 'x' } } : { and: [nested(depth - 1)] });
      for (const [depth, status] of [
        [10, 403],
        [11, 400],
      ] as const) {
        const body = { A: { ds: 'E', query: { filter: [nested(depth)] } } };
        const sent = await api(({ jwt, csrf }) => ({ path: `/v1/api?csrf=${csrf}`, authorization: jwt }), body)(world);
        expect((await send(world, sent)).status).toBe(status);
      }
    });
  });
});

describe('/v1/status', () => {
  test.each(['GET', 'POST'])('answers %s to anyone', async (method) => {
    expect(await send(world, { method, path: '/v1/status' })).toMatchObject({ status: 200, body: { status: 'OK' } });
  });

  test('is 503 in the family shape while the store does not answer', async () => {
    const without = await openWorld();
    await without.closeStore();
    const received = await send(without, { path: '/v1/status' });
    expect(received).toMatchObject({
      status: 503,
      body: error(503, 'Service Unavailable', 'The service is not ready.'),
    });
    await without.close();
  });
});
