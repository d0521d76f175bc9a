import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apiKey, codeOf, type House, openHouse, operator, origin, startMs } from '../../test/identity/house.js';
import type { Principal } from '../access/index.js';
import type { Secret } from '../kernel/secret.js';
import type { Actor } from './model.js';

const dayMs = 86_400_000;

let house: House;
let john: Actor & { readonly principal: Principal };
beforeEach(async () => {
  house = await openHouse();
  await house.addUser('john.doe');
  john = { principal: await signIn('john.doe'), origin };
});
afterEach(() => house.close());

const signIn = async (name: string) => house.authenticate((await house.login(name)).token, 'precrime_token');
const add = (more: object = {}) => house.identity.apiKeys.add(john.principal, { name: 'k', ...more }, origin);
const use = (value: Secret | null, address: string | null = '192.0.2.1') =>
  house.identity.authenticate({ presented: apiKey(value), accepts: ['api_key'], origin: { ...origin, address } });

describe('a rotated key', () => {
  it('gives way to a successor that may do the same, after both were good for a while', async () => {
    const narrowing = { scopes: ['data.use'], sources: ['s-1'], cidrs: ['192.0.2.0/24'], purpose: 'nightly' };
    const old = await add({ ...narrowing, lifetimeMs: 10 * dayMs });
    house.clock.advance(1_000);
    house.forget();
    const { retiring, successor } = await house.identity.apiKeys.rotate(john, old.id, {});
    expect(house.writes).toEqual([['insertApiKey', 'audit api_key.created', 'updateApiKey', 'audit api_key.rotated']]);
    expect(retiring).toMatchObject({ id: old.id, successorId: successor.id, expiresAtMs: startMs + 1_000 + dayMs });
    const { scopes, sources, cidrs, purpose } = old;
    expect(successor).toMatchObject({ name: 'k', purpose, scopes, sources, cidrs, successorId: null });
    expect(successor.expiresAtMs).toBe(startMs + 1_000 + 10 * dayMs);
    for (const { value } of [old, successor]) {
      const principal = await use(value);
      expect([...principal.allowed]).toEqual(['data.use']);
      expect(principal.sources).toEqual(['s-1']);
    }
    house.clock.advance(dayMs - 1);
    await use(old.value);
    house.clock.advance(1);
    expect(await codeOf(use(old.value))).toBe('identity.unauthenticated');
    expect((await house.audited())[0]).toMatchObject({ name: 'access.refused', reason: 'key_replaced' });
    expect((await use(successor.value)).credential.id).toBe(successor.id);
  });

  it('ends at once without an overlap, and never later than it would have', async () => {
    const first = await add();
    await house.identity.apiKeys.rotate(john, first.id, { overlapMs: 0 });
    expect(await codeOf(use(first.value))).toBe('identity.unauthenticated');
    const short = await add({ lifetimeMs: 1_000 });
    const { retiring } = await house.identity.apiKeys.rotate(john, short.id, { overlapMs: 30 * dayMs });
    expect(retiring.expiresAtMs).toBe(startMs + 1_000);
    for (const overlapMs of [-1, 0.5, 30 * dayMs + 1, Number.NaN]) {
      expect(await codeOf(house.identity.apiKeys.rotate(john, short.id, { overlapMs }))).toBe(
        'identity.api_key_field_invalid',
      );
    }
  });

  it('is rotated once; one that has ended, not at all', async () => {
    const old = await add({ lifetimeMs: 2 * dayMs });
    await house.identity.apiKeys.rotate(john, old.id, {});
    expect(await codeOf(house.identity.apiKeys.rotate(john, old.id, {}))).toBe('identity.api_key_not_live');
    const ended = await add({ lifetimeMs: 1_000 });
    house.clock.advance(1_000);
    expect(await codeOf(house.identity.apiKeys.rotate(john, ended.id, {}))).toBe('identity.api_key_not_live');
  });

  it('is rotated by its owner signed in or an administrator, never by a key', async () => {
    await house.addUser('root', { roles: ['administrator'] });
    const old = await add();
    const admin = { principal: await signIn('root'), origin };
    const { value } = await house.identity.apiKeys.add(admin.principal, { name: 'k' }, origin);
    for (const keyValue of [old.value, value]) {
      const byKey = { principal: await use(keyValue), origin };
      expect(await codeOf(house.identity.apiKeys.rotate(byKey, old.id, {}))).toBe('access.denied');
    }
    await house.addUser('mallory');
    const mallory = { principal: await signIn('mallory'), origin };
    expect(await codeOf(house.identity.apiKeys.rotate(mallory, old.id, {}))).toBe('identity.api_key_not_found');
    const { successor } = await house.identity.apiKeys.rotate(admin, old.id, {});
    expect((await use(successor.value)).username).toBe('john.doe');
  });

  it('leaves a full quota as it is, and cannot be rotated without end', async () => {
    await house.close();
    house = await openHouse({ policy: { apiKeys: { perUser: 2, maxLifetimeMs: null } } });
    await house.addUser('john.doe');
    john = { principal: await signIn('john.doe'), origin };
    await add();
    let { id } = await add();
    expect(await codeOf(add())).toBe('identity.api_key_limit_reached');
    for (let turn = 0; turn < 2; turn += 1) id = (await house.identity.apiKeys.rotate(john, id, {})).successor.id;
    expect(await codeOf(house.identity.apiKeys.rotate(john, id, {}))).toBe('identity.api_key_limit_reached');
  });
});

