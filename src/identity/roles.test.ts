import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, type House, openHouse, operator } from '../../test/identity/house.js';
import { actions } from '../access/index.js';

describe('roles', () => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse();
  });
  afterAll(() => house.close());

  const organisation = 'acme';
  const named = (name: string) => ({ organisation, name });
  const add = (name: string, ...allowed: string[]) =>
    house.identity.roles.add(operator, { organisationUid: organisation, name, allowed });

  it('are made with a name and actions, and listed with how many have them', async () => {
    const made = await add('clerk', 'data.use', 'data.use');
    expect(made).toMatchObject({ name: 'clerk', allowed: ['data.use'], organisation, users: 0 });
    await house.addUser('roles.one', { roles: ['clerk'] });
    expect(await house.identity.roles.show(operator, { id: made.id })).toMatchObject({ name: 'clerk', users: 1 });
    const page = await house.identity.roles.list(operator, { organisation }, { limit: 2 });
    expect(page.items.map(({ name }) => name)).toEqual(['administrator', 'member']);
    const rest = await house.identity.roles.list(
      operator,
      { organisation },
      { limit: 9, cursor: page.nextCursor ?? '' },
    );
    expect(rest.items.map(({ name }) => name)).toContain('clerk');
    const [event] = await house.audited();
    expect(event).toMatchObject({ name: 'role.assigned' });
  });

  it('change what holders may do with their next request', async () => {
    await add('reader', 'data.use');
    await house.addUser('roles.two', { roles: ['reader'] });
    const { token } = await house.login('roles.two');
    const allowed = async () => [...(await house.authenticate(token, 'precrime_token')).allowed];
    expect(await allowed()).toEqual(['data.use']);
    await house.identity.roles.set(operator, named('reader'), { allow: ['metrics.read'], disallow: ['data.use'] });
    expect(await allowed()).toEqual(['metrics.read']);
    await house.identity.roles.set(operator, named('reader'), { name: 'watcher', allowed: ['audit.read'] });
    expect(await allowed()).toEqual(['audit.read']);
    const removed = await house.identity.roles.remove(operator, named('watcher'));
    expect(removed).toMatchObject({ users: 1 });
    expect(await allowed()).toEqual([]);
    const [event] = await house.audited();
    expect(event).toMatchObject({ name: 'role.removed', facts: { name: 'watcher', users: 1 } });
  });

  it('that nobody may be without stay', async () => {
    const { roles } = house.identity;
    for (const name of ['administrator', 'member']) {
      expect(await codeOf(roles.remove(operator, named(name)))).toBe('identity.role_protected');
      expect(await codeOf(roles.set(operator, named(name), { name: 'other' }))).toBe('identity.role_protected');
    }
    expect(await codeOf(roles.set(operator, named('administrator'), { disallow: ['data.use'] }))).toBe(
      'identity.role_protected',
    );
    expect((await roles.show(operator, named('administrator'))).allowed).toEqual(actions);
    expect((await roles.set(operator, named('member'), { disallow: ['vault.use'] })).allowed).not.toContain(
      'vault.use',
    );
  });

  it('are refused with names that are none, taken ones, unknown actions, and to who may not', async () => {
    const { roles } = house.identity;
    await add('taken');
    await add('other');
    expect(await codeOf(add('taken'))).toBe('identity.role_exists');
    expect(await codeOf(roles.set(operator, named('other'), { name: 'taken' }))).toBe('identity.role_exists');
    for (const name of ['', 'Clerk', 'a b', '1a', 'x'.repeat(64), '__proto__']) {
      expect(await codeOf(add(name))).toBe('identity.role_invalid');
    }
    expect(await codeOf(add('some', 'data.everything'))).toBe('identity.role_invalid');
    expect(await codeOf(roles.show(operator, { id: 'x' }))).toBe('identity.role_not_found');
    expect(await codeOf(roles.show(operator, named('nobody')))).toBe('identity.role_not_found');
    expect(await codeOf(roles.list(operator, { organisation: 'nowhere' }, { limit: 1 }))).toBe(
      'identity.organisation_not_found',
    );
    await house.addUser('roles.three');
    const { token } = await house.login('roles.three');
    const principal = await house.authenticate(token, 'precrime_token');
    const actor = { principal, origin: { door: 'native', requestId: null, address: null } };
    const verbs = [
      roles.add(actor, { organisationUid: organisation, name: 'mine', allowed: ['directory.manage'] }),
      roles.list(actor, {}, { limit: 1 }),
      roles.show(actor, named('member')),
      roles.set(actor, named('member'), { allow: ['directory.manage'] }),
      roles.remove(actor, named('taken')),
    ];
    expect(await Promise.all(verbs.map(codeOf))).toEqual(verbs.map(() => 'access.denied'));
  });

  it('and claims of a user come with the principal', async () => {
    await house.addUser('roles.four');
    const { token } = await house.login('roles.four');
    const claims = async () => (await house.authenticate(token, 'precrime_token')).claims;
    expect(await claims()).toEqual(new Map());
    await house.identity.users.set(operator, 'roles.four', { setClaims: new Map([['region', 'EU']]) });
    expect(await claims()).toEqual(new Map([['region', 'EU']]));
    await house.identity.users.set(operator, 'roles.four', { removeClaims: ['region'] });
    expect(await claims()).toEqual(new Map());
  });
});
