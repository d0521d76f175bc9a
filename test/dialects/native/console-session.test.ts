/** Signing in to the console: what the browser gets, what ends it, and whom it is not taken from. @module */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Received, type Sent, send } from '../support/client.js';
import { administratorKey, apiKey, cloudioSession, consoleSession, precrimeToken } from '../support/sign-in.js';
import { openWorld, passwords, type World } from '../support/world.js';

const path = '/admin/v1/session';
const minute = 60_000;
const operator = { principal: null, origin: { door: 'cli', requestId: null, address: null } };

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

type Headers = NonNullable<Sent['headers']>;
const cookieOf = (value: string) => `__Host-latchkey=${value}`;
const signIn = (headers: Headers = {}, more: Partial<Sent> = {}) =>
  send(world, { method: 'POST', path, headers, body: { username: 'ada', password: passwords.ada }, ...more });
const show = (value: string, headers: Headers = {}) =>
  send(world, { path, headers: { cookie: cookieOf(value), ...headers } });
const statusOf = async (value: string) => (await show(value)).status;
const signOut = ({ cookie, csrf }: { cookie: string; csrf: string }) =>
  send(world, { method: 'DELETE', path, headers: { cookie: cookieOf(cookie), 'x-csrf-token': csrf } });
const problem = ({ status, body }: Received) => [status, (body as { code?: string } | undefined)?.code];
const cookieIn = ({ headers }: Received) => /^__Host-latchkey=([^;]*)/.exec(headers['set-cookie'] ?? '')?.[1] ?? '';

