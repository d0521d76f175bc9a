import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  apiKey,
  codeOf,
  type House,
  networks,
  openHouse,
  operator,
  origin,
  startMs,
} from '../../test/identity/house.js';
import type { Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import { AppError } from '../kernel/errors.js';
import { Secret } from '../kernel/secret.js';
import { narrowKey, readEnd, readNarrowing, readPurpose } from './api-key-narrowing.js';
import type { ApiKey, ApiKeyChange, NewApiKeyInput } from './model.js';

const dayMs = 86_400_000;
const rules = { networks, nowMs: startMs, maxLifetimeMs: null };
const wide: ApiKey = {
  ...{ id: 'k', userId: 'u', name: 'n', purpose: null, prefix: 'lk_12345', last4: 'wxyz', createdAtMs: startMs },
  ...{ scopes: null, sources: null, cidrs: null, expiresAtMs: null },
  ...{ lastUsedAtMs: null, lastUsedAddress: null, successorId: null },
};

/** Code and field of a refusal. */
function refused(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return [error.code, error.details.field];
    throw error;
  }
  return null;
}

describe('what a key is narrowed to', () => {
  it('is read once, sorted and spelled one way', () => {
    const asked = {
      scopes: ['vault.use', 'data.use', 'data.use'],
      sources: ['b', 'a', 'b'],
      cidrs: ['192.0.2.1', '10.0.0.0/8', '2001:db8::/32', '192.0.2.1/32'],
    };
    expect(readNarrowing(asked, networks)).toEqual({
      scopes: ['data.use', 'vault.use'],
      sources: ['a', 'b'],
      cidrs: ['10.0.0.0/8', '192.0.2.1/32', '2001:db8::/32'],
    });
    expect(readNarrowing({}, networks)).toEqual({ scopes: null, sources: null, cidrs: null });
    expect(readNarrowing({ scopes: [] }, networks).scopes).toEqual([]);
  });

  it.each([
    ['scopes', ['sources.own']],
    ['scopes', ['constructor']],
    ['sources', ['']],
    ['sources', ["'; drop"]],
    ['sources', Array.from({ length: 101 }, (_, place) => `s-${place}`)],
    ['cidrs', ['10.0.0.1/8']],
    ['cidrs', ['localhost']],
    ['cidrs', Array.from({ length: 51 }, (_, place) => `10.0.0.${place}`)],
  ])('%s %j are refused', (field, list) => {
    expect(refused(() => readNarrowing({ [field]: list }, networks))).toEqual([
      'identity.api_key_field_invalid',
      field,
    ]);
  });

  it.each([{ expiresAtMs: startMs }, { expiresAtMs: 253_402_300_800_000 }, { lifetimeMs: 0 }, { lifetimeMs: 0.5 }])(
    'an end of %j is refused',
    (asked) => {
      expect(refused(() => readEnd(asked, rules))).toEqual(['identity.api_key_field_invalid', 'expiresAtMs']);
    },
  );

  it('has an end where the install wants one, and none later', () => {
    const bounded = { ...rules, maxLifetimeMs: 7 * dayMs };
    expect(readEnd({}, rules)).toBeNull();
    expect(readEnd({}, bounded)).toBe(startMs + 7 * dayMs);
    expect(readEnd({ expiresAtMs: null }, bounded)).toBe(startMs + 7 * dayMs);
    expect(readEnd({ lifetimeMs: 7 * dayMs }, bounded)).toBe(startMs + 7 * dayMs);
    expect(refused(() => readEnd({ lifetimeMs: 7 * dayMs + 1 }, bounded))).toEqual([
      'identity.api_key_field_invalid',
      'expiresAtMs',
    ]);
    expect(refused(() => readEnd({ lifetimeMs: dayMs, expiresAtMs: startMs + 1 }, rules))).not.toBeNull();
  });

  it('has a purpose of one line, or none', () => {
    expect(readPurpose(undefined)).toBeNull();
    expect(readPurpose('nightly export')).toBe('nightly export');
    expect(refused(() => readPurpose('a\nb'))).toEqual(['identity.api_key_field_invalid', 'purpose']);
  });
});

