import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  apiKey,
  codeOf,
  goodPassword,
  type House,
  openHouse,
  operator,
  origin,
  refusalOf,
  startMs,
} from '../../test/identity/house.js';
import type { Principal } from '../access/index.js';
import { Secret } from '../kernel/secret.js';
import { maskedApiKey } from './api-key-value.js';

const old = new Secret(goodPassword);
const next = new Secret('granite pelican window moss');
let house: House;
let john: Principal;
beforeEach(async () => {
  house = await openHouse();
  await house.addUser('john.doe');
  john = await signIn('john.doe');
});
afterEach(() => house.close());

async function signIn(username: string): Promise<Principal> {
  return house.authenticate((await house.login(username)).token, 'precrime_token');
}
const use = (value: Secret | null) =>
  house.identity.authenticate({ presented: apiKey(value), accepts: ['api_key'], origin });
const add = (name = 'production-api-key') => house.identity.apiKeys.add(john, { name }, origin);

describe('an API key', () => {
  it('lives: added, used, listed, deleted by its value, refused at once', async () => {
    house.forget();
    const key = await add();
    expect(house.writes).toEqual([['insertApiKey', 'audit api_key.created']]);
    expect(key.value?.reveal()).toMatch(/^lk_[0-9A-Za-z]{49}$/);
    expect(key).toMatchObject({
      name: 'production-api-key',
      createdAtMs: startMs,
      expiresAtMs: null,
      lastUsedAtMs: null,
    });
    const principal = await use(key.value);
    expect(principal).toMatchObject({
      userId: john.userId,
      credential: { kind: 'api_key', id: key.id, expiresAtMs: null },
    });
    const listed = await house.identity.apiKeys.list(john, { limit: 10 });
    expect(listed.items.map((one) => one.value?.reveal())).toEqual([key.value?.reveal()]);
    await house.identity.settle();
    house.forget();
    await house.identity.apiKeys.remove(john, key.value!, origin);
    expect(house.writes).toEqual([['deleteApiKey', 'audit api_key.deleted']]);
    expect(await codeOf(use(key.value))).toBe('identity.unauthenticated');
    expect((await house.identity.apiKeys.list(john, { limit: 10 })).items).toEqual([]);
    expect(await codeOf(house.identity.apiKeys.remove(john, key.value!, origin))).toBe('identity.api_key_not_found');
  });

  it('is deleted by its id or its masked form as well', async () => {
    const [first, second] = [await add('one'), await add('two')];
    await house.identity.apiKeys.remove(john, new Secret(first.id), origin);
    await house.identity.apiKeys.remove(john, new Secret(maskedApiKey(second)), origin);
    expect((await house.identity.apiKeys.list(john, { limit: 10 })).items).toEqual([]);
  });

  // The gate judges the head of a request; its body, and so the verb, may come half a minute later.
  it.each([
    ['a new password', () => house.identity.changePassword({ username: 'john.doe', old, next, origin })],
    ['a reset', () => house.identity.users.resetPassword(operator, 'john.doe', { password: next, mustChange: false })],
    ['disabling', () => house.identity.users.disable(operator, 'john.doe')],
    ['logging out', () => house.identity.logout(john, origin)],
    ['removing the user', () => house.identity.users.remove(operator, 'john.doe')],
  ])('is neither made nor deleted by a session that %s ended after the gate', async (_, event) => {
    const kept = await add();
    await event();
    house.forget();
    expect(await codeOf(add('left behind'))).toBe('identity.unauthenticated');
    expect(await codeOf(house.identity.apiKeys.remove(john, kept.value!, origin))).toBe('identity.unauthenticated');
    expect(house.writes).toEqual([]);
  });

  it.each(['a new password', 'disabling'])('is not made when %s comes right before its transaction', async (event) => {
    let before: (() => Promise<void>) | null = null;
    const paused = await openHouse({
      wrapStore: (store) => ({
        ...store,
        transaction: async (work) => {
          const first = before;
          before = null;
          await first?.();
          return store.transaction(work);
        },
      }),
    });
    await paused.addUser('john.doe');
    const principal = await paused.authenticate((await paused.login('john.doe')).token, 'precrime_token');
    paused.clock.advance(1);
    before = async () => {
      if (event === 'disabling') await paused.identity.users.disable(operator, 'john.doe');
      else await paused.identity.changePassword({ username: 'john.doe', old, next, origin });
    };
    expect(await codeOf(paused.identity.apiKeys.add(principal, { name: 'left behind' }, origin))).toBe(
      'identity.unauthenticated',
    );
    const { items } = await paused.identity.apiKeys.listOf(operator, 'john.doe', { limit: 10 });
    expect(items).toEqual([]);
    await paused.close();
  });

  it('of somebody else is answered like one that never was', async () => {
    const key = await add();
    await house.addUser('mallory');
    const mallory = await signIn('mallory');
    const unknown = await refusalOf(house.identity.apiKeys.remove(mallory, new Secret('lk_nothing'), origin));
    for (const reference of [key.value!, new Secret(key.id), new Secret(maskedApiKey(key))]) {
      expect(await refusalOf(house.identity.apiKeys.remove(mallory, reference, origin))).toBe(unknown);
    }
    expect((await use(key.value)).username).toBe('john.doe');
    expect((await house.identity.apiKeys.list(mallory, { limit: 10 })).items).toEqual([]);
  });

  it('may share its name with another', async () => {
    const [first, second] = [await add('same'), await add('same')];
    expect(first.id).not.toBe(second.id);
    expect((await house.identity.apiKeys.list(john, { limit: 10 })).items.map((one) => one.id)).toEqual(
      [first.id, second.id].sort(),
    );
  });

  it.each(['', '  ', 'a\nb', 'x'.repeat(256), 'a\u202Eb'])('is not added under the name %j', async (name) => {
    expect(await codeOf(add(name))).toBe('identity.api_key_name_invalid');
  });

  it('never makes, lists or deletes keys', async () => {
    const { value } = await add();
    const byKey = await use(value);
    expect(await codeOf(house.identity.apiKeys.add(byKey, { name: 'k' }, origin))).toBe('access.denied');
    expect(await codeOf(house.identity.apiKeys.list(byKey, { limit: 10 }))).toBe('access.denied');
    expect(await codeOf(house.identity.apiKeys.remove(byKey, value!, origin))).toBe('access.denied');
    expect((await house.audited())[0]).toMatchObject({
      name: 'access.refused',
      reason: 'api_keys.manage_own',
      actorId: john.userId,
    });
  });

  it('needs the right to have one', async () => {
    await house.addUser('norole', { roles: [] });
    expect(await codeOf(house.identity.apiKeys.add(await signIn('norole'), { name: 'k' }, origin))).toBe(
      'access.denied',
    );
  });

  const obstacles: Record<string, [() => Promise<unknown>, string]> = {
    'is disabled': [() => house.identity.users.disable(operator, 'john.doe'), 'disabled'],
    'has an expired password': [
      () => house.identity.users.set(operator, 'john.doe', { passwordExpiresAtMs: startMs }),
      'password_expired',
    ],
  };
  it.each(Object.entries(obstacles))(
    'is refused while its owner %s, and works again after',
    async (_, [prepare, reason]) => {
      const { value } = await add();
      await prepare();
      expect(await codeOf(use(value))).toBe('identity.unauthenticated');
      expect((await house.audited())[0]).toMatchObject({ name: 'access.refused', reason });
      await house.identity.users.enable(operator, 'john.doe');
      await house.identity.users.set(operator, 'john.doe', { lockedUntilMs: null, passwordExpiresAtMs: null });
      expect((await use(value)).username).toBe('john.doe');
    },
  );

  it('goes on while its owner is locked out of the password door', async () => {
    const { value } = await add();
    await house.identity.users.set(operator, 'john.doe', { lockedUntilMs: startMs + 1000 });
    expect((await use(value)).username).toBe('john.doe');
  });

  it('dies with its owner', async () => {
    const { value } = await add();
    await house.identity.users.remove(operator, 'john.doe');
    expect(await codeOf(use(value))).toBe('identity.unauthenticated');
  });

  it('writes down its last use once a minute', async () => {
    const { value, id } = await add();
    house.forget();
    for (let count = 0; count < 20; count += 1) {
      house.clock.advance(6000);
      await use(value);
    }
    await house.identity.settle();
    expect(house.writes).toEqual([['touchApiKeys'], ['touchApiKeys']]);
    expect((await house.store.identity.findApiKeyById(id))?.lastUsedAtMs).toBeGreaterThan(startMs);
  });

  it('may act only within its owner’s rights of the moment', async () => {
    const { value } = await add();
    await house.identity.users.set(operator, 'john.doe', { removeRoles: ['member'] });
    expect((await use(value)).allowed.size).toBe(0);
  });
});

