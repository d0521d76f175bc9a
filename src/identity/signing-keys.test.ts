import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type House, makePrivateKey, openHouse, operator, origin } from '../../test/identity/house.js';
import { Secret } from '../kernel/secret.js';
import { defaultIdentityPolicy } from './deps.js';
import { createSigningKeys } from './signing-keys.js';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const ids = {
  uuid: () => crypto.randomUUID(),
  bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)),
};
const keysOf = (one: House) =>
  createSigningKeys({
    store: one.store.identity,
    clock: one.clock,
    ids,
    makePrivateKey,
    policy: defaultIdentityPolicy,
  });

describe('signing keys', () => {
  it('are made on first use, one per family, 64 bytes each, with an audit event', async () => {
    const keys = keysOf(house);
    expect(await keys.verifying('onedb')).toEqual([]);
    const made = await keys.signing('onedb', origin);
    expect(made).toMatchObject({ family: 'onedb', algorithm: 'HS512', retiredAtMs: null });
    expect((await keys.signing('onedb', origin)).id).toBe(made.id);
    expect((await keys.signing('precrime', origin)).id).not.toBe(made.id);
    const [stored] = await house.store.identity.listSigningKeys('onedb');
    expect(stored?.secret.reveal()).toHaveLength(64);
    const events = (await house.audited()).filter((event) => event.name === 'signing_key.created');
    expect(events.map((event) => event.facts['family']).sort()).toEqual(['onedb', 'precrime']);
  });

  it('are one per family however many processes start at once', async () => {
    const processes = Array.from({ length: 20 }, () => keysOf(house));
    const made = await Promise.all(processes.map((one) => one.signing('cloudio', origin)));
    expect(new Set(made.map((key) => key.id)).size).toBe(1);
    expect(await house.store.identity.listSigningKeys('cloudio')).toHaveLength(1);
    expect((await house.audited()).filter((event) => event.name === 'signing_key.created')).toHaveLength(1);
  });

  it('cannot be read back from memory', async () => {
    const { key } = await keysOf(house).signing('onedb', origin);
    expect(key.extractable).toBe(false);
  });

  it('of another process are seen within five seconds', async () => {
    const [here, there] = [keysOf(house), keysOf(house)];
    expect(await here.verifying('onedb')).toEqual([]);
    const made = await there.signing('onedb', origin);
    expect(await here.verifying('onedb')).toEqual([]);
    house.clock.advance(5000);
    expect(await here.verifying('onedb')).toMatchObject([{ id: made.id }]);
  });

  it('that are retired verify and do not sign', async () => {
    const retired = {
      id: ids.uuid(),
      family: 'precrime',
      algorithm: 'HS256',
      secret: new Secret(ids.bytes(64)),
      createdAtMs: house.clock.nowMs() - 1000,
      signsFromMs: house.clock.nowMs() - 1000,
      retiredAtMs: house.clock.nowMs(),
    } as const;
    await house.store.identity.transaction((tx) => tx.insertSigningKey(retired));
    const keys = keysOf(house);
    const signer = await keys.signing('precrime', origin);
    expect(signer.id).not.toBe(retired.id);
    expect((await keys.verifying('precrime')).map((key) => key.id).sort()).toEqual([retired.id, signer.id].sort());
  });

  it('that are too short for their algorithm are damage, and nothing is signed or verified with them', async () => {
    const short = {
      id: ids.uuid(),
      family: 'onedb',
      algorithm: 'HS512',
      secret: new Secret(ids.bytes(16)),
      createdAtMs: 1,
      signsFromMs: 1,
      retiredAtMs: null,
    } as const;
    await house.store.identity.transaction((tx) => tx.insertSigningKey(short));
    await expect(keysOf(house).verifying('onedb')).rejects.toThrow(TypeError);
    await expect(keysOf(house).signing('onedb', origin)).rejects.toThrow(TypeError);
  });

  it('are used by a token for as long as it lives: one signed before a restart is good after it', async () => {
    await house.addUser('api', { kind: 'api' });
    const { token } = await house.login('api', undefined, 'onedb');
    const principal = await house.another().authenticate({
      presented: { shape: 'jwt', value: token, csrf: null },
      accepts: ['onedb_token'],
      origin: operator.origin,
    });
    expect(principal.username).toBe('api');
  });
});
