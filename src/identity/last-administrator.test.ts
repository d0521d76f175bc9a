import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, type House, openHouse, operator } from '../../test/identity/house.js';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const named = (name: string) => ({ organisation: 'acme', name });
const refused = 'identity.last_administrator';

describe('the last administrator', () => {
  it('is neither removed, nor disabled, nor made a member, nor removed with its organisation', async () => {
    await house.addUser('ada', { roles: ['administrator'] });
    await house.addUser('bob');
    const { users, organisations } = house.identity;
    house.forget();
    expect(await codeOf(users.remove(operator, 'ada'))).toBe(refused);
    expect(await codeOf(users.disable(operator, 'ada'))).toBe(refused);
    expect(await codeOf(users.set(operator, 'ada', { displayName: 'A', removeRoles: ['administrator'] }))).toBe(
      refused,
    );
    expect(await codeOf(organisations.remove(operator, 'acme'))).toBe(refused);
    expect(house.writes).toEqual([]);
    expect((await users.show(operator, 'ada')).user).toMatchObject({ displayName: 'ada', disabledAtMs: null });
    await users.set(operator, 'ada', { addRoles: ['member'], removeRoles: ['member'] });
    await users.disable(operator, 'bob');
    await users.remove(operator, 'bob');
  });

  it('is whoever has any role that allows it, which then stays as it is', async () => {
    const { users, roles } = house.identity;
    await roles.add(operator, { organisationUid: 'acme', name: 'warden', allowed: ['directory.manage'] });
    await house.addUser('ada', { roles: ['warden'] });
    expect(await codeOf(roles.remove(operator, named('warden')))).toBe(refused);
    expect(await codeOf(roles.set(operator, named('warden'), { disallow: ['directory.manage'] }))).toBe(refused);
    await roles.set(operator, named('warden'), { allow: ['audit.read'] });
    await house.addUser('bob', { roles: ['administrator'] });
    await roles.remove(operator, named('warden'));
    expect(await codeOf(users.remove(operator, 'bob'))).toBe(refused);
  });

  it('is not who is disabled: of two that take each other away at once, one stays', async () => {
    await house.addUser('ada', { roles: ['administrator'] });
    await house.addUser('bob', { roles: ['administrator'] });
    const { users } = house.identity;
    const outcomes = await Promise.allSettled([users.disable(operator, 'ada'), users.remove(operator, 'bob')]);
    const [no] = outcomes.filter((one) => one.status === 'rejected').map(({ reason }) => reason.code);
    expect([no, outcomes.filter((one) => one.status === 'fulfilled').length]).toEqual([refused, 1]);
    expect(await house.store.identity.hasAdministrator()).toBe(true);
  });

  it('is nobody where there is none: accounts come and go before the setup', async () => {
    await house.addUser('bob');
    await house.identity.users.remove(operator, 'bob');
    expect(await house.identity.setup.isNeeded()).toBe(true);
  });
});
