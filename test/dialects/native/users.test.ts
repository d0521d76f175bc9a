/** `/admin/v1/users` and `/admin/v1/organisations` over the wire. @module */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { organisationDescriptions } from '../../../src/http/native/organisation-description.js';
import { userDescriptions } from '../../../src/http/native/user-description.js';
import { type Received, send } from '../support/client.js';
import { faultsOf } from '../support/described.js';
import { administratorKey, nativeToken } from '../support/sign-in.js';
import { openWorld, type World } from '../support/world.js';

let world: World;
let keeper: string;

beforeAll(async () => {
  world = await openWorld();
  keeper = `Bearer ${await administratorKey(world)}`;
  await world.takeEvents();
});
afterAll(() => world.close());

const users = '/admin/v1/users';
const organisations = '/admin/v1/organisations';
const phrase = 'quiet river stone bridge lantern';

const ask = (method: string, path: string, body?: unknown, authorization = keeper): Promise<Received> =>
  send(world, { method, path, body, headers: { authorization } });
const told = (received: Received) => received.body as Record<string, unknown>;
const namesOf = (received: Received) => (told(received)['items'] as { username: string }[]).map((one) => one.username);
const signIn = (username: string, password: string) =>
  send(world, { method: 'POST', path: '/user/login', body: { username, password } });

