/** Sessions at our own door: seen and ended by their owners and by administrators. @module */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Received, send } from '../support/client.js';
import { administratorKey, apiKey, cloudioSession, onedbToken, precrimeToken } from '../support/sign-in.js';
import { openWorld, type World } from '../support/world.js';

const list = '/admin/v1/sessions';

let world: World;
let root: string;
let ada: string;
beforeAll(async () => {
  world = await openWorld();
  root = `Bearer ${await administratorKey(world)}`;
  ada = `Bearer ${await precrimeToken(world, 'ada')}`;
});
afterAll(() => world.close());

interface Listed {
  readonly id: string;
  readonly isCurrent: boolean;
  readonly [member: string]: unknown;
}

const ask = (authorization: string, method: string, path: string, headers = {}) =>
  send(world, { method, path, headers: { authorization, ...headers } });
const itemsOf = ({ body }: Received) => (body as { items: Listed[] }).items;
const problem = ({ status, body }: Received) => {
  const { code, field } = body as { code: string; field?: string };
  return [status, code, ...(field === undefined ? [] : [field])];
};

describe('the list', () => {
  test('holds one’s own, the one at hand marked, and no token', async () => {
    const { jwt, csrf } = await cloudioSession(world, 'ada');
    const received = await ask(ada, 'GET', list);
    expect(received.status).toBe(200);
    expect(itemsOf(received).map(({ family, user, isCurrent }) => [family, user, isCurrent])).toEqual(
      expect.arrayContaining([
        ['cloudio', 'ada', false],
        ['precrime', 'ada', true],
      ]),
    );
    expect(Object.keys(itemsOf(received)[0] ?? {}).sort()).toEqual(
      [
        ...['id', 'family', 'user', 'organisation', 'address', 'createdAtMs', 'lastSeenAtMs', 'expiresAtMs'],
        ...['endedAtMs', 'isCurrent'],
      ].sort(),
    );
    for (const secret of [jwt, csrf, ada.slice(7)]) expect(received.text).not.toContain(secret);
    const own = await ask(`Bearer ${jwt}`, 'GET', list, { 'x-csrf-token': csrf });
    expect(itemsOf(own).find(({ isCurrent }) => isCurrent)?.['family']).toBe('cloudio');
  });

  test('of others is for who manages the directory, by user, organisation and family, in pages', async () => {
    await onedbToken(world);
    for (const question of ['user=bob', 'everybody=true', 'organisation=acme', 'user=stranger']) {
      expect(problem(await ask(ada, 'GET', `${list}?${question}`))).toEqual([403, 'access.denied']);
    }
    expect(itemsOf(await ask(root, 'GET', `${list}?user=ada&family=precrime`))).toHaveLength(1);
    const all = itemsOf(await ask(root, 'GET', `${list}?everybody=true`));
    const seen: Listed[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Received = await ask(
        root,
        'GET',
        `${list}?organisation=acme&limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...itemsOf(page));
      cursor = (page.body as { nextCursor: string | null }).nextCursor;
    }
    expect(seen.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    expect(problem(await ask(root, 'GET', `${list}?user=stranger`))).toEqual([404, 'identity.user_not_found']);
    expect(problem(await ask(root, 'GET', `${list}?organisation=no`))).toEqual([
      404,
      'identity.organisation_not_found',
    ]);
  });

  test.each([
    ['family=saml', [400, 'http.field_invalid', 'family']],
    ['everybody=1', [400, 'http.field_invalid', 'everybody']],
    ['ended=', [400, 'http.field_invalid', 'ended']],
    ['limit=0', [400, 'http.field_invalid', 'limit']],
    ['state=live', [400, 'http.parameter_unknown']],
  ])('refuses %s', async (question, expected) => {
    expect(problem(await ask(root, 'GET', `${list}?${question}`))).toEqual(expected);
  });

  test('is not for an API key of who administers nothing', async () => {
    await world.takeEvents();
    const key = await apiKey(world, 'ada');
    expect(problem(await ask(`Bearer ${key}`, 'GET', list))).toEqual([403, 'access.denied']);
    expect(await world.takeEvents()).toEqual(['login.succeeded', 'api_key.created', 'access.refused']);
  });
});

describe('a session', () => {
  test('is ended by its owner: its token opens nothing any more', async () => {
    const token = `Bearer ${await precrimeToken(world, 'ada')}`;
    const { id = '' } = itemsOf(await ask(token, 'GET', list)).find(({ isCurrent }) => isCurrent) ?? {};
    await world.takeEvents();
    expect((await ask(ada, 'DELETE', `${list}/${id}`)).status).toBe(204);
    expect(await world.takeEvents()).toEqual(['session.revoked']);
    expect((await ask(token, 'GET', list)).status).toBe(401);
    expect(problem(await ask(ada, 'DELETE', `${list}/${id}`))).toEqual([404, 'identity.session_not_found']);
    const ended = itemsOf(await ask(ada, 'GET', `${list}?ended=true`)).find((one) => one.id === id);
    expect(ended?.['endedAtMs']).toBe(world.clock.nowMs());
  });

  test('of somebody else is answered like one that never was, and lives; an administrator ends it', async () => {
    const bob = `Bearer ${await precrimeToken(world, 'bob')}`;
    const { id = '' } = itemsOf(await ask(bob, 'GET', list)).find(({ isCurrent }) => isCurrent) ?? {};
    const plain = ({ status, body }: Received) => [status, { ...(body as object), requestId: null }];
    const [foreign, unknown] = [await ask(ada, 'DELETE', `${list}/${id}`), await ask(ada, 'DELETE', `${list}/none`)];
    expect(plain(foreign)).toEqual(plain(unknown));
    expect((await ask(bob, 'GET', list)).status).toBe(200);
    expect((await ask(root, 'DELETE', `${list}/${id}`)).status).toBe(204);
    expect((await ask(bob, 'GET', list)).status).toBe(401);
  });
});

describe('a revocation', () => {
  const revoke = (authorization: string, body: unknown) =>
    send(world, { method: 'POST', path: '/admin/v1/revocations', headers: { authorization }, body });
  const works = async (authorization: string) => (await ask(authorization, 'GET', list)).status !== 401;
  const sessionOf = async (name: 'ada' | 'bob') => `Bearer ${await precrimeToken(world, name)}`;

  test('of oneself ends one’s own sessions, without any right; keys stay', async () => {
    const [first, second, bob] = [await sessionOf('ada'), await sessionOf('ada'), await sessionOf('bob')];
    const key = `Bearer ${await apiKey(world, 'ada')}`;
    await world.takeEvents();
    const received = await revoke(first, { scope: 'self' });
    expect(received.body).toEqual({ scope: 'self', sessions: expect.any(Number), apiKeys: 0 });
    expect((received.body as { sessions: number }).sessions).toBeGreaterThanOrEqual(2);
    expect(await world.takeEvents()).toEqual(['session.revoked']);
    expect(await Promise.all([first, second, key, bob].map(works))).toEqual([false, false, true, true]);
  });

  test('of a user, an organisation or the install is for who manages the directory', async () => {
    const [adas, bobs] = [await sessionOf('ada'), await sessionOf('bob')];
    const key = `Bearer ${await apiKey(world, 'ada')}`;
    for (const body of [
      { scope: 'user', user: 'bob' },
      { scope: 'user', user: 'stranger' },
      { scope: 'organisation', organisation: 'acme' },
      { scope: 'install', apiKeys: true },
    ]) {
      expect(problem(await revoke(adas, body))).toEqual([403, 'access.denied']);
    }
    expect((await revoke(root, { scope: 'user', user: 'ADA' })).body).toMatchObject({ scope: 'user', apiKeys: 0 });
    expect(await Promise.all([adas, key, bobs].map(works))).toEqual([false, true, true]);
    await revoke(root, { scope: 'user', user: 'ada', apiKeys: true });
    expect(await Promise.all([key, bobs].map(works))).toEqual([false, true]);
    await world.takeEvents();
    await revoke(root, { scope: 'organisation', organisation: 'acme' });
    expect(await Promise.all([root, bobs].map(works))).toEqual([true, false]);
    // The revoked keys are tidied away behind the answers.
    const events = (await world.takeEvents()).filter((name) => name !== 'api_key.deleted');
    expect(events).toEqual(['credentials.revoked', 'access.refused']);
    const late = await sessionOf('bob');
    expect((await revoke(root, { scope: 'install', apiKeys: true })).status).toBe(200);
    expect(await Promise.all([root, late].map(works))).toEqual([false, false]);
    root = `Bearer ${await administratorKey(world)}`;
  });

  test.each([
    [{}, [400, 'http.field_missing', 'scope']],
    [{ scope: 'all' }, [400, 'http.field_invalid', 'scope']],
    [{ scope: 'user' }, [400, 'http.field_missing', 'user']],
    [{ scope: 'user', user: 'stranger' }, [404, 'identity.user_not_found']],
    [{ scope: 'organisation' }, [400, 'http.field_missing', 'organisation']],
    [{ scope: 'organisation', organisation: 'none' }, [404, 'identity.organisation_not_found']],
    [{ scope: 'install', user: 'ada' }, [400, 'http.field_invalid', 'user']],
    [{ scope: 'install', organisation: 'acme' }, [400, 'http.field_invalid', 'organisation']],
    [{ scope: 'self', user: 'ada' }, [400, 'http.field_invalid', 'user']],
    [{ scope: 'self', apiKeys: true }, [400, 'http.field_invalid', 'apiKeys']],
    [{ scope: 'user', user: 'ada', keys: true }, [400, 'http.member_unknown']],
    [[], [400, 'http.body_shape_invalid']],
  ])('%j is refused and ends nothing', async (body, expected) => {
    const adas = await sessionOf('ada');
    expect(problem(await revoke(root, body))).toEqual(expected);
    expect(await works(adas)).toBe(true);
  });
});
