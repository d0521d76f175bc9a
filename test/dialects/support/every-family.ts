/**
 * What every family must do alike, each in its own shape: unknown path, wrong method, malformed JSON, oversize body,
 * malformed URL, expired session, denied role, internal error; two credentials, and a foreign family's token.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import { identityErrors } from '../../../src/identity/index.js';
import { AppError } from '../../../src/kernel/errors.js';
import { type Sent, send } from './client.js';
import { checkScenario, type Scenario } from './scenario.js';
import { marker, type World } from './world.js';

export interface FamilyTable {
  readonly unknownPath: string;
  readonly wrongMethod: { readonly method: string; readonly path: string; readonly allow: string };
  /** A route that reads JSON, with everything it needs to get that far but the body. */
  readonly jsonRoute: (world: World) => Promise<Sent> | Sent;
  readonly malformedUrl: string;
  /** Signs in, lets the session expire, and calls a guarded route. */
  readonly expiredSession: (world: World) => Promise<Sent>;
  /** A caller whose session is good and whose role is not. */
  readonly deniedRole: (world: World) => Promise<Sent>;
  /** A request that reaches identity. */
  readonly faulty: (world: World) => Promise<Sent> | Sent;
  readonly twoCredentials: (world: World) => Promise<Sent>;
  readonly foreignToken: (world: World) => Promise<Sent>;
  readonly bodies: {
    readonly unknownPath: unknown;
    readonly wrongMethod: unknown;
    readonly malformedJson: unknown;
    readonly oversize: unknown;
    readonly mediaType: unknown;
    readonly malformedUrl: unknown;
    readonly expiredSession: unknown;
    readonly deniedRole: unknown;
    readonly internal: unknown;
    readonly unavailable: unknown;
    readonly twoCredentials: unknown;
    readonly foreignToken: unknown;
    readonly credentialInUrl: unknown;
  };
}

/** What a fault carries that must not leave the process. */
const secretOfFault = `SELECT secret FROM /var/lib/${marker}`;

