import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, goodPassword, type House, openHouse, operator, origin, startMs } from '../../test/identity/house.js';
import { actions } from '../access/index.js';
import { Secret } from '../kernel/secret.js';
import type { Actor } from './model.js';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const next = new Secret('lamp cactus orbit tangerine');

describe('an account', () => {
  it('is made with its memberships and their audit events in one transaction', async () => {
    house.forget();
    const profile = await house.addUser('John.Doe', { roles: ['member', 'administrator'] });
    expect(house.writes).toEqual([
      ['insertUser', 'audit user.created', 'assignRole', 'audit role.assigned', 'assignRole', 'audit role.assigned'],
    ]);
    expect(profile.user).toMatchObject({ username: 'John.Doe', canonicalName: 'john.doe', displayName: 'John.Doe' });
    expect(profile.roles.map((role) => role.name).sort()).toEqual(['administrator', 'member']);
  });

  it('has a name that is unique in its canonical form', async () => {
    await house.addUser('John.Doe');
    for (const name of ['john.doe', 'JOHN.DOE', 'ｊｏｈｎ．ｄｏｅ']) {
      expect(await codeOf(house.addUser(name))).toBe('identity.username_taken');
    }
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => house.addUser('racer')));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
  });

  it.each(['', 'a b', 'a:b', 'x'.repeat(256), 'a\u200B', 'a\0'])('is not made under the name %j', async (name) => {
    expect(await codeOf(house.addUser(name))).toBe('identity.username_invalid');
  });

  it('is not made with a weak password, in no organisation, without such a role or with odd fields', async () => {
    expect(await codeOf(house.addUser('u', { password: new Secret('short') }))).toBe('identity.password_rejected');
    expect(await codeOf(house.addUser('u', { organisationUid: 'none' }))).toBe('identity.organisation_not_found');
    expect(await codeOf(house.addUser('u', { roles: ['king'] }))).toBe('identity.role_not_found');
    expect(await codeOf(house.addUser('u', { email: 'no mail' }))).toBe('identity.profile_field_invalid');
    expect(await codeOf(house.addUser('u', { displayName: 'a\u202Eb' }))).toBe('identity.profile_field_invalid');
    expect((await house.identity.users.list(operator, {}, { limit: 10 })).items).toEqual([]);
  });

  it('of a service may have a password of twelve characters, of a person not', async () => {
    const password = new Secret('xkR9vQ2mLp7t');
    expect(await codeOf(house.addUser('p', { password }))).toBe('identity.password_rejected');
    await house.addUser('s', { password, kind: 'service' });
    await house.login('s', 'xkR9vQ2mLp7t');
  });

  it('with a temporary password can do nothing but change it', async () => {
    await house.addUser('u', { mustChange: true });
    expect(await codeOf(house.login('u'))).toBe('identity.password_expired');
    await house.identity.changePassword({ username: 'u', old: new Secret(goodPassword), next, origin });
    await house.login('u', next.reveal());
  });

  it('is changed field by field; what was not asked for stays', async () => {
    await house.addUser('u', { firstName: 'Ute', email: 'u@example.com' });
    house.forget();
    const sneaky = {
      displayName: 'Ute U.',
      email: null,
      lastName: undefined,
      id: 'x',
      organisationId: 'y',
      kind: 'api',
    };
    const { user } = await house.identity.users.set(operator, 'u', sneaky as never);
    expect(user).toMatchObject({
      displayName: 'Ute U.',
      firstName: 'Ute',
      email: null,
      lastName: null,
      kind: 'person',
    });
    expect(house.writes).toEqual([['updateUser', 'audit user.changed']]);
    expect((await house.audited())[0]).toMatchObject({ facts: { fields: 'displayName,email' } });
    expect(await codeOf(house.identity.users.set(operator, 'u', { email: '' }))).toBe('identity.profile_field_invalid');
    expect(await codeOf(house.identity.users.set(operator, 'u', { addRoles: ['king'] }))).toBe(
      'identity.role_not_found',
    );
  });

  it('loses its password and sessions to a reset, which may be temporary', async () => {
    await house.addUser('u');
    const { token } = await house.login('u');
    house.forget();
    await house.identity.users.resetPassword(operator, 'u', { password: next, mustChange: true });
    expect(house.writes).toEqual([
      ['keepFormerPassword', 'updatePassword', 'endSessionsOfUser', 'audit password.reset'],
    ]);
    expect(await codeOf(house.authenticate(token, 'precrime_token'))).toBe('identity.unauthenticated');
    expect(await codeOf(house.login('u'))).toBe('identity.invalid_credentials');
    expect(await codeOf(house.login('u', next.reveal()))).toBe('identity.password_expired');
    const another = new Secret('zwei blaue pferde trinken tee');
    await house.identity.users.resetPassword(operator, 'u', { password: another, mustChange: false });
    await house.login('u', another.reveal());
    const weak = { password: new Secret('weak'), mustChange: false };
    expect(await codeOf(house.identity.users.resetPassword(operator, 'u', weak))).toBe('identity.password_rejected');
  });

  it('is disabled, enabled and removed, each with its event', async () => {
    await house.addUser('u');
    await house.identity.users.disable(operator, 'u');
    house.clock.advance(5);
    await house.identity.users.disable(operator, 'u');
    expect((await house.identity.users.show(operator, 'U')).user.disabledAtMs).toBe(startMs);
    await house.identity.users.enable(operator, 'u');
    await house.login('u');
    await house.identity.users.remove(operator, 'u');
    expect(await codeOf(house.identity.users.show(operator, 'u'))).toBe('identity.user_not_found');
    const names = (await house.audited()).map((event) => event.name);
    expect(names.slice(0, 5)).toEqual([
      'user.removed',
      'login.succeeded',
      'signing_key.created',
      'user.enabled',
      'user.disabled',
    ]);
  });

  it('is listed by kind', async () => {
    await house.addUser('p');
    await house.addUser('s', { kind: 'service' });
    const list = await house.identity.users.list(operator, { kind: 'service' }, { limit: 10 });
    expect(list.items.map((user) => user.username)).toEqual(['s']);
  });
});