describe('signing in', () => {
  test('answers who it is and a cookie that no script and no other site can use', async () => {
    await world.takeEvents();
    const received = await signIn();
    expect(received.status).toBe(200);
    expect(received.headers['set-cookie']).toMatch(
      /^__Host-latchkey=[A-Za-z0-9_-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    );
    const id = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(received.body).toEqual({
      user: {
        ...{ id, username: 'ada', kind: 'person', displayName: expect.any(String), email: 'ada@acme.example' },
        ...{ organisation: { uid: 'acme', name: 'Acme Corp' }, roles: ['member'], passwordExpiresAtMs: null },
      },
      allowed: expect.arrayContaining(['connections.test']),
      credential: { kind: 'console_session', id, expiresAtMs: world.clock.nowMs() + 12 * 60 * minute },
      csrf: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      idleMs: 30 * minute,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
    expect((await show(cookieIn(received))).body).toEqual(received.body);
    expect(await world.takeEvents()).toEqual(['login.succeeded']);
  });

  test('a wrong password, an unknown name and an expired password are refused as at every door', async () => {
    const wrong = { username: 'ada', password: 'wrong' };
    const unknown = { username: 'who', password: 'wrong' };
    for (const body of [wrong, unknown]) {
      const received = await signIn({}, { body });
      expect(problem(received)).toEqual([401, 'identity.invalid_credentials']);
      expect(received.headers).not.toHaveProperty('set-cookie');
    }
    // An expired one is told from a wrong one only to who knows it.
    const expire = (passwordExpiresAtMs: number | null) =>
      world.identity.users.set(operator, 'ada', { passwordExpiresAtMs });
    await expire(world.clock.nowMs());
    const expired = await signIn();
    expect(problem(expired)).toEqual([409, 'identity.password_expired']);
    expect(expired.headers).not.toHaveProperty('set-cookie');
    expect(problem(await signIn({}, { body: wrong }))).toEqual([401, 'identity.invalid_credentials']);
    await expire(null);
    expect(problem(await signIn({}, { body: { username: 'ada' } }))).toEqual([400, 'http.field_missing']);
    expect(problem(await signIn({}, { body: { ...wrong, remember: true } }))).toEqual([400, 'http.member_unknown']);
  });

  test('while signed in makes another session and ends the first, whosever it was', async () => {
    const [first, bobs] = [await consoleSession(world, 'ada'), await consoleSession(world, 'bob')];
    for (const before of [first, bobs]) {
      await statusOf(before.cookie);
      const received = await signIn({ cookie: cookieOf(before.cookie) });
      expect(received.status).toBe(200);
      expect(cookieIn(received)).not.toBe(before.cookie);
      expect([await statusOf(before.cookie), await statusOf(cookieIn(received))]).toEqual([401, 200]);
    }
    // One that fails leaves it as it is, and a cookie that nobody issued is never taken over.
    const kept = await consoleSession(world);
    await signIn({ cookie: cookieOf(kept.cookie) }, { body: { username: 'ada', password: 'wrong' } });
    expect(await statusOf(kept.cookie)).toBe(200);
    const planted = 'A'.repeat(43);
    expect(cookieIn(await signIn({ cookie: cookieOf(planted) }))).not.toBe(planted);
    expect(await statusOf(planted)).toBe(401);
  });

  test('fifty times at once gives fifty sessions', async () => {
    const received = await Promise.all(
      Array.from({ length: 50 }, () => signIn({}, { body: { username: 'bob', password: passwords.bob } })),
    );
    const cookies = received.map(cookieIn);
    expect(received.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(new Set(cookies).size).toBe(50);
    expect(await Promise.all(cookies.map(statusOf))).toEqual(Array(50).fill(200));
  });

  test('over plain HTTP from elsewhere is refused, and says what to do', async () => {
    for (const host of ['latchkey.corp', '192.0.2.7:8080', 'localhost.evil.test']) {
      const received = await signIn({ host });
      expect(problem(received)).toEqual([403, 'http.https_needed']);
      expect((received.body as { fix: string }).fix).toContain('https');
      expect(received.headers).not.toHaveProperty('set-cookie');
    }
    for (const host of ['localhost:1', '127.0.0.1', '[::1]:80']) expect((await signIn({ host })).status).toBe(200);
    // TLS that ends here, TLS that ends at a proxy as the browser or `publicUrl` tells.
    expect((await signIn({ host: 'latchkey.corp' }, { isTls: true })).status).toBe(200);
    expect((await signIn({ host: 'latchkey.corp', origin: 'https://latchkey.corp' })).status).toBe(200);
    expect((await signIn({ host: 'latchkey.example' })).status).toBe(200);
  });
});

describe('a session ends', () => {
  test('when signed out of, and the browser forgets the cookie', async () => {
    const session = await consoleSession(world);
    await statusOf(session.cookie);
    const received = await signOut(session);
    expect(received.status).toBe(204);
    expect(received.headers['set-cookie']).toBe(
      '__Host-latchkey=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0',
    );
    expect(await statusOf(session.cookie)).toBe(401);
    expect(problem(await signOut(session))).toEqual([401, 'identity.unauthenticated']);
  });

  test('after 30 minutes without a use, and after 12 hours in any case', async () => {
    const [idle, busy] = [await consoleSession(world), await consoleSession(world)];
    for (let passed = 0; passed < 12 * 60 - 20; passed += 20) {
      expect(await statusOf(busy.cookie)).toBe(200);
      world.clock.advance(20 * minute);
      if (passed === 20) expect(problem(await show(idle.cookie))).toEqual([401, 'identity.token_expired']);
    }
    expect(await statusOf(busy.cookie)).toBe(200);
    world.clock.advance(20 * minute - 1);
    expect(await statusOf(busy.cookie)).toBe(200);
    world.clock.advance(1);
    expect(problem(await show(busy.cookie))).toEqual([401, 'identity.token_expired']);
  });

  test('a refused request does not keep it alive', async () => {
    const session = await consoleSession(world);
    world.clock.advance(20 * minute);
    expect(problem(await signOut({ ...session, csrf: 'x' }))).toEqual([403, 'identity.csrf_mismatch']);
    world.clock.advance(10 * minute);
    expect(await statusOf(session.cookie)).toBe(401);
  });

  test('when it is revoked from elsewhere, which sees it in the list', async () => {
    const [session, root] = [await consoleSession(world), `Bearer ${await administratorKey(world)}`];
    const listed = await send(world, {
      path: '/admin/v1/sessions?user=ada&family=console',
      headers: { authorization: root },
    });
    const { id } = ((await show(session.cookie)).body as { credential: { id: string } }).credential;
    const one = (listed.body as { items: { id: string; family: string }[] }).items.find((item) => item.id === id);
    expect(one).toMatchObject({ family: 'console', user: 'ada', isCurrent: false });
    expect(listed.text).not.toContain(session.cookie);
    await send(world, { method: 'DELETE', path: `/admin/v1/sessions/${id}`, headers: { authorization: root } });
    expect(await statusOf(session.cookie)).toBe(401);
  });

  test('when the password is changed at the door next to it, which needs no session', async () => {
    const session = await consoleSession(world, 'nightly');
    const next = 'quiet river stone bridge lantern';
    const body = { username: 'nightly', current: passwords.nightly, new: next };
    const change = (sent: object) => send(world, { method: 'POST', path: `${path}/password`, body: sent });
    expect(problem(await change({ ...body, current: 'wrong' }))).toEqual([401, 'identity.invalid_credentials']);
    expect(problem(await change({ ...body, new: 'short' }))).toEqual([400, 'identity.password_rejected']);
    expect(await statusOf(session.cookie)).toBe(200);
    expect((await change(body)).status).toBe(204);
    expect(await statusOf(session.cookie)).toBe(401);
    expect((await signIn({}, { body: { username: 'nightly', password: next } })).status).toBe(200);
  });
});

describe('the cookie', () => {
  test('beside another credential is a conflict, and nothing where it is not taken', async () => {
    const [{ cookie, csrf }, key, token] = [
      await consoleSession(world),
      await apiKey(world),
      await precrimeToken(world),
    ];
    const both = { cookie: cookieOf(cookie), authorization: `Bearer ${key}` };
    for (const route of [path, '/admin/v1/sources', '/data/v1', '/admin/v1/sessions']) {
      expect(problem(await send(world, { path: route, headers: both }))).toEqual([400, 'http.credentials_conflict']);
    }
    const { jwt, csrf: other } = await cloudioSession(world, 'bob');
    const elsewhere: [string, string, Headers][] = [
      ['GET', '/test/secure', { authorization: token }],
      ['GET', '/verify', { authorization: `Bearer ${key}` }],
      ['POST', '/v1/signout', { authorization: jwt, 'x-csrf-token': other }],
      ['GET', '/livez', {}],
    ];
    for (const [method, route, headers] of elsewhere) {
      const sent = { method, path: route, headers: { ...headers, cookie: cookieOf(cookie) } };
      expect([route, (await send(world, sent)).status]).toEqual([route, 200]);
    }
    const alone = { cookie: cookieOf(cookie), 'x-csrf-token': csrf };
    for (const route of ['/test/secure', '/verify', '/authheader/list']) {
      expect([route, (await send(world, { path: route, headers: alone })).status]).toEqual([route, 401]);
    }
  });

  test('is found among others, once, and in one spelling', async () => {
    const { cookie } = await consoleSession(world);
    const other = await consoleSession(world);
    const own = cookieOf(cookie);
    const good = [`a=b; ${own}`, `${own};x`, ` ; =; ${own} ;`, `${own}; ${own}`, `__Host-latchkey=; ${own}`];
    for (const header of good)
      expect([header, (await send(world, { path, headers: { cookie: header } })).status]).toEqual([header, 200]);
    const bad = [
      ...[
        `__host-latchkey=${cookie}`,
        `latchkey=${cookie}`,
        `__Host-latchkey="${cookie}"`,
        `__Host-latchkey=${cookie}=`,
      ],
      ...[`__Host-latchkey=${cookie.slice(1)}`, `__Host-latchkey=%${cookie}`, `${own}, ${own}`, own.replace('=', ' ')],
      ...['__Host-latchkey', '__Host-latchkey=', ';', `x__Host-latchkey=${cookie}`, `__Host-latchkey=a b`],
    ];
    for (const header of bad)
      expect([header, (await send(world, { path, headers: { cookie: header } })).status]).toEqual([header, 401]);
    const two = [`${own}; ${cookieOf(other.cookie)}`, [own, cookieOf(other.cookie)], `${own}; __Host-latchkey=x`];
    for (const header of two)
      expect(problem(await send(world, { path, headers: { cookie: header } }))).toEqual([
        400,
        'http.credentials_conflict',
      ]);
  });

  test('is of one session: whoever is signed in at another door sees no csrf value', async () => {
    for (const authorization of [await precrimeToken(world), await apiKey(world)]) {
      const received = await send(world, { path, headers: { authorization } });
      expect(received.body).toMatchObject({ user: { username: 'ada' }, csrf: null, idleMs: null });
    }
  });
});
