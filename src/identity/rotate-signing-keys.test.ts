import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, type House, openHouse, operator } from '../../test/identity/house.js';
import type { Principal } from '../access/index.js';
import type { SignIn } from './model.js';
import type { KeyRotation } from './rotate-signing-keys.js';
import { keptAfterMs, publishAheadMs, type SigningFamily, signingFamilies } from './signing-keys-life.js';

let house: House;
beforeEach(async () => {
  house = await openHouse();
  await house.addUser('api', { kind: 'api', roles: ['administrator'] });
});
afterEach(() => house.close());

const gently = { revokeOld: false };
const urgently = { revokeOld: true };
const passwordFamilies = ['precrime', 'cloudio', 'onedb'] as const;
const kinds = { precrime: 'precrime_token', cloudio: 'cloudio_session', onedb: 'onedb_token' } as const;

const login = (family: SigningFamily) => house.login('api', undefined, family);
const isGood = async (signIn: SignIn, family: keyof typeof kinds): Promise<boolean> => {
  const principal: Promise<Principal> = house.authenticate(signIn.token, kinds[family], signIn.csrf);
  return principal.then(
    () => true,
    () => false,
  );
};
const kidsOf = async (family: SigningFamily) =>
  (await house.identity.keys.list(operator)).filter((key) => key.family === family);
const namesOf = async () =>
  (await house.audited()).map((event) => event.name).filter((name) => /signing|revoked/.test(name));

describe('rotation', () => {
  it('makes the first key of a family, which signs at once', async () => {
    const rotation = await house.identity.keys.rotate(operator, 'cloudio', gently);
    expect(rotation).toMatchObject({ family: 'cloudio', retiredId: null, removedIds: [], endedSessions: 0 });
    expect(rotation.created).toMatchObject({ state: 'signing', signsFromMs: house.clock.nowMs(), retiredAtMs: null });
    await login('cloudio');
    expect(await kidsOf('cloudio')).toHaveLength(1);
  });

  it.each(signingFamilies)(
    'of %s publishes a key before it signs, and the old one signs until then',
    async (family) => {
      const first = await house.identity.keys.rotate(operator, family, gently);
      house.clock.advance(60_000);
      const second = await house.identity.keys.rotate(operator, family, gently);
      expect(second.retiredId).toBe(first.created.id);
      expect(second.created.signsFromMs - house.clock.nowMs()).toBe(publishAheadMs(family));
      const states = async () => (await kidsOf(family)).map(({ id, state }) => [id, state]);
      expect(await states()).toEqual([
        [second.created.id, 'published'],
        [first.created.id, 'signing'],
      ]);
      house.clock.advance(publishAheadMs(family) - 1);
      expect((await states())[1]).toEqual([first.created.id, 'signing']);
      house.clock.advance(1);
      expect(await states()).toEqual([
        [second.created.id, 'signing'],
        [first.created.id, 'retired'],
      ]);
    },
  );

  it.each(passwordFamilies)('of %s refuses no token of before, and none after', async (family) => {
    const before = await login(family);
    await house.identity.keys.rotate(operator, family, gently);
    const meanwhile = await login(family);
    house.clock.advance(publishAheadMs(family));
    const after = await login(family);
    for (const signIn of [before, meanwhile, after]) expect(await isGood(signIn, family)).toBe(true);
    expect(after.token.reveal()).not.toBe(before.token.reveal());
  });

  it('keeps a retired key until its last token has ended, and the next rotation after that removes it', async () => {
    const first = await house.identity.keys.rotate(operator, 'onedb', gently);
    const rotated = await house.identity.keys.rotate(operator, 'onedb', gently);
    const removableAtMs = rotated.created.signsFromMs + keptAfterMs('onedb');
    const kids = await kidsOf('onedb');
    expect(kids.find(({ id }) => id === first.created.id)).toMatchObject({ removableAtMs });
    expect(keptAfterMs('onedb')).toBeGreaterThan(18_000_000);
    house.clock.advance(removableAtMs - house.clock.nowMs() - 1);
    expect((await house.identity.keys.rotate(operator, 'onedb', gently)).removedIds).toEqual([]);
    house.clock.advance(1);
    expect((await house.identity.keys.rotate(operator, 'onedb', gently)).removedIds).toEqual([first.created.id]);
    const removed = (await house.audited()).find((event) => event.name === 'signing_key.removed');
    expect(removed).toMatchObject({ subject: `signing_key:${first.created.id}`, reason: 'outlived' });
  });

  it('is one transaction with its events', async () => {
    await house.identity.keys.rotate(operator, 'native', gently);
    house.forget();
    await house.identity.keys.rotate(operator, 'native', gently);
    expect(house.writes).toEqual([
      [
        ...['retireSigningKey', 'insertSigningKey', 'audit signing_key.created', 'audit signing_key.retired'],
        'removeSigningKeys',
      ],
    ]);
    expect(await namesOf()).toEqual(['signing_key.retired', 'signing_key.created', 'signing_key.created']);
  });

  it('by several at once leaves one key that is not retired, and every key takes over where one retires', async () => {
    await house.identity.keys.rotate(operator, 'precrime', gently);
    const processes = Array.from({ length: 8 }, () => house.another());
    const outcomes = await Promise.allSettled(processes.map((one) => one.keys.rotate(operator, 'precrime', gently)));
    const made = outcomes.filter((one): one is PromiseFulfilledResult<KeyRotation> => one.status === 'fulfilled');
    for (const one of outcomes) {
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'identity.signing_key_busy' });
    }
    expect(made.length).toBeGreaterThan(0);
    const keys = await kidsOf('precrime');
    expect(keys).toHaveLength(1 + made.length);
    expect(keys.filter((key) => key.retiredAtMs === null)).toHaveLength(1);
    const begins = keys.map((key) => key.signsFromMs).sort();
    for (const key of keys) if (key.retiredAtMs !== null) expect(begins).toContain(key.retiredAtMs);
  });

  it('is for who may manage the directory, or the operator', async () => {
    await house.addUser('plain', { kind: 'api' });
    for (const [username, verdict] of [
      ['plain', 'access.denied'],
      ['api', 'done'],
    ] as const) {
      const { token } = await house.login(username, undefined, 'onedb');
      const principal = await house.authenticate(token, 'onedb_token');
      const actor = { principal, origin: { door: 'native', requestId: null, address: null } };
      const outcome = async (work: Promise<unknown>) => (verdict === 'done' ? work.then(() => 'done') : codeOf(work));
      expect(await outcome(house.identity.keys.list(actor))).toBe(verdict);
      expect(await outcome(house.identity.keys.rotate(actor, 'onedb', gently))).toBe(verdict);
    }
  });

  it('lists nothing that signs', async () => {
    await house.identity.keys.rotate(operator, 'native', gently);
    await house.identity.keys.rotate(operator, 'precrime', gently);
    for (const key of await house.identity.keys.list(operator)) {
      expect(Object.keys(key).sort()).toEqual(
        ['algorithm', 'createdAtMs', 'family', 'id', 'removableAtMs', 'retiredAtMs', 'signsFromMs', 'state'].sort(),
      );
    }
  });
});