describe('where values are not kept', () => {
  it('the value is shown once and is nowhere after', async () => {
    const masked = await openHouse({ policy: { keepKeyValues: false } });
    await masked.addUser('u');
    const principal = await masked.authenticate((await masked.login('u')).token, 'precrime_token');
    const key = await masked.identity.apiKeys.add(principal, { name: 'k' }, origin);
    expect(key.value?.isEmpty).toBe(false);
    const [listed] = (await masked.identity.apiKeys.list(principal, { limit: 10 })).items;
    expect(listed).toMatchObject({ id: key.id, value: null });
    await masked.identity.apiKeys.remove(principal, key.value!, origin);
    await masked.close();
  });
});

describe('an administrator', () => {
  it('adds, lists without values, and removes the keys of others', async () => {
    await house.addUser('steve', { kind: 'service' });
    const key = await house.identity.apiKeys.addFor(operator, 'Steve', { name: 'ci' });
    expect((await use(key.value)).username).toBe('steve');
    const listed = await house.identity.apiKeys.listOf(operator, 'steve', { limit: 10 });
    expect(listed.items).toHaveLength(1);
    expect(Object.keys(listed.items[0]!)).not.toContain('value');
    await house.identity.apiKeys.removeById(operator, key.id);
    expect(await codeOf(use(key.value))).toBe('identity.unauthenticated');
    expect(await codeOf(house.identity.apiKeys.removeById(operator, key.id))).toBe('identity.api_key_not_found');
    expect(await codeOf(house.identity.apiKeys.addFor(operator, 'nobody', { name: 'k' }))).toBe(
      'identity.user_not_found',
    );
  });

  it('is somebody who may manage the directory; nobody else', async () => {
    const actor = { principal: john, origin };
    expect(await codeOf(house.identity.apiKeys.addFor(actor, 'john.doe', { name: 'k' }))).toBe('access.denied');
    expect(await codeOf(house.identity.apiKeys.listOf(actor, 'john.doe', { limit: 1 }))).toBe('access.denied');
    expect(await codeOf(house.identity.apiKeys.removeById(actor, 'x'))).toBe('identity.api_key_not_found');
  });
});
