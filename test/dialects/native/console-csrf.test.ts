/**
 * What pages of others can have a browser send: every route that takes the console's cookie and changes something, asked
 * in every way that lacks what only our own page has. Nothing may have happened afterwards: every change of state has
 * its audit event, and what can be listed is as it was.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { consoleSession } from '../support/sign-in.js';
import { openWorld, passwords, type World } from '../support/world.js';

interface Session {
  readonly cookie: string;
  readonly csrf: string;
}

interface Attack {
  readonly headers: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly code: string;
}

let world: World;
let ada: Session;
let bob: Session;
/** Of the same user as `bob`, in another browser. */
let other: Session;
/** Took place in the browser that holds `bob` now. */
let former: Session;
let ids: Readonly<Record<string, string>>;
const operator = { principal: null, origin: { door: 'cli', requestId: null, address: null } };

beforeAll(async () => {
  world = await openWorld();
  await world.identity.users.set(operator, 'bob', { addRoles: ['administrator'] });
  ada = await consoleSession(world, 'ada');
  former = await consoleSession(world, 'bob');
  other = await consoleSession(world, 'bob');
  const replaced = await ask('POST', '/admin/v1/session', {
    headers: { cookie: cookieOf(former.cookie) },
    body: { username: 'bob', password: passwords.bob },
  });
  const cookie = /^__Host-latchkey=([^;]+)/.exec(String(replaced.headers['set-cookie']))?.[1] ?? '';
  bob = { cookie, csrf: replaced.json<{ csrf: string }>().csrf };
  const right = { cookie: cookieOf(bob.cookie), 'x-csrf-token': bob.csrf };
  const made = async (path: string, body: object) =>
    (await ask('POST', path, { headers: right, body })).json<{ id: string }>().id;
  const role = await made('/admin/v1/roles', { name: 'victim', organisation: 'acme' });
  const key = await made('/admin/v1/api-keys', { name: 'victim' });
  const shown = await ask('GET', '/admin/v1/session', { headers: { cookie: cookieOf(ada.cookie) } });
  const session = shown.json<{ credential: { id: string } }>().credential.id;
  ids = { role, key, session, user: 'nightly', organisation: 'acme' };
});
afterAll(() => world.close());

const cookieOf = (value: string) => `__Host-latchkey=${value}`;