describe('the same request', () => {
  it('gives the same successor for a day, without its value, and is another’s for another', async () => {
    const old = await add();
    const order = { idempotencyKey: 'order-1' };
    const first = await house.identity.apiKeys.rotate(john, old.id, order);
    const again = await house.identity.apiKeys.rotate(john, old.id, order);
    expect(again).toEqual({ ...first, successor: { ...first.successor, value: null } });
    expect(await codeOf(house.identity.apiKeys.rotate(john, old.id, { ...order, overlapMs: 0 }))).toBe(
      'identity.idempotency_key_reused',
    );
    expect(await codeOf(house.identity.apiKeys.rotate(operator, old.id, order))).toBe('identity.api_key_not_live');
    house.clock.advance(dayMs);
    const later = { principal: await signIn('john.doe'), origin };
    expect(await codeOf(house.identity.apiKeys.rotate(later, old.id, order))).toBe('identity.api_key_not_live');
  });
});

describe('who still uses a key that is being replaced', () => {
  it('is counted by day and told with the last address, in one small write', async () => {
    const old = await add();
    await house.identity.apiKeys.rotate(john, old.id, { overlapMs: 5 * dayMs });
    house.forget();
    for (let count = 0; count < 20; count += 1) await use(old.value, `192.0.2.${count}`);
    house.clock.advance(dayMs);
    await use(old.value, '198.51.100.7');
    await house.identity.settle();
    expect(house.writes).toEqual([['addApiKeyUses', 'addApiKeyUses']]);
    await use(old.value, null);
    await house.identity.settle();
    const day = Math.floor(startMs / dayMs);
    const shown = await house.identity.apiKeys.show(operator, old.id);
    expect(shown).toMatchObject({
      username: 'john.doe',
      key: { lastUsedAtMs: startMs + dayMs, lastUsedAddress: null },
    });
    expect(shown.uses).toEqual([
      { day: day + 1, uses: 2, lastUsedAtMs: startMs + dayMs, lastUsedAddress: null },
      { day, uses: 20, lastUsedAtMs: startMs, lastUsedAddress: '192.0.2.19' },
    ]);
  });

  it('is not counted for others, nor of a key that was deleted meanwhile', async () => {
    const [kept, old] = [await add(), await add()];
    await house.identity.apiKeys.rotate(john, old.id, {});
    await use(kept.value);
    await use(old.value);
    await house.identity.apiKeys.removeById(john, old.id);
    await house.identity.settle();
    expect((await house.identity.apiKeys.show(john, kept.id)).uses).toEqual([]);
    expect(house.backgroundFailures).toEqual([]);
  });
});
