import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type House, makePrivateKey, openHouse, operator } from '../../test/identity/house.js';
import { defaultIdentityPolicy, type IdentityPolicy } from './deps.js';
import type { IdentityParts } from './parts.js';
import { createSigningKeys } from './signing-keys.js';
import { keptAfterMs, publishAheadMs } from './signing-keys-life.js';
import { lookAfterKeys } from './signing-keys-schedule.js';

const dayMs = 86_400_000;

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

/** What looking after keys touches, as another process has it. */
function partsOf(signing: Partial<IdentityPolicy['signing']> = {}): IdentityParts {
  const policy = { ...defaultIdentityPolicy, signing: { ...defaultIdentityPolicy.signing, ...signing } };
  const ids = {
    uuid: () => crypto.randomUUID(),
    bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)),
  };
  const deps = { store: house.store.identity, clock: house.clock, ids, makePrivateKey, policy };
  return { ...deps, signingKeys: createSigningKeys(deps) } as unknown as IdentityParts;
}
const keys = async () =>
  (await house.identity.keys.list(operator)).map(({ family, state, algorithm }) => [family, state, algorithm]);

describe('looking after signing keys', () => {
  it('makes none for a family that was never used, and writes nothing while there is nothing to do', async () => {
    await lookAfterKeys(partsOf());
    expect(await keys()).toEqual([]);
    await house.identity.keys.rotate(operator, 'onedb', { revokeOld: false });
    const before = (await house.audited()).length;
    house.clock.advance(90 * dayMs - 1);
    await lookAfterKeys(partsOf());
    expect(await keys()).toEqual([['onedb', 'signing', 'HS512']]);
    expect((await house.audited()).length).toBe(before);
  });

  it('rotates a key that is old, and removes it when its last token has ended', async () => {
    await house.identity.keys.rotate(operator, 'onedb', { revokeOld: false });
    house.clock.advance(90 * dayMs);
    await lookAfterKeys(partsOf());
    expect(await keys()).toEqual([
      ['onedb', 'published', 'HS512'],
      ['onedb', 'signing', 'HS512'],
    ]);
    house.clock.advance(publishAheadMs('onedb') + keptAfterMs('onedb') - 1);
    await lookAfterKeys(partsOf());
    expect(await keys()).toHaveLength(2);
    house.clock.advance(1);
    await lookAfterKeys(partsOf());
    expect(await keys()).toEqual([['onedb', 'signing', 'HS512']]);
    const events = (await house.audited()).filter(({ name }) => name.startsWith('signing_key.'));
    expect(events.map(({ name, origin }) => [name, origin.door])).toEqual([
      ['signing_key.removed', 'schedule'],
      ['signing_key.retired', 'schedule'],
      ['signing_key.created', 'schedule'],
      ['signing_key.created', 'cli'],
    ]);
  });

  it('by many processes at once rotates once', async () => {
    await house.identity.keys.rotate(operator, 'precrime', { revokeOld: false });
    house.clock.advance(91 * dayMs);
    await Promise.all(Array.from({ length: 10 }, () => lookAfterKeys(partsOf())));
    expect(await keys()).toHaveLength(2);
  });

  it('never rotates when it is told never to', async () => {
    await house.identity.keys.rotate(operator, 'native', { revokeOld: false });
    house.clock.advance(3650 * dayMs);
    await lookAfterKeys(partsOf({ rotateEveryMs: null, nativeAlgorithm: 'ES256' }));
    expect(await keys()).toEqual([['native', 'signing', 'EdDSA']]);
  });

  it.each(['ES256', 'RS256'] as const)('goes over to %s when the setting says so', async (nativeAlgorithm) => {
    await house.identity.keys.rotate(operator, 'native', { revokeOld: false });
    house.clock.advance(1);
    await lookAfterKeys(partsOf({ nativeAlgorithm }));
    expect(await keys()).toEqual([
      ['native', 'published', nativeAlgorithm],
      ['native', 'signing', 'EdDSA'],
    ]);
    await lookAfterKeys(partsOf({ nativeAlgorithm }));
    expect(await keys()).toHaveLength(2);
  });
});