describe('narrowing a key', () => {
  const narrow: ApiKey = {
    ...wide,
    scopes: ['data.use', 'sources.inspect'],
    sources: ['a', 'b'],
    cidrs: ['10.0.0.0/8', '2001:db8::/32'],
    expiresAtMs: startMs + dayMs,
  };

  it.each<[ApiKey, ApiKeyChange, Partial<ApiKey>]>([
    [wide, { scopes: ['data.use'] }, { scopes: ['data.use'] }],
    [wide, { scopes: null, sources: null, cidrs: null, expiresAtMs: null }, {}],
    [wide, { sources: [] }, { sources: [] }],
    [wide, { lifetimeMs: dayMs }, { expiresAtMs: startMs + dayMs }],
    [narrow, {}, {}],
    [narrow, { scopes: ['data.use'] }, { scopes: ['data.use'] }],
    [narrow, { sources: ['b'] }, { sources: ['b'] }],
    [narrow, { cidrs: ['10.1.0.0/16', '10.2.3.4'] }, { cidrs: ['10.1.0.0/16', '10.2.3.4/32'] }],
    [narrow, { expiresAtMs: startMs + 1 }, { expiresAtMs: startMs + 1 }],
  ])('takes away: %#', (key, change, gone) => {
    expect(narrowKey(key, change, rules)).toEqual({ ...key, ...gone });
  });

  it.each<[string, ApiKeyChange]>([
    ['scopes', { scopes: null }],
    ['scopes', { scopes: ['data.use', 'vault.use'] }],
    ['sources', { sources: null }],
    ['sources', { sources: ['a', 'c'] }],
    ['cidrs', { cidrs: null }],
    ['cidrs', { cidrs: ['0.0.0.0/0'] }],
    ['cidrs', { cidrs: ['10.0.0.0/7'] }],
    ['cidrs', { cidrs: ['10.0.0.0/8', '192.0.2.1'] }],
    ['expiresAtMs', { expiresAtMs: null }],
    ['expiresAtMs', { lifetimeMs: null }],
    ['expiresAtMs', { expiresAtMs: startMs + dayMs + 1 }],
    ['expiresAtMs', { lifetimeMs: 2 * dayMs }],
  ])('gives nothing: %s %j', (field, change) => {
    expect(refused(() => narrowKey(narrow, change, rules))).toEqual(['identity.api_key_only_narrows', field]);
  });
});

