/** `/verify` on the wire: who it is in headers, what was required, and when a credential stops counting. @module */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../../src/kernel/secret.js';
import { type Received, send } from '../support/client.js';
import {
  administratorKey,
  apiKey,
  cloudioSession,
  nativeToken,
  onedbToken,
  precrimeToken,
} from '../support/sign-in.js';
import { openWorld, type World } from '../support/world.js';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

type Headers = Readonly<Record<string, string | readonly string[]>>;
const ask = (headers: Headers, query = '', method = 'GET') => send(world, { method, path: `/verify${query}`, headers });

/** The headers a proxy hands on, decoded as one that trusts them would. */
function identityOf({ headers }: Received): Record<string, string> {
  const told = Object.entries(headers).filter(([name]) => name.startsWith('x-latchkey-'));
  return Object.fromEntries(told.map(([name, value]) => [name.slice('x-latchkey-'.length), decodeURIComponent(value)]));
}

const operator = { principal: null, origin: { door: 'cli', requestId: null, address: null } };

describe('an identity', () => {
  test('is told for every kind of credential, without a body, and nothing is written', async () => {
    const { jwt, csrf } = await cloudioSession(world);
    const cases: [Headers, string, string][] = [
      [{ authorization: await precrimeToken(world) }, 'ada', 'precrime_token'],
      [{ authentication: jwt, 'x-csrf-token': csrf }, 'nightly', 'cloudio_session'],
      [{ authorization: `Bearer ${await onedbToken(world)}` }, 'vault', 'onedb_token'],
      [{ authorization: `Bearer ${await nativeToken(world)}` }, 'ada', 'native_token'],
      [{ 'x-authorization': await apiKey(world) }, 'ada', 'api_key'],
    ];
    for (const [headers, user, credential] of cases) {
      await world.takeEvents();
      for (const method of ['GET', 'HEAD']) {
        const received = await ask(headers, '', method);
        expect(received).toMatchObject({ status: 200, text: '' });
        expect(received.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
        expect(received.headers).not.toHaveProperty('content-type');
        expect(identityOf(received)).toEqual({
          user,
          'user-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
          organisation: 'acme',
          roles: 'member',
          credential,
        });
      }
      expect(await world.takeEvents()).toEqual([]);
    }
  });

  test('is one token of safe characters, whatever the name is made of', async () => {
    const names = [
      'ål.ø+tag@acme.example',
      'комар',
      "o'neil,root",
      'a%0d%0ax-latchkey-roles=administrator',
      '用户;x="y"',
    ];
    for (const username of names) {
      await world.addUser({ kind: 'person', username, password: 'tangerine orbit cactus meadow' });
      const login = await send(world, {
        method: 'POST',
        path: '/user/login',
        body: { username, password: 'tangerine orbit cactus meadow' },
      });
      const received = await ask({ authorization: String((login.body as { Token: string }).Token) });
      expect(received.status).toBe(200);
      expect(received.headers['x-latchkey-user']).toMatch(/^[A-Za-z0-9.@~_%-]+$/);
      expect(identityOf(received)).toMatchObject({ user: username, roles: 'member' });
    }
  });

  test('has all its roles, or how many there are and none of them; what is required is judged by all', async () => {
    // Nineteen characters each: 102 of them, `member` and the commas are 2,046.
    const names = Array.from({ length: 103 }, (_, at) => `department-of-x-${100 + at}`);
    for (const name of names) {
      await world.identity.roles.add(operator, { organisationUid: 'acme', name, allowed: [] });
    }
    const [last = '', ...others] = names;
    await world.identity.users.set(operator, 'ada', { addRoles: others });
    const authorization = await apiKey(world);
    const whole = await ask({ authorization });
    expect(whole.headers['x-latchkey-roles']).toHaveLength(2_046);
    expect(identityOf(whole)['roles']?.split(',').sort()).toEqual([...others, 'member'].sort());
    expect(whole.headers).not.toHaveProperty('x-latchkey-roles-omitted');

    await world.identity.users.set(operator, 'ada', { addRoles: [last] });
    for (const query of ['', `?role=${encodeURIComponent(last)}`, '?role=member&action=data.use']) {
      const { roles, ...told } = identityOf(await ask({ authorization }, query));
      expect([roles, told]).toEqual([undefined, expect.objectContaining({ user: 'ada', 'roles-omitted': '104' })]);
    }
    expect((await ask({ authorization }, '?role=administrator')).status).toBe(403);

    await world.identity.users.set(operator, 'ada', { removeRoles: names });
    expect(identityOf(await ask({ authorization }))).toMatchObject({ roles: 'member' });
    expect((await ask({ authorization }, `?role=${encodeURIComponent(last)}`)).status).toBe(403);
  });

  test('never comes from what the client says of itself', async () => {
    const key = await apiKey(world);
    const forged = {
      'x-latchkey-user': 'root',
      'X-LATCHKEY-USER-ID': ['1', '2'],
      x_latchkey_user: 'root',
      'x-latchkey-roles': 'administrator',
      'x-original-uri': '/verify?role=member',
    };
    expect(await ask(forged)).toMatchObject({ status: 401 });
    expect(identityOf(await ask({ ...forged, authorization: key }))).toMatchObject({ user: 'ada', roles: 'member' });
    expect(await ask({ ...forged, authorization: key }, '?role=administrator')).toMatchObject({ status: 403 });
  });
});

describe('what is required', () => {
  test.each([
    ['', 200],
    ['?role=member', 200],
    ['?role=administrator,member', 200],
    ['?role=administrator', 403],
    ['?role=nobody-has-this', 403],
    ['?role=Member', 403],
    ['?action=data.use', 200],
    ['?action=data.use,vault.use', 200],
    ['?action=data.use,directory.manage', 403],
    ['?role=member&action=directory.manage', 403],
    ['?role=administrator&action=data.use', 403],
    ['?role=', 400],
    ['?role', 400],
    ['?action=', 400],
    ['?role=member,', 400],
    ['?action=no.such', 400],
    ['?role=member&role=administrator', 400],
    ['?roles=member', 400],
    ['?grant=x', 400],
  ])('by %s of a member: %i', async (query, status) => {
    expect((await ask({ authorization: await apiKey(world) }, query)).status).toBe(status);
  });

  test('is refused with a record, once a minute, and a challenge only where nobody is known', async () => {
    const authorization = await apiKey(world);
    await world.takeEvents();
    for (let time = 0; time < 3; time += 1) {
      const refused = await ask({ authorization }, '?role=administrator');
      expect(refused).toMatchObject({ status: 403, body: { code: 'access.denied' } });
      expect(refused.headers).not.toHaveProperty('www-authenticate');
      expect(Object.keys(refused.headers).filter((name) => name.startsWith('x-latchkey'))).toEqual([]);
    }
    expect(await world.takeEvents()).toEqual(['access.refused']);
    const unknown = await ask({}, '?role=administrator');
    expect(unknown.status).toBe(401);
    expect(unknown.headers['www-authenticate']).toBe('Bearer');
    expect(await world.takeEvents()).toEqual([]);
  });

  test('is not met by a role of which the credential carries a part only', async () => {
    await administratorKey(world);
    const narrowed = { authorization: `Bearer ${await nativeToken(world, 'bob', ['metrics.read'])}` };
    expect((await ask(narrowed, '?action=metrics.read')).status).toBe(200);
    expect((await ask(narrowed, '?action=directory.manage')).status).toBe(403);
    expect((await ask(narrowed, '?role=administrator')).status).toBe(403);
    expect(identityOf(await ask(narrowed))).toMatchObject({ user: 'bob', roles: '' });
    const whole = { authorization: `Bearer ${await nativeToken(world, 'bob')}` };
    expect((await ask(whole, '?role=administrator')).status).toBe(200);
  });

  test('is taken by GET and HEAD only', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND']) {
      const refused = await ask({ authorization: await apiKey(world) }, '', method);
      expect(refused.status).toBe(405);
      expect(refused.headers['allow']).toBe('GET, HEAD');
    }
  });
});