describe('an organisation', () => {
  it('is born with an administrator, who may do everything, and a member', async () => {
    house.forget();
    const made = await house.identity.organisations.add(operator, { uid: 'cloudio', name: 'CloudIO' });
    expect(made).toMatchObject({ uid: 'cloudio', number: 2 });
    expect(house.writes).toEqual([
      [
        'insertOrganisation',
        'audit organisation.created',
        'insertRole',
        'audit role.created',
        'insertRole',
        'audit role.created',
      ],
    ]);
    const roles = await house.identity.organisations.roles(operator, 'cloudio');
    expect(Object.fromEntries(roles.map((role) => [role.name, [...role.allowed].sort()]))).toEqual({
      administrator: [...actions].sort(),
      member: ['api_keys.manage_own', 'connections.test', 'data.use', 'vault.use'],
    });
    expect((await house.identity.organisations.list(operator, { limit: 10 })).items.map((one) => one.uid)).toEqual([
      'acme',
      'cloudio',
    ]);
  });

  it('is unique by its uid, which is a DNS label', async () => {
    expect(await codeOf(house.identity.organisations.add(operator, { uid: 'acme', name: 'x' }))).toBe(
      'identity.organisation_exists',
    );
    for (const uid of ['', 'Acme', 'a b', '-a', 'a-', 'a_b', 'ä', 'x'.repeat(64)]) {
      expect(await codeOf(house.identity.organisations.add(operator, { uid, name: 'x' }))).toBe(
        'identity.organisation_uid_invalid',
      );
    }
    expect(await codeOf(house.identity.organisations.add(operator, { uid: 'b', name: '' }))).toBe(
      'identity.organisation_name_invalid',
    );
    expect(await codeOf(house.identity.organisations.roles(operator, 'none'))).toBe('identity.organisation_not_found');
  });
});

describe('administration', () => {
  it('is refused, and the refusal recorded, to whoever may not manage the directory', async () => {
    await house.addUser('member');
    await house.addUser('victim');
    const member = await house.authenticate((await house.login('member')).token, 'precrime_token');
    const loopback = house.identity.localPrincipal('loopback');
    const { identity } = house;
    const actors: Actor[] = [
      { principal: member, origin },
      { principal: loopback, origin },
      // A door that forgot to authenticate is not the operator.
      { principal: null, origin },
    ];
    for (const actor of actors) {
      house.clock.advance(60_000);
      house.forget();
      const attempts = [
        identity.users.add(actor, { kind: 'person', username: 'x', organisationUid: 'acme', password: null }),
        identity.users.list(actor, {}, { limit: 1 }),
        identity.users.show(actor, 'victim'),
        identity.users.show(actor, 'nobody'),
        identity.users.set(actor, 'victim', { addRoles: ['administrator'] }),
        identity.users.resetPassword(actor, 'victim', { password: next, mustChange: false }),
        identity.users.disable(actor, 'victim'),
        identity.users.enable(actor, 'victim'),
        identity.users.remove(actor, 'victim'),
        identity.organisations.add(actor, { uid: 'x', name: 'x' }),
        identity.organisations.list(actor, { limit: 1 }),
        identity.organisations.roles(actor, 'acme'),
      ];
      for (const attempt of await Promise.all(attempts.map(codeOf))) expect(attempt).toBe('access.denied');
      expect(house.writes).toEqual([['audit access.refused']]);
    }
    await house.login('victim');
  });

  it('is an administrator’s, who is named in the trail', async () => {
    await house.addUser('root', { roles: ['administrator'] });
    const root = await house.authenticate((await house.login('root')).token, 'precrime_token');
    const { user } = await house.identity.users.add(
      { principal: root, origin },
      {
        kind: 'person',
        username: 'new',
        organisationUid: 'acme',
        password: next,
      },
    );
    const created = (await house.audited()).find((event) => event.name === 'user.created');
    expect(created).toMatchObject({
      actorId: root.userId,
      credential: { kind: 'precrime_token' },
      subject: `user:${user.id}`,
      origin,
    });
  });
});