export function describeEveryFamily(world: () => World, table: FamilyTable): void {
  const { bodies } = table;
  const json = { 'content-type': 'application/json' };
  const withBody = async (body: string, headers: Record<string, string> = json) => {
    const sent = await table.jsonRoute(world());
    return { ...sent, body, headers: { ...sent.headers, ...headers } };
  };

  describe('what every family does alike', () => {
    const scenarios: Scenario[] = [
      {
        name: 'an unknown path is 404',
        request: () => ({ path: table.unknownPath }),
        status: 404,
        body: bodies.unknownPath,
        events: [],
      },
      {
        name: 'the first segment alone is 404 in the same shape',
        request: () => ({ path: `/${table.unknownPath.split('/')[1]}` }),
        status: 404,
        body: bodies.unknownPath,
        events: [],
      },
      {
        name: 'a second spelling of a known path is 404',
        request: async (world) => {
          const { path, ...sent } = await table.jsonRoute(world);
          return { ...sent, path: `/%${path.charCodeAt(1).toString(16)}${path.slice(2)}` };
        },
        status: 404,
        body: bodies.unknownPath,
        events: [],
      },
      {
        name: 'a wrong method is 405 and says which are right',
        request: () => ({ method: table.wrongMethod.method, path: table.wrongMethod.path }),
        status: 405,
        body: bodies.wrongMethod,
        headers: { allow: table.wrongMethod.allow },
        events: [],
      },
      {
        name: 'OPTIONS is 405, without any CORS header',
        request: () => ({
          method: 'OPTIONS',
          path: table.wrongMethod.path,
          headers: { origin: 'https://attacker.example', 'access-control-request-method': 'POST' },
        }),
        status: 405,
        body: bodies.wrongMethod,
        headers: { 'access-control-allow-origin': null, allow: table.wrongMethod.allow },
        events: [],
      },
      ...[
        ['malformed JSON', '{"a":'],
        ['a duplicate member', '{"a":1,"a":2}'],
        ['__proto__', '{"__proto__":{}}'],
        ['depth 33', `${'['.repeat(33)}${']'.repeat(33)}`],
        ['no body', ''],
      ].map(
        ([name, body]): Scenario => ({
          name: `${name} is 400`,
          request: () => withBody(body ?? ''),
          status: 400,
          body: bodies.malformedJson,
          events: [],
        }),
      ),
      {
        name: 'another media type is 415',
        request: () => withBody('{}', { 'content-type': 'application/x-www-form-urlencoded' }),
        status: 415,
        body: bodies.mediaType,
        events: [],
      },
      {
        name: 'a media type with a tab in it is 415',
        request: () => withBody('{}', { 'content-type': 'application/json\ta' }),
        status: 415,
        body: bodies.mediaType,
        events: [],
      },
      {
        name: 'a compressed body is 415',
        request: () => withBody('{}', { ...json, 'content-encoding': 'gzip' }),
        status: 415,
        body: bodies.mediaType,
        events: [],
      },
      {
        name: 'one byte over a mebibyte is 413 and closes the connection',
        request: () => withBody(`"${'a'.repeat(1_048_575)}"`),
        status: 413,
        body: bodies.oversize,
        headers: { connection: 'close' },
        events: [],
      },
      {
        name: 'a malformed URL is 400',
        request: () => ({ path: table.malformedUrl }),
        status: 400,
        body: bodies.malformedUrl,
        events: [],
      },
      {
        name: 'an expired session is 401',
        request: table.expiredSession,
        status: 401,
        body: bodies.expiredSession,
        headers: { 'www-authenticate': 'Bearer' },
        events: ['access.refused'],
      },
      {
        name: 'a denied role is 403',
        request: table.deniedRole,
        status: 403,
        body: bodies.deniedRole,
        events: ['access.refused'],
      },
      {
        name: 'two different credentials are 400',
        request: table.twoCredentials,
        status: 400,
        body: bodies.twoCredentials,
        events: [],
      },
      {
        name: 'one header twice with different credentials is 400',
        request: async (world) => {
          const sent = await table.foreignToken(world);
          const [name = '', value] =
            Object.entries(sent.headers ?? {}).find(([name]) => /^authorization$/i.test(name)) ?? [];
          return { ...sent, headers: { ...sent.headers, [name]: [String(value), 'Bearer e30.e30.e30'] } };
        },
        status: 400,
        body: bodies.twoCredentials,
        events: [],
      },
      {
        name: "another family's token is 401",
        request: table.foreignToken,
        status: 401,
        body: bodies.foreignToken,
        headers: { 'www-authenticate': 'Bearer' },
        events: [],
      },
      ...['token', 'api_key', 'password', 'jwt'].map(
        (name): Scenario => ({
          name: `${name} in the query is 400`,
          request: async (world) => {
            const { path, ...sent } = await table.jsonRoute(world);
            return { ...sent, path: `${path}${path.includes('?') ? '&' : '?'}${name}=${marker}`, headers: {} };
          },
          status: 400,
          body: bodies.credentialInUrl,
          events: [],
        }),
      ),
    ];
    for (const scenario of scenarios) test(scenario.name, () => checkScenario(world(), scenario));

    test('a fault of ours is 500, says nothing, and reaches the log under the id of the answer', async () => {
      const sent = await table.faulty(world());
      const fault = new Error(secretOfFault);
      world().faults.splice(0);
      world().sabotage(fault);
      try {
        const received = await send(world(), sent);
        expect({ status: received.status, body: received.body }).toEqual({ status: 500, body: bodies.internal });
        expect(JSON.stringify([received.headers, received.text])).not.toMatch(/SELECT|var\/lib|at .*\.ts/);
        expect(world().faults).toEqual([{ fault, requestId: received.headers['x-request-id'] }]);
      } finally {
        world().sabotage(null);
      }
    });

    test('a log that fails does not change the answer', async () => {
      const sent = await table.faulty(world());
      world().sabotage(new Error(secretOfFault));
      world().breakLog(true);
      try {
        const received = await send(world(), sent);
        expect({ status: received.status, body: received.body }).toEqual({ status: 500, body: bodies.internal });
      } finally {
        world().sabotage(null);
        world().breakLog(false);
      }
    });

    test('too many sign-ins at once are 503, too many attempts 429, with Retry-After', async () => {
      const sent = await table.faulty(world());
      const details = { retryAfterSeconds: 2.5 };
      for (const [fault, status] of [
        [identityErrors.hash_queue_full({ details }), 503],
        [new AppError('rate_limited', 'identity.too_many_attempts', 'Too many attempts.', { details }), 429],
        [new AppError('rate_limited', 'identity.too_many_attempts', 'Too many attempts.'), 429],
      ] as const) {
        world().sabotage(fault);
        const received = await send(world(), sent);
        world().sabotage(null);
        expect(received.status).toBe(status);
        expect(received.headers['retry-after']).toBe(fault.details.retryAfterSeconds === undefined ? '1' : '3');
        expect(received.text).toContain(fault.message);
      }
      expect(world().faults.filter(({ fault }) => fault instanceof AppError)).toEqual([]);
    });

    test('TLS answers carry HSTS, plain ones do not', async () => {
      const plain = await send(world(), { path: table.unknownPath });
      const tls = await send(world(), { path: table.unknownPath, isTls: true });
      expect(plain.headers).not.toHaveProperty('strict-transport-security');
      expect(tls.headers['strict-transport-security']).toMatch(/^max-age=31536000/);
      expect(tls.text).toBe(
        tls.headers['content-type']?.startsWith('application/problem') ? expect.anything() : plain.text,
      );
    });
  });
}

/** A world of its own, because nothing can be asked of it afterwards. */
export function describeWithoutStore(open: () => Promise<World>, table: FamilyTable): void {
  test('a store that does not answer is 503 with Retry-After', async () => {
    const world = await open();
    try {
      const sent = await table.faulty(world);
      await world.closeStore();
      const received = await send(world, sent);
      expect({ status: received.status, body: received.body }).toEqual({ status: 503, body: table.bodies.unavailable });
      expect(received.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    } finally {
      await world.close();
    }
  });
}