describe('revoking the old keys', () => {
  it.each(passwordFamilies)('of %s ends its tokens at once, in every process, and says how many', async (family) => {
    const signIns = [await login(family), await login(family)];
    // Tokens of one second and one user are one session where nothing random is in them.
    const sessions = new Set(signIns.map(({ session }) => session.id)).size;
    const other = await login(family === 'onedb' ? 'precrime' : 'onedb');
    await house.identity.keys.rotate(operator, family, gently);
    for (const signIn of signIns) expect(await isGood(signIn, family)).toBe(true);
    const elsewhere = house.another();
    const rotation = await elsewhere.keys.rotate(operator, family, urgently);
    expect(rotation).toMatchObject({ retiredId: null, endedSessions: sessions });
    expect(rotation.removedIds).toHaveLength(2);
    for (const signIn of signIns) expect(await isGood(signIn, family)).toBe(false);
    expect(await kidsOf(family)).toMatchObject([{ id: rotation.created.id, state: 'signing' }]);
    house.clock.advance(1000);
    expect(await isGood(await login(family), family)).toBe(true);
    expect(await isGood(other, family === 'onedb' ? 'precrime' : 'onedb')).toBe(true);
    const names = await namesOf();
    expect(names.slice(0, 4)).toEqual([
      'session.revoked',
      'signing_key.removed',
      'signing_key.removed',
      'signing_key.created',
    ]);
  });

  it('leaves a process that still holds them signing with the new one', async () => {
    await login('precrime');
    const rotation = await house.another().keys.rotate(operator, 'precrime', urgently);
    house.clock.advance(1);
    const after = await login('precrime');
    expect(await isGood(after, 'precrime')).toBe(true);
    expect(await kidsOf('precrime')).toMatchObject([{ id: rotation.created.id }]);
  });
});
