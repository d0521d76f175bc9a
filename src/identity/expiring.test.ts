import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, goodPassword, type House, openHouse, operator, origin, startMs } from '../../test/identity/house.js';
import { Secret } from '../kernel/secret.js';

const dayMs = 86_400_000;
let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const list = async (days: number) =>
  (await house.identity.expiring.list(operator, days * dayMs)).map(({ kind, name, owner, expiresAtMs, detail }) => [
    ...[kind, name, owner, (expiresAtMs - startMs) / dayMs, detail],
  ]);
const count = async (kind: string, within: string) =>
  (await house.identity.expiring.count()).find((one) => one.kind === kind && one.within === within)?.count;

describe('what will end', () => {
  it('is told in one list, the soonest first, with whose it is', async () => {
    await house.addUser('john.doe', { passwordExpiresAtMs: startMs + 20 * dayMs });
    await house.addUser('gone', { passwordExpiresAtMs: startMs + 2 * dayMs });
    await house.identity.users.disable(operator, 'gone');
    await house.addUser('nobody', { passwordExpiresAtMs: startMs - 1 });
    const add = (name: string, lifetimeMs: number) =>
      house.identity.apiKeys.addFor(operator, 'john.doe', { name, lifetimeMs });
    await add('soon', 3 * dayMs);
    await add('late', 60 * dayMs);
    const { id } = await house.identity.apiKeys.addFor(operator, 'john.doe', { name: 'old' });
    await house.identity.apiKeys.rotate(operator, id, {});
    await house.login('john.doe');
    expect(await list(30)).toEqual([
      ['api_key', 'old', 'john.doe', 1, 'retiring'],
      ['api_key', 'soon', 'john.doe', 3, null],
      ['password', 'john.doe', 'john.doe', 20, null],
    ]);
    expect((await list(100)).slice(3)).toEqual([
      ['api_key', 'late', 'john.doe', 60, null],
      ['signing_key', 'precrime', null, 90, 'renews_itself'],
    ]);
    expect((await house.identity.expiring.list(operator, dayMs + 1)).map(({ organisation }) => organisation)).toEqual([
      'acme',
    ]);
    const whole = JSON.stringify(await house.identity.expiring.list(operator, 100 * dayMs));
    expect(whole).not.toContain('lk_');
  });

  it('is told to auditors and administrators, and to nobody else', async () => {
    await house.addUser('john.doe');
    const principal = await house.authenticate((await house.login('john.doe')).token, 'precrime_token');
    expect(await codeOf(house.identity.expiring.list({ principal, origin }, dayMs))).toBe('access.denied');
    expect(await codeOf(house.identity.expiring.list({ principal: null, origin }, dayMs))).toBe('access.denied');
    for (const withinMs of [0, -1, 0.5, Number.NaN, 3_661 * dayMs]) {
      expect(await codeOf(house.identity.expiring.list(operator, withinMs))).toBe('identity.period_invalid');
    }
  });

  it('is told to auditors of their own organisation, however much ends sooner elsewhere', async () => {
    await house.identity.organisations.add(operator, { uid: 'twin', name: 'Twin' });
    const allowed = ['audit.read'];
    for (const organisationUid of ['acme', 'twin']) {
      await house.identity.roles.add(operator, { organisationUid, name: 'auditor', allowed });
      await house.addUser(`of-${organisationUid}`, { organisationUid, roles: ['auditor'] });
      for (const name of ['soon', 'late']) {
        const lifetimeMs = name === 'soon' ? dayMs : 2 * dayMs;
        await house.identity.apiKeys.addFor(operator, `of-${organisationUid}`, { name, lifetimeMs });
      }
      await house.identity.users.set(operator, `of-${organisationUid}`, { passwordExpiresAtMs: startMs + 3 * dayMs });
    }
    const principal = await house.authenticate((await house.login('of-acme')).token, 'precrime_token');
    const own = await house.identity.expiring.list({ principal, origin }, 100 * dayMs);
    expect(own.map(({ kind, organisation }) => [kind, organisation])).toEqual([
      ['api_key', 'acme'],
      ['api_key', 'acme'],
      ['password', 'acme'],
      ['signing_key', null],
    ]);
    const within = { fromMs: startMs, untilMs: startMs + 9 * dayMs, organisationId: principal.organisationId };
    const one = await house.store.identity.listExpiring({ ...within, limit: 1 });
    expect(one.map(({ owner }) => owner)).toEqual(['of-acme', 'of-acme']);
  });

  it('is counted by kind, at most once a minute', async () => {
    await house.addUser('john.doe', { password: new Secret(goodPassword) });
    await house.identity.apiKeys.addFor(operator, 'john.doe', { name: 'a', lifetimeMs: dayMs / 2 });
    expect([await count('api_key', '1d'), await count('api_key', '30d'), await count('password', '30d')]).toEqual([
      ...[1, 1, 0],
    ]);
    await house.identity.apiKeys.addFor(operator, 'john.doe', { name: 'b', lifetimeMs: 5 * dayMs });
    expect(await count('api_key', '30d')).toBe(1);
    house.clock.advance(60_000);
    expect([await count('api_key', '1d'), await count('api_key', '7d')]).toEqual([1, 2]);
  });
});
