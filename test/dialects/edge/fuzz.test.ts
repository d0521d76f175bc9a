/**
 * Random requests over every route: whatever comes, the answer is one of ours, says nothing of our inside, and the
 * process stays. The short profile of every run; `LATCHKEY_FUZZ_RUNS` asks for more.
 *
 * @module
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createScriptedSources } from '../support/scripted-sources.js';
import { apiKey, cloudioSession, onedbToken, precrimeToken } from '../support/sign-in.js';
import { openWorld, type World } from '../support/world.js';

const runs = Number(process.env['LATCHKEY_FUZZ_RUNS'] ?? 3_000);

let world: World;
let credentials: string[] = [];
let csrf = '';
beforeAll(async () => {
  world = await openWorld({ sources: createScriptedSources() });
  const session = await cloudioSession(world);
  csrf = session.csrf;
  credentials = [await precrimeToken(world), session.jwt, await onedbToken(world), await apiKey(world, 'bob')];
});
afterAll(() => world.close());

const words = [
  ...['username', 'password', 'Username', 'old', 'new', 'confirm', 'name', 'text', 'ds', 'query', 'data', '_rs'],
  ...['trxId', 'templateName', 'authType', 'host', 'port', 'database', 'extra', 'credentials', 'key', 'value'],
  ...['timeout_seconds', 'filter', 'limit', 'sort', 'projection', 'lastUpdateDate', 'toString', 'hasOwnProperty'],
  ...['__proto__', 'constructor', 'extra.ssl_mode', '', '\u0000', 'ａｄａ', '\u202e'],
];
const leaf = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -0,
    1e308,
    2 ** 53 + 2,
    'ada',
    'vault',
    '0x7f.1',
    'I',
    'basic',
    '\ud800',
    ...words,
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const { value: json } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.array(fc.tuple(fc.oneof(fc.constantFrom(...words), fc.string()), tie('value')), { maxLength: 6 }),
})) as { value: fc.Arbitrary<unknown> };

/** Arrays of pairs become objects with whatever names there are, duplicates and all. */
function write(value: unknown): string {
  if (!Array.isArray(value)) return JSON.stringify(value) ?? 'null';
  const isObject =
    value.length > 0 &&
    value.every((entry) => Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string');
  if (!isObject) return `[${value.map(write).join(',')}]`;
  return `{${value.map(([name, member]: [string, unknown]) => `${JSON.stringify(name)}:${write(member)}`).join(',')}}`;
}

const body = fc.oneof(
  json.map((value) => Buffer.from(write(value))),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  json.chain((value) => {
    const text = write(value);
    return fc.nat({ max: text.length }).map((at) => Buffer.from(text.slice(0, at)));
  }),
);

const headerText = fc.stringMatching(/^[\x20-\x7e\x80-\xff]{0,40}$/);
const mediaType = fc.oneof(
  { arbitrary: fc.constant('application/json'), weight: 6 },
  fc.constantFrom(
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json\ta',
    'application/json; charset=utf-16',
    '',
  ),
  headerText,
);
const credential = fc.oneof(
  fc.nat({ max: 3 }).map((at) => (known: readonly string[]) => known[at] ?? ''),
  fc.nat({ max: 3 }).map((at) => (known: readonly string[]) => `Bearer ${known[at] ?? ''}`),
  fc.base64String({ maxLength: 30 }).map((text) => () => `Token ${text}`),
  headerText.map((text) => () => text),
  fc.constant((known: readonly string[]) => `Bearer ${(known[0] ?? '').split('.').reverse().join('.')}`),
);
const target = fc.oneof(
  { arbitrary: fc.constant(''), weight: 5 },
  fc.constant('?single'),
  fc.constant('?multiple'),
  fc.constant('?csrf'),
  fc.stringMatching(/^[?/#;%&=a-z0-9.~+-]{0,20}$/),
);

test('answers every random request with a declared answer', async () => {
  const routes = world.http.routes;
  const statuses = new Set<number>();
  const request = fc.record({
    route: fc.nat({ max: routes.length - 1 }),
    isOther: fc.nat({ max: 19 }),
    target,
    body,
    mediaType,
    authorization: fc.option(credential),
    authentication: fc.option(credential, { freq: 9 }),
    key: fc.option(credential, { freq: 5 }),
    hasCsrf: fc.boolean(),
    extra: fc.option(
      fc.tuple(
        fc.constantFrom(
          'x-request-id',
          'host',
          'x-csrf-token',
          'content-encoding',
          'expect',
          'cookie',
          'x-forwarded-for',
        ),
        headerText,
      ),
    ),
    isLocal: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(request, async (made) => {
      const route = routes[made.route];
      if (route === undefined) throw new RangeError('no such route');
      const headers: Record<string, string> = {};
      if (route.method === 'POST') headers['content-type'] = made.mediaType;
      if (made.authorization !== null) headers['authorization'] = made.authorization(credentials);
      if (made.authentication !== null) headers['authentication'] = made.authentication(credentials);
      if (made.key !== null) headers['x-authorization'] = made.key(credentials);
      if (made.hasCsrf) headers['x-csrf-token'] = csrf;
      if (made.extra !== null) headers[made.extra[0]] = made.extra[1];
      const received = await world.http.inject({
        method: made.isOther === 0 ? 'PUT' : route.method,
        url: `${route.path.replace(':code', 'x')}${made.target}`,
        headers,
        ...(route.method === 'POST' ? { payload: made.body } : {}),
        remoteAddress: made.isLocal ? '127.0.0.1' : '192.0.2.7',
      });
      statuses.add(received.statusCode);
      // A verdict of the scripted sources is never a failure, so 5xx can only be ours.
      expect(received.statusCode).toBeLessThan(500);
      // Public keys, the API document and what was built beside the server are for everybody to keep; nothing else is.
      const isPublished = /^\/(?:\.well-known\/|openapi\.json$|docs\/|console\/)/.test(route.path);
      expect(received.headers['cache-control']).toMatch(
        isPublished && received.statusCode < 400
          ? /^(?:public, max-age=\d+(?:, immutable)?|no-cache|no-store)$/
          : /^no-store$/,
      );
      // No content, no type of it.
      const contentType = received.headers['content-type'] ?? '';
      if (received.payload !== '' || contentType !== '') expect(contentType).toMatch(/; charset=utf-8$/);
      // The API document speaks of queries.
      const isDocument = route.path === '/openapi.json' && received.statusCode === 200;
      if (!isDocument)
        expect(received.payload).not.toMatch(/\bat [\w.<>]+ \(|node_modules|\.ts:\d|SELECT|FST_|TypeError/);
      if (/json/.test(String(received.headers['content-type']))) JSON.parse(received.payload);
    }),
    { numRuns: runs },
  );
  // It got to every kind of answer, so it was not turned away at the first step each time.
  expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 401, 404, 405, 415]));
  expect(world.faults).toEqual([]);
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect((Object.prototype as Record<string, unknown>)['isAdmin']).toBeUndefined();
}, 600_000);
