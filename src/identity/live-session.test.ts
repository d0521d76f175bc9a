import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apiKey, codeOf, type House, openHouse, operator, origin } from '../../test/identity/house.js';
import type { Principal } from '../access/index.js';
import type { SignIn } from './model.js';

let house: House;
/** While set, transactions begin only when it resolves: what they are for was looked up before. */
let held: Promise<void> | null = null;
let arrived = () => {};
beforeEach(async () => {
  held = null;
  house = await openHouse({
    wrapStore: (store) => ({
      ...store,
      transaction: async (work) => {
        arrived();
        await held;
        return store.transaction(work);
      },
    }),
  });
  await house.addUser('u', { roles: ['administrator'] });
  await house.addUser('other');
});
afterEach(() => house.close());

const principalOf = async (signIn: SignIn): Promise<Principal> => house.authenticate(signIn.token, 'precrime_token');

/** Begins the work, lets it come as far as its transaction, and only lets that begin when `meanwhile` is done. */
async function overtaken(work: () => Promise<unknown>, meanwhile: () => Promise<unknown>): Promise<string> {
  let go = () => {};
  held = new Promise((resolve) => {
    go = resolve;
  });
  const isThere = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const outcome = codeOf(work());
  await isThere;
  held = null;
  await meanwhile();
  go();
  return outcome;
}

describe('what began before a logout and ends after it', () => {
  const works: Record<string, (principal: Principal) => Promise<unknown>> = {
    'a renewal': (principal) => house.identity.renew(principal, origin),
    'a key': (principal) => house.identity.apiKeys.add(principal, { name: 'k' }, origin),
    'a key for another': (principal) => house.identity.apiKeys.addFor({ principal, origin }, 'other', { name: 'k' }),
    'a token of our own API': (principal) => house.identity.nativeTokens.issue(principal, { scopes: null }, origin),
  };

  for (const [name, work] of Object.entries(works)) {
    it(`leaves nothing behind: ${name}`, async () => {
      const principal = await principalOf(await house.login('u'));
      // The signing key is made, so that the only transaction left is the one in question.
      await house.identity.nativeTokens.issue(principal, { scopes: null }, origin);
      house.forget();
      const outcome = await overtaken(
        () => work(principal),
        () => house.identity.logout(principal, origin),
      );
      expect(outcome).toBe('identity.unauthenticated');
      expect(house.writes).toEqual([['endSession', 'audit session.ended']]);
    });

    it(`leaves nothing behind after everything of the install was revoked: ${name}`, async () => {
      const principal = await principalOf(await house.login('u'));
      await house.identity.nativeTokens.issue(principal, { scopes: null }, origin);
      const outcome = await overtaken(
        () => work(principal),
        () => house.identity.revocations.revokeInstall(operator, { apiKeys: false }),
      );
      expect(outcome).toBe('identity.unauthenticated');
    });
  }

  it('leaves no rotated key behind', async () => {
    const principal = await principalOf(await house.login('u'));
    const key = await house.identity.apiKeys.add(principal, { name: 'k' }, origin);
    const outcome = await overtaken(
      () => house.identity.apiKeys.rotate({ principal, origin }, key.id, {}),
      () => house.identity.logout(principal, origin),
    );
    expect(outcome).toBe('identity.unauthenticated');
    expect((await house.identity.apiKeys.listOf(operator, 'u', { limit: 10 })).items).toHaveLength(1);
  });

  it('leaves no token behind of a key that was deleted', async () => {
    const key = await house.identity.apiKeys.addFor(operator, 'u', { name: 'k' });
    const principal = await house.identity.authenticate({
      presented: apiKey(key.value),
      accepts: ['api_key'],
      origin,
    });
    await house.identity.nativeTokens.issue(principal, { scopes: null }, origin);
    const outcome = await overtaken(
      () => house.identity.nativeTokens.issue(principal, { scopes: null }, origin),
      () => house.identity.apiKeys.removeById(operator, key.id),
    );
    expect(outcome).toBe('identity.unauthenticated');
  });
});

describe('a token that was issued on a session', () => {
  it('ends with it, and not with another', async () => {
    const [first, second] = [await principalOf(await house.login('u')), await principalOf(await house.login('u'))];
    const issued = await house.identity.nativeTokens.issue(first, { scopes: null }, origin);
    await house.identity.logout(second, origin);
    expect((await house.authenticate(issued.token, 'native_token')).username).toBe('u');
    await house.identity.logout(first, origin);
    expect(await codeOf(house.authenticate(issued.token, 'native_token'))).toBe('identity.unauthenticated');
  });
});