function ask(
  method: string,
  path: string,
  { headers = {}, body }: { readonly headers?: Readonly<Record<string, string>>; readonly body?: object } = {},
) {
  const type = body === undefined || 'content-type' in headers ? {} : { 'content-type': 'application/json' };
  return world.http.inject({
    ...{ method: method as 'GET', url: path, headers: { ...type, ...headers } },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
}

/** With which a route does something, where that can be said in general. */
const bodies: Readonly<Record<string, object>> = {
  'POST /admin/v1/users': { kind: 'person', organisation: 'acme', username: 'intruder', generatePassword: true },
  'PATCH /admin/v1/users/:user': { displayName: 'intruder' },
  'POST /admin/v1/users/:user/password': { generate: true },
  'POST /admin/v1/organisations': { uid: 'intruder', name: 'Intruder' },
  'POST /admin/v1/roles': { name: 'intruder', organisation: 'acme', allowed: ['directory.manage'] },
  'PATCH /admin/v1/roles/:role': { allowed: ['directory.manage'] },
  'POST /admin/v1/api-keys': { name: 'intruder' },
  'POST /admin/v1/revocations': { scope: 'self' },
};

/** Events that say that somebody has looked. */
const readings = ['data.read', 'catalog.read', 'audit.exported'];

const taking = () =>
  world.http.routes.filter(({ accepts }) => accepts !== 'anyone' && accepts.includes('console_session'));
const urlOf = (path: string) => path.replace(/:(\w+)/g, (_, name: string) => ids[name] ?? 'shop');

/** Everything that can be listed, as it is. The clock stands still, so that nothing else moves. */
async function snapshot(): Promise<string> {
  const lists = [
    'users',
    'organisations',
    'roles',
    'api-keys',
    'sessions?everybody=true',
    'sources',
    'datasets',
    'grants',
  ];
  const answers = await Promise.all(
    lists.map((list) => ask('GET', `/admin/v1/${list}`, { headers: { cookie: cookieOf(bob.cookie) } })),
  );
  expect(answers.map(({ statusCode }) => statusCode)).toEqual(lists.map(() => 200));
  return answers.map(({ body }) => body).join('\n');
}

async function changesOf(work: () => Promise<void>): Promise<{ before: string; after: string; events: string[] }> {
  const before = await snapshot();
  await world.takeEvents();
  await work();
  const events = (await world.takeEvents()).filter((name) => name !== 'access.refused');
  return { before, after: await snapshot(), events };
}

/** By name; each but the last group lacks the csrf value, those of the last come from another page with it. */
function attacks(): Readonly<Record<string, Attack>> {
  const cookie = cookieOf(bob.cookie);
  const mismatch = 'identity.csrf_mismatch';
  const right = { cookie, 'x-csrf-token': bob.csrf };
  const lacking = {
    'nothing beside the cookie': { headers: { cookie } },
    'an empty value': { headers: { cookie, 'x-csrf-token': '' } },
    'the value of another session of the user': { headers: { cookie, 'x-csrf-token': other.csrf } },
    'the value of another user': { headers: { cookie, 'x-csrf-token': ada.csrf } },
    'the value of the session before': { headers: { cookie, 'x-csrf-token': former.csrf } },
    'the cookie as the value': { headers: { cookie, 'x-csrf-token': bob.cookie } },
    'the value cut': { headers: { cookie, 'x-csrf-token': bob.csrf.slice(0, -1) } },
    'the value longer': { headers: { cookie, 'x-csrf-token': `${bob.csrf}=` } },
    'the value under other names': { headers: { cookie, 'x-xsrf-token': bob.csrf, 'csrf-token': bob.csrf } },
    'the value as another cookie': { headers: { cookie: `${cookie}; x-csrf-token=${bob.csrf}; csrf=${bob.csrf}` } },
    'text that is no JSON by its type': { headers: { cookie, 'content-type': 'text/plain' } },
    'a form': { headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' } },
    'a method in a header': { headers: { cookie, 'x-http-method-override': 'GET' } },
  };
  return {
    ...Object.fromEntries(Object.entries(lacking).map(([name, sent]) => [name, { ...sent, code: mismatch }])),
    'the value in the query': { headers: { cookie }, query: `?csrf=${bob.csrf}`, code: 'http.credential_in_url' },
    'cookie and value swapped': {
      headers: { cookie: cookieOf(bob.csrf), 'x-csrf-token': bob.cookie },
      code: 'identity.unauthenticated',
    },
    'a hidden origin': { headers: { ...right, origin: 'null' }, code: 'http.page_foreign' },
    'a sibling host': { headers: { ...right, origin: 'http://app.localhost' }, code: 'http.page_foreign' },
    'another port': { headers: { ...right, origin: 'http://localhost:3000' }, code: 'http.page_foreign' },
    'another site by its own word': {
      headers: { ...right, 'sec-fetch-site': 'cross-site' },
      code: 'http.page_foreign',
    },
    'a sibling by its own word': { headers: { ...right, 'sec-fetch-site': 'same-site' }, code: 'http.page_foreign' },
  };
}

describe('requests that a page of somebody else has a browser send', () => {
  test('change nothing, whatever they lack', async () => {
    const unsafe = taking().filter(({ method }) => method !== 'GET');
    expect(unsafe.length).toBeGreaterThan(30);
    let sent = 0;
    const unlike: string[] = [];
    const { before, after, events } = await changesOf(async () => {
      for (const { method, path } of unsafe) {
        const body = bodies[`${method} ${path}`];
        for (const [name, { headers, query = '', code }] of Object.entries(attacks())) {
          const answer = await ask(method, `${urlOf(path)}${query}`, {
            headers,
            ...(body === undefined ? {} : { body }),
          });
          sent += 1;
          const told = answer.json<{ code: string }>().code;
          if (told !== code) unlike.push(`${method} ${path}, ${name}: ${answer.statusCode} ${told}`);
        }
      }
    });
    expect(unlike).toEqual([]);
    expect(events).toEqual([]);
    expect(after).toBe(before);
    expect(sent).toBeGreaterThan(600);
  });

  test('read at most, where the method only reads', async () => {
    const reading = taking().filter(({ method }) => method === 'GET');
    const { before, after, events } = await changesOf(async () => {
      for (const { path } of reading) {
        for (const method of ['GET', 'HEAD']) {
          for (const query of ['', '?_method=DELETE', '?delete=true']) {
            const headers = { cookie: cookieOf(bob.cookie), 'x-http-method-override': 'DELETE' };
            const { statusCode } = await ask(method, `${urlOf(path)}${query}`, { headers });
            expect(statusCode).toBeLessThan(500);
          }
        }
      }
    });
    expect(events.filter((name) => !readings.includes(name))).toEqual([]);
    expect(after).toBe(before);
  });

  test('sign nobody in, out or over', async () => {
    const body = { username: 'ada', password: passwords.ada };
    const change = { username: 'ada', current: passwords.ada, new: 'quiet river stone bridge lantern' };
    const cookie = cookieOf(bob.cookie);
    const { before, after, events } = await changesOf(async () => {
      for (const [path, sent] of [
        ['/admin/v1/session', body],
        ['/admin/v1/session/password', change],
      ] as const) {
        for (const headers of [
          ...['null', 'http://localhost:3000', 'https://evil.test', ''].map((origin) => ({ origin })),
          ...['cross-site', 'same-site'].map((site) => ({ 'sec-fetch-site': site })),
          ...['text/plain', 'application/x-www-form-urlencoded'].map((type) => ({ 'content-type': type })),
        ]) {
          const { statusCode } = await ask('POST', path, { headers: { cookie, ...headers }, body: sent });
          expect([403, 415]).toContain(statusCode);
        }
      }
    });
    expect(events).toEqual([]);
    expect(after).toBe(before);
  });

  test('are seen here when they succeed: with the value, from our own page', async () => {
    const origins = [{}, { origin: 'http://localhost', 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'none' }];
    const { before, after, events } = await changesOf(async () => {
      for (const [at, origin] of origins.entries()) {
        const headers = { cookie: cookieOf(bob.cookie), 'x-csrf-token': bob.csrf, ...origin };
        const body = { name: `control-${at}`, organisation: 'acme' };
        expect((await ask('POST', '/admin/v1/roles', { headers, body })).statusCode).toBe(201);
      }
    });
    expect(events).toEqual(origins.map(() => 'role.created'));
    expect(after).not.toBe(before);
  });
});
