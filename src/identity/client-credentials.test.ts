import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, goodPassword, type House, openHouse, origin } from '../../test/identity/house.js';
import { Secret } from '../kernel/secret.js';
import { parameterPrefixOf } from './password-hash.js';
import { createPasswordPool } from './password-pool.js';

let house: House;
beforeEach(async () => {
  house = await openHouse();
  await house.addUser('nightly', { kind: 'service' });
});
afterEach(() => house.close());

const input = (clientId = 'nightly', secret = goodPassword) => ({ clientId, secret: new Secret(secret), origin });
const ways = {
  'that is given a token': (one: House, sent = input()) => one.identity.tokens.grantToClient({ ...sent, scopes: null }),
  'that comes with a request': (one: House, sent = input()) => one.identity.authenticateClient(sent),
};
const storedHash = async () => (await house.store.identity.findUserByName('nightly'))?.passwordHash ?? '';

async function ageHash(): Promise<string> {
  const pool = createPasswordPool({ threads: 1 });
  const old = await pool.hash(new Secret(goodPassword), { memoryKib: 16, passes: 2, lanes: 1 });
  await pool.close();
  const found = await house.store.identity.findUserByName('nightly');
  await house.store.identity.transaction((tx) => tx.rehashPassword(found!.user.id, found!.passwordHash!, old));
  return old;
}

describe.each(Object.entries(ways))('a client %s', (_, signIn) => {
  it('has its password hashed anew, once, after the parameters changed', async () => {
    const old = await ageHash();
    house.forget();
    await signIn(house);
    expect(house.writes).toContainEqual(['rehashPassword']);
    const fresh = await storedHash();
    expect([parameterPrefixOf(old), parameterPrefixOf(fresh)]).toEqual([
      '$argon2id$v=19$m=16,t=2,p=1',
      '$argon2id$v=19$m=8,t=1,p=1',
    ]);
    house.forget();
    await signIn(house);
    expect(house.writes.flat()).not.toContain('rehashPassword');
    expect(await storedHash()).toBe(fresh);
  });

  it('keeps its old hash when it is refused', async () => {
    const old = await ageHash();
    expect(await codeOf(signIn(house, input('nightly', 'tangerine orbit cactus lump')))).toBe(
      'identity.invalid_credentials',
    );
    expect(await storedHash()).toBe(old);
  });

  it('is let in whoever else comes in at the same time', async () => {
    await ageHash();
    await Promise.all(Array.from({ length: 20 }, () => signIn(house)));
    expect(parameterPrefixOf(await storedHash())).toBe('$argon2id$v=19$m=8,t=1,p=1');
  });

  it('is no person, even with the right password, and is told so by nothing', async () => {
    await house.addUser('john.doe');
    house.forget();
    const refused = await codeOf(signIn(house, input('john.doe')));
    const writes = JSON.stringify(house.writes);
    house.forget();
    expect(await codeOf(signIn(house, input('nobody')))).toBe(refused);
    expect(JSON.stringify(house.writes)).toBe(writes);
  });
});