describe('a narrowed key', () => {
  let house: House;
  let john: Principal;
  beforeEach(async () => {
    house = await openHouse({ policy: { apiKeys: { perUser: 3, maxLifetimeMs: 90 * dayMs } } });
    await house.addUser('john.doe', { roles: ['administrator'] });
    john = await signIn('john.doe');
  });
  afterEach(() => house.close());

  const signIn = async (name: string) => house.authenticate((await house.login(name)).token, 'precrime_token');
  const add = (input: Partial<NewApiKeyInput> = {}) =>
    house.identity.apiKeys.add(john, { name: 'k', ...input }, origin);
  const use = (value: Secret | null, from: AuditOrigin = origin) =>
    house.identity.authenticate({ presented: apiKey(value), accepts: ['api_key'], origin: from });
  const at = (address: string | null): AuditOrigin => ({ ...origin, address });

  it('may do what its owner may and it is scoped to, at every use', async () => {
    const { value } = await add({ scopes: ['data.use', 'sources.inspect', 'metrics.read'] });
    expect([...(await use(value)).allowed].sort()).toEqual(['data.use', 'metrics.read', 'sources.inspect']);
    await house.addUser('root', { roles: ['administrator'] });
    await house.identity.users.set(operator, 'john.doe', { removeRoles: ['administrator'], addRoles: ['member'] });
    expect([...(await use(value)).allowed]).toEqual(
      [...(await use(value)).allowed].filter((one) => one !== 'metrics.read'),
    );
    expect((await use(value)).allowed.has('metrics.read')).toBe(false);
    await house.identity.users.set(operator, 'john.doe', { removeRoles: ['member'] });
    expect((await use(value)).allowed.size).toBe(0);
  });

  it('carries the sources it reaches, and none of its owner’s other credentials does', async () => {
    const { value } = await add({ sources: ['s-1'] });
    expect((await use(value)).sources).toEqual(['s-1']);
    expect((await use((await add()).value)).sources).toBeNull();
    expect(john.sources).toBeNull();
  });

  it('that is narrowed to sources makes no account and sets no password, with which it would reach others', async () => {
    const { value } = await add({ sources: ['s-1'] });
    const { value: scoped } = await add({ sources: [], scopes: ['directory.manage', 'data.use'] });
    const { users, roles } = house.identity;
    for (const one of [value, scoped]) {
      const principal = await use(one);
      expect(principal.allowed.has('directory.manage')).toBe(false);
      expect(principal.allowed.has('data.use')).toBe(true);
      const actor = { principal, origin };
      const account = { kind: 'service', username: 'way-out', organisationUid: 'acme', password: null } as const;
      expect(await codeOf(users.add(actor, account))).toBe('access.denied');
      const password = new Secret('velvet lantern walnut copper');
      expect(await codeOf(users.resetPassword(actor, 'john.doe', { password, mustChange: false }))).toBe(
        'access.denied',
      );
      expect(await codeOf(roles.list(actor, {}, { limit: 1 }))).toBe('access.denied');
    }
    expect((await use((await add()).value)).allowed.has('directory.manage')).toBe(true);
  });

  it('is refused from elsewhere like a key nobody knows, and that is recorded', async () => {
    const { value, id } = await add({ cidrs: ['10.0.0.0/8', '2001:db8::/32'] });
    for (const address of ['10.9.8.7', '::ffff:10.9.8.7', '2001:db8::5']) await use(value, at(address));
    for (const address of ['11.0.0.1', '2001:db9::5', '', null]) {
      expect(await codeOf(use(value, at(address)))).toBe('identity.unauthenticated');
    }
    expect((await house.audited())[0]).toMatchObject({
      ...{ name: 'access.refused', reason: 'address_not_allowed', credential: { kind: 'api_key', id } },
    });
    await house.identity.settle();
    const shown = await house.identity.apiKeys.show({ principal: john, origin }, id);
    expect(shown.key.lastUsedAtMs).toBe(startMs);
  });

  it('is narrowed for good: what counts is counted from the next use on', async () => {
    const { value, id } = await add();
    house.forget();
    await house.identity.apiKeys.narrow({ principal: john, origin }, id, {
      ...{ scopes: ['data.use'], sources: ['s-1'], cidrs: ['192.0.2.0/24'] },
      lifetimeMs: 1_000,
    });
    expect(house.writes).toEqual([['updateApiKey', 'audit api_key.narrowed']]);
    const principal = await use(value);
    expect([...principal.allowed]).toEqual(['data.use']);
    expect(principal.sources).toEqual(['s-1']);
    expect(await codeOf(use(value, at('198.51.100.1')))).toBe('identity.unauthenticated');
    house.clock.advance(1_000);
    expect(await codeOf(use(value))).toBe('identity.unauthenticated');
    expect((await house.audited())[0]).toMatchObject({ reason: 'key_expired' });
  });

  it('never grows, whoever asks', async () => {
    const { id } = await add({ scopes: ['data.use'] });
    for (const actor of [{ principal: john, origin }, operator]) {
      const wider = house.identity.apiKeys.narrow(actor, id, { scopes: ['data.use', 'vault.use'] });
      expect(await codeOf(wider)).toBe('identity.api_key_only_narrows');
    }
    expect((await house.identity.apiKeys.show(operator, id)).key.scopes).toEqual(['data.use']);
  });

  it('keeps of two narrowings at once what both leave', async () => {
    const { id } = await add({ scopes: ['data.use', 'vault.use', 'sources.inspect'] });
    const both = [['data.use', 'vault.use'], ['vault.use']];
    const done = await Promise.allSettled(
      both.map((scopes) => house.identity.apiKeys.narrow({ principal: john, origin }, id, { scopes })),
    );
    expect((await house.identity.apiKeys.show(operator, id)).key.scopes).toEqual(['vault.use']);
    expect(done.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
  });

  it('lives no longer than the install allows', async () => {
    expect((await add()).expiresAtMs).toBe(startMs + 90 * dayMs);
    expect(await codeOf(add({ lifetimeMs: 91 * dayMs }))).toBe('identity.api_key_field_invalid');
  });

  it('is one of as many as a user may have; those that ended make room', async () => {
    await add({ lifetimeMs: dayMs });
    await add();
    await add();
    expect(await codeOf(add())).toBe('identity.api_key_limit_reached');
    expect(await codeOf(house.identity.apiKeys.addFor(operator, 'john.doe', { name: 'k' }))).toBe(
      'identity.api_key_limit_reached',
    );
    house.clock.advance(dayMs);
    john = await signIn('john.doe');
    expect((await add()).value).not.toBeNull();
    expect((await house.identity.apiKeys.listOf(operator, 'john.doe', { limit: 10 })).items).toHaveLength(4);
  });

  it('that ended a month ago is cleared away with the next one made, and that is recorded', async () => {
    const { id } = await add({ lifetimeMs: dayMs });
    house.clock.advance(32 * dayMs);
    await house.identity.apiKeys.addFor(operator, 'john.doe', { name: 'k' });
    expect(await codeOf(house.identity.apiKeys.show(operator, id))).toBe('identity.api_key_not_found');
    expect((await house.audited()).find(({ name }) => name === 'api_key.deleted')).toMatchObject({
      ...{ subject: `api_key:${id}`, reason: 'ended' },
    });
  });

  it('is made once by the same request, and once only', async () => {
    const first = await add({ idempotencyKey: 'r-1', scopes: ['data.use'] });
    const again = await add({ idempotencyKey: 'r-1', scopes: ['data.use'] });
    expect(again).toEqual({ ...first, value: null });
    expect(await codeOf(add({ idempotencyKey: 'r-1' }))).toBe('identity.idempotency_key_reused');
    expect(await codeOf(add({ idempotencyKey: 'é' }))).toBe('identity.api_key_field_invalid');
    house.clock.advance(dayMs);
    john = await signIn('john.doe');
    expect((await add({ idempotencyKey: 'r-1' })).id).not.toBe(first.id);
  });

  it('is its owner’s and the administrators’ to see and to narrow, and nobody’s else', async () => {
    const { id, value } = await add();
    await house.addUser('mallory');
    const mallory = { principal: await signIn('mallory'), origin };
    const { show, narrow, removeById } = house.identity.apiKeys;
    for (const keyId of [id, 'none']) {
      expect(await codeOf(show(mallory, keyId))).toBe('identity.api_key_not_found');
      expect(await codeOf(narrow(mallory, keyId, {}))).toBe('identity.api_key_not_found');
      expect(await codeOf(removeById(mallory, keyId))).toBe('identity.api_key_not_found');
    }
    const owned = await house.identity.apiKeys.addFor(operator, 'mallory', { name: 'own' });
    expect((await show(mallory, owned.id)).username).toBe('mallory');
    const byKey = { principal: await use(owned.value), origin };
    expect(await codeOf(show(byKey, owned.id))).toBe('access.denied');
    expect(await codeOf(narrow(byKey, owned.id, { scopes: [] }))).toBe('access.denied');
    // A key of an administrator may look after keys, and makes none.
    const managing = { principal: await use(value), origin };
    expect((await show(managing, owned.id)).key.id).toBe(owned.id);
    expect(await codeOf(house.identity.apiKeys.addFor(managing, 'mallory', { name: 'k' }))).toBe('access.denied');
  });
});