describe('the answer turns', () => {
  test('with the deletion of a key, the end of a session and the end of an account, at once', async () => {
    const authorization = await apiKey(world, 'nightly');
    const session = await precrimeToken(world, 'nightly');
    const native = `Bearer ${await nativeToken(world, 'nightly')}`;
    for (const value of [authorization, session, native]) {
      expect((await ask({ authorization: value })).status).toBe(200);
    }
    const deleted = await send(world, {
      method: 'POST',
      path: '/authheader/delete',
      headers: { authorization: session },
      body: { text: authorization },
    });
    expect(deleted.status).toBe(200);
    expect((await ask({ authorization })).status).toBe(401);
    await send(world, { method: 'POST', path: '/user/logout', headers: { authorization: session } });
    expect((await ask({ authorization: session })).status).toBe(401);
    expect((await ask({ authorization: native })).status).toBe(200);
    await world.identity.users.disable(operator, 'nightly');
    expect((await ask({ authorization: native })).status).toBe(401);
    await world.identity.users.enable(operator, 'nightly');
  });

  test('with a role that is taken away', async () => {
    const authorization = await administratorKey(world);
    expect((await ask({ authorization }, '?role=administrator')).status).toBe(200);
    await world.identity.users.set(operator, 'ada', { addRoles: ['administrator'] });
    await world.identity.users.set(operator, 'bob', { removeRoles: ['administrator'] });
    expect((await ask({ authorization }, '?role=administrator')).status).toBe(403);
    await expect(
      world.identity.users.resetPassword(operator, 'bob', {
        password: new Secret('velvet lantern walnut copper'),
        mustChange: false,
      }),
    ).resolves.toBeUndefined();
  });
});