describe('users', () => {
  test('are added with a password that is told once, and is temporary for a person', async () => {
    const body = { kind: 'person', username: 'Zoë@acme.example', organisation: 'acme', generatePassword: true };
    const made = await ask('POST', users, {
      ...body,
      ...{ firstName: 'Zoë', roles: ['administrator'], claims: { region: 'EU' }, email: null },
    });
    expect([made.status, told(made)]).toEqual([
      201,
      {
        ...{ id: expect.any(String), username: 'Zoë@acme.example', kind: 'person', organisation: 'acme' },
        ...{ displayName: 'Zoë', email: null, firstName: 'Zoë', lastName: null, claims: { region: 'EU' } },
        roles: [{ id: expect.any(String), name: 'administrator' }],
        ...{ createdAtMs: world.clock.nowMs(), hasPassword: true, passwordChangedAtMs: world.clock.nowMs() },
        ...{ passwordExpiresAtMs: world.clock.nowMs(), passwordLapsesAtMs: expect.any(Number) },
        ...{ disabledAtMs: null, lockedUntilMs: null, password: expect.stringMatching(/^[a-z0-9-]{20,}$/) },
      },
    ]);
    const { password, ...rest } = told(made);
    const path = `${users}/${encodeURIComponent('zoë@acme.example')}`;
    const shown = await ask('GET', path);
    expect(told(shown)).toEqual({ ...rest });
    expect(shown.text).not.toContain(String(password));
    expect((await signIn('zoë@acme.example', String(password))).text).toContain('xpired');
    expect(await world.takeEvents()).toEqual(expect.arrayContaining(['user.created', 'role.assigned']));
    expect((await ask('DELETE', path)).status).toBe(204);
    expect((await ask('GET', path)).status).toBe(404);
  });

  test('are found by a part of their name, by kind and organisation, in pages', async () => {
    await ask('POST', organisations, { uid: 'search', name: 'Search' });
    for (const username of ['s1-alpha', 's2-beta', 's3-gamma']) {
      const kind = username === 's2-beta' ? 'service' : 'person';
      await ask('POST', users, { kind, username, organisation: 'search', displayName: `The ${username} one` });
    }
    const list = (query: string) => ask('GET', `${users}?organisation=search${query}`);
    expect(namesOf(await list(''))).toEqual(['s1-alpha', 's2-beta', 's3-gamma']);
    expect(namesOf(await list('&kind=service'))).toEqual(['s2-beta']);
    expect(namesOf(await list('&search=ALPHA+one'))).toEqual(['s1-alpha']);
    for (const nobody of ['%25', '_', '%00', '%5C', "'"]) expect(namesOf(await list(`&search=${nobody}`))).toEqual([]);
    const first = told(await list('&limit=2'));
    expect(first).toMatchObject({ items: [{ organisation: 'search', roles: null, hasPassword: false }, {}] });
    expect(namesOf(await list(`&limit=2&cursor=${String(first['nextCursor'])}`))).toEqual(['s3-gamma']);
    expect(told(await ask('GET', `${users}?organisation=nowhere`))).toMatchObject({
      code: 'identity.organisation_not_found',
    });
    expect(told(await ask('GET', `${users}?kind=robot`))).toMatchObject({ code: 'http.field_invalid', field: 'kind' });
  });

  test('are found by the role they have', async () => {
    await ask('POST', organisations, { uid: 'holders', name: 'Holders' });
    const made = await ask('POST', '/admin/v1/roles', { name: 'auditor', organisation: 'holders' });
    const role = String(told(made)['id']);
    for (const [username, roles] of [
      ['h1', ['auditor', 'member']],
      ['h2', ['member']],
      ['h3', ['auditor']],
    ] as const) {
      await ask('POST', users, { kind: 'service', username, organisation: 'holders', roles });
    }
    expect(namesOf(await ask('GET', `${users}?role=${role}`))).toEqual(['h1', 'h3']);
    expect(namesOf(await ask('GET', `${users}?role=${role}&search=3`))).toEqual(['h3']);
    for (const nothing of ['nowhere', '%00', '']) {
      const refused = await ask('GET', `${users}?role=${nothing}`);
      expect([refused.status, told(refused)['code']]).toEqual([404, 'identity.role_not_found']);
    }
  });

  test('are changed field by field, disabled and enabled', async () => {
    await ask('POST', users, { kind: 'person', username: 'cleo', organisation: 'acme', password: phrase });
    expect((await signIn('cleo', phrase)).status).toBe(200);
    const changed = await ask('PATCH', `${users}/cleo`, {
      ...{ displayName: 'Cleo', email: 'cleo@acme.example', lastName: null, lockedUntilMs: null },
      ...{ addRoles: ['administrator'], removeRoles: ['member'], setClaims: { team: 'ops' }, removeClaims: ['none'] },
    });
    expect(told(changed)).toMatchObject({
      ...{ displayName: 'Cleo', email: 'cleo@acme.example', claims: { team: 'ops' } },
      roles: [{ name: 'administrator' }],
    });
    expect(told(await ask('POST', `${users}/cleo/disable`))).toMatchObject({ disabledAtMs: world.clock.nowMs() });
    expect((await signIn('cleo', phrase)).status).not.toBe(200);
    expect(told(await ask('POST', `${users}/cleo/enable`))).toMatchObject({ disabledAtMs: null });
    expect((await signIn('cleo', phrase)).status).toBe(200);
  });

  test('have no moment that no calendar can write out, and no name that a path cannot hold', async () => {
    await ask('POST', users, { kind: 'person', username: 'eda', organisation: 'acme' });
    for (const field of ['lockedUntilMs', 'passwordExpiresAtMs']) {
      for (const moment of [1e300, 8_640_000_000_000_001, -1, 0.5]) {
        const refused = await ask('PATCH', `${users}/eda`, { [field]: moment });
        expect([refused.status, told(refused)['field']]).toEqual([400, field]);
      }
    }
    for (const username of ['.', '..', '．．']) {
      const refused = await ask('POST', users, { kind: 'person', username, organisation: 'acme' });
      expect(told(refused)['code']).toBe('identity.username_invalid');
    }
  });

  test('get new passwords, which are a person’s to change at once and a machine’s to keep', async () => {
    await ask('POST', users, { kind: 'person', username: 'dora', organisation: 'acme', password: phrase });
    expect(told(await ask('POST', `${users}/dora/password`, { password: `${phrase} two` }))).toEqual({
      password: null,
    });
    expect(told(await ask('GET', `${users}/dora`))).toMatchObject({ passwordLapsesAtMs: expect.any(Number) });
    const kept = await ask('POST', `${users}/dora/password`, { password: `${phrase} three`, mustChange: false });
    expect([kept.status, (await signIn('dora', `${phrase} three`)).status]).toEqual([200, 200]);
    const made = await ask('POST', `${users}/nightly/password`, { generate: true });
    expect(told(made)).toEqual({ password: expect.any(String) });
    expect(told(await ask('GET', `${users}/nightly`))).toMatchObject({ passwordLapsesAtMs: null, hasPassword: true });
  });

  test('are refused with the field that makes no sense, and nothing that was sent comes back', async () => {
    const good = { kind: 'person', username: 'eve', organisation: 'acme' };
    const wrong: [string, string, object, string, string?][] = [
      ['POST', users, { ...good, kind: 'robot' }, 'http.field_invalid', 'kind'],
      ['POST', users, { ...good, username: '' }, 'http.field_missing', 'username'],
      ['POST', users, { ...good, username: 'a b' }, 'identity.username_invalid', 'username'],
      ['POST', users, { ...good, username: 'ADA' }, 'identity.username_taken'],
      ['POST', users, { ...good, organisation: 'void\u0000' }, 'identity.organisation_not_found'],
      ['POST', users, { ...good, roles: ['void\u0000'] }, 'identity.role_not_found'],
      ['POST', users, { ...good, email: 'nobody' }, 'identity.profile_field_invalid', 'email'],
      ['POST', users, { ...good, claims: { Region: 'EU' } }, 'identity.profile_field_invalid', 'claims'],
      ['POST', users, { ...good, password: 'short secret' }, 'identity.password_rejected', 'password'],
      ['POST', users, { ...good, password: phrase, generatePassword: true }, 'http.field_invalid', 'generatePassword'],
      ['POST', users, { ...good, generatePassword: true, mustChange: false }, 'http.field_invalid', 'mustChange'],
      ['POST', users, { ...good, generatePassword: false }, 'http.field_invalid', 'generatePassword'],
      ['POST', users, { ...good, isAdmin: true }, 'http.member_unknown'],
      ['PATCH', `${users}/ada`, { kind: 'api' }, 'http.member_unknown'],
      ['PATCH', `${users}/ada`, { displayName: null }, 'http.field_invalid', 'displayName'],
      ['PATCH', `${users}/ada`, { lockedUntilMs: 'now' }, 'http.field_invalid', 'lockedUntilMs'],
      ['PATCH', `${users}/ada`, { addRoles: ['void'] }, 'identity.role_not_found'],
      ['POST', `${users}/ada/password`, {}, 'http.field_missing', 'password'],
      ['POST', `${users}/ada/password`, { generate: true, mustChange: false }, 'http.field_invalid', 'mustChange'],
      ['POST', `${users}/void/password`, { generate: true }, 'identity.user_not_found'],
    ];
    for (const [method, path, body, code, field] of wrong) {
      const received = await ask(method, path, body);
      expect([body, told(received)]).toMatchObject([body, field === undefined ? { code } : { code, field }]);
      expect(received.text).not.toMatch(/short secret|robot|nobody"/);
    }
  });

  test('are nobody’s business without the right to the directory, whether they exist or not', async () => {
    const member = `Bearer ${await nativeToken(world, 'ada')}`;
    for (const path of [users, `${users}/ada`, `${users}/void`, organisations, `${organisations}/acme`]) {
      const received = await ask('GET', path, undefined, member);
      expect([received.status, told(received)['code']]).toEqual([403, 'access.denied']);
    }
  });
});

test('every answer is what its description says', async () => {
  const all = [...userDescriptions, ...organisationDescriptions];
  const made = { kind: 'api', username: 'described', organisation: 'acme', generatePassword: true, claims: { a: 'b' } };
  for (const [id, status, method, path, body] of [
    ['addUser', 201, 'POST', users, made],
    ['listUsers', 200, 'GET', users],
    ['showUser', 200, 'GET', `${users}/described`],
    ['changeUser', 200, 'PATCH', `${users}/described`, {}],
    ['resetPassword', 200, 'POST', `${users}/described/password`, { generate: true }],
    ['disableUser', 200, 'POST', `${users}/described/disable`],
    ['enableUser', 200, 'POST', `${users}/described/enable`],
    ['listOrganisations', 200, 'GET', organisations],
    ['addOrganisation', 201, 'POST', organisations, { uid: 'described', name: 'x' }],
    ['showOrganisation', 200, 'GET', `${organisations}/described`],
  ] as const) {
    expect([id, faultsOf(all, id, status, told(await ask(method, path, body)))]).toEqual([id, []]);
  }
});

describe('organisations', () => {
  test('are made, shown, listed and removed with their users', async () => {
    const made = await ask('POST', organisations, { uid: 'nova', name: 'Nova Ltd' });
    const nova = { id: expect.any(String), uid: 'nova', name: 'Nova Ltd', createdAtMs: world.clock.nowMs() };
    expect([made.status, told(made)]).toEqual([201, nova]);
    expect(told(await ask('GET', `${organisations}/nova`))).toEqual(nova);
    expect(told(await ask('GET', organisations))['items']).toContainEqual(nova);
    expect(told(await ask('GET', `${organisations}?limit=1`))).toMatchObject({ nextCursor: expect.any(String) });
    await ask('POST', users, { kind: 'service', username: 'nova-job', organisation: 'nova' });
    expect((await ask('DELETE', `${organisations}/nova`)).status).toBe(204);
    expect((await ask('GET', `${users}/nova-job`)).status).toBe(404);
    expect(told(await ask('GET', `${organisations}/nova`))).toMatchObject({ code: 'identity.organisation_not_found' });
  });

  test.each([
    [{ uid: 'Nova', name: 'x' }, 'identity.organisation_uid_invalid', 'uid'],
    [{ uid: 'nova', name: '\u0007' }, 'identity.organisation_name_invalid', 'name'],
    [{ uid: 'nova' }, 'http.field_missing', 'name'],
  ])('%j is refused', async (body, code, field) => {
    expect(told(await ask('POST', organisations, body))).toMatchObject({ code, field });
  });

  test('of one name there is one', async () => {
    expect((await ask('POST', organisations, { uid: 'acme', name: 'x' })).status).toBe(409);
  });
});
