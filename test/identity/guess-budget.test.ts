/**
 * The guess budget over real rooms: how many wrong passwords are judged, of whom, from where, and that nobody who knows
 * the password is turned away for what others do.
 *
 * @module
 */
import { afterEach, describe, expect, it } from 'vitest';
import { createPasswordPool, type TokenFamily } from '../../src/identity/index.js';
import { AppError } from '../../src/kernel/errors.js';
import { Secret } from '../../src/kernel/secret.js';
import { codeOf, goodPassword, type House, type HouseOptions, openHouse, operator, origin } from './house.js';

const minute = 60_000;
const spent = 'identity.guess_budget_spent';
const wrong = 'identity.invalid_credentials';

/** A house that counts what it hashes. */
async function openCountingHouse(options: HouseOptions = {}) {
  const pool = createPasswordPool({ threads: 2, maxQueued: 4_000 });
  const counted = { verified: 0 };
  const house = await openHouse({
    ...options,
    hasher: {
      assertRoom: () => pool.assertRoom(),
      hash: (password, parameters) => pool.hash(password, parameters),
      verify: (hash, password) => {
        counted.verified += 1;
        return pool.verify(hash, password);
      },
      close: () => pool.close(),
    },
  });
  open.push({ ...house, close: () => house.close().finally(() => pool.close()) });
  return { house, counted };
}

const open: House[] = [];
afterEach(async () => {
  for (const house of open.splice(0)) await house.close();
});

function signIn(
  house: House,
  username: string,
  password: string,
  address: string | null = origin.address,
  family: TokenFamily = 'precrime',
): Promise<unknown> {
  return house.identity.login({ family, username, password: new Secret(password), origin: { ...origin, address } });
}

function change(house: House, username: string, old: string, address = origin.address): Promise<unknown> {
  const next = new Secret('lamp cactus orbit tangerine');
  return house.identity.changePassword({ username, old: new Secret(old), next, origin: { ...origin, address } });
}

/** How often each answer was given. */
async function tally(work: readonly Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const result of await Promise.allSettled(work)) {
    const answer =
      result.status === 'fulfilled' ? 'in' : result.reason instanceof AppError ? result.reason.code : 'fault';
    counts[answer] = (counts[answer] ?? 0) + 1;
  }
  return counts;
}

const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));

describe('one account from one source', () => {
  it('has exactly ten of five hundred wrong passwords judged that come at once', async () => {
    const { house, counted } = await openCountingHouse();
    await house.addUser('steve');
    const answers = await tally(times(500, (at) => signIn(house, 'steve', `guess ${at}`)));
    expect(answers).toEqual({ [wrong]: 10, [spent]: 490 });
    expect(counted.verified).toBe(10);
    expect(await codeOf(signIn(house, 'steve', goodPassword))).toBe(spent);
    expect(counted.verified).toBe(10);
  });

  it('has the same ten at every family and at the change of the password, under every spelling of the name', async () => {
    const { house, counted } = await openCountingHouse();
    await house.addUser('John.Doe');
    const spellings = times(50, (at) =>
      [...'john.doe']
        .map((letter, place) => {
          if (letter === '.' || (at >> (place % 6)) % 2 === 0) return letter;
          return at % 3 === 0 ? String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0) : letter.toUpperCase();
        })
        .join(''),
    );
    expect(new Set(spellings).size).toBeGreaterThan(40);
    const families = ['precrime', 'cloudio', 'onedb'] as const;
    const answers = await tally(
      times(500, (at) => {
        const spelling = spellings[at % 50] ?? '';
        const family = families[at % 4];
        return family === undefined
          ? change(house, spelling, `guess ${at}`)
          : signIn(house, spelling, `guess ${at}`, origin.address, family);
      }),
    );
    expect(answers).toEqual({ [wrong]: 10, [spent]: 490 });
    expect(counted.verified).toBe(10);
  });

  it('is told when to come back, and has a place then', async () => {
    const { house } = await openCountingHouse();
    await house.addUser('steve');
    for (const at of times(10, (n) => n)) {
      await codeOf(signIn(house, 'steve', `guess ${at}`));
      house.clock.advance(minute);
    }
    const refusal = await signIn(house, 'steve', goodPassword).catch((error: unknown) => error);
    if (!(refusal instanceof AppError)) throw new Error('expected a refusal');
    expect(refusal.kind).toBe('rate_limited');
    const seconds = refusal.details.retryAfterSeconds ?? 0;
    // The first guess is ten minutes old.
    expect(seconds).toBeGreaterThan(4 * 60);
    expect(seconds).toBeLessThanOrEqual(5 * 60 + 15);
    house.clock.advance(seconds * 1000 - 1000);
    expect(await codeOf(signIn(house, 'steve', goodPassword))).toBe(spent);
    house.clock.advance(1000);
    await signIn(house, 'steve', goodPassword);
  });

  it('lets fifty right passwords in that come at once, and five hundred one after the other', async () => {
    const { house, counted } = await openCountingHouse();
    await house.addUser('nightly', { kind: 'service' });
    expect(await tally(times(50, () => signIn(house, 'nightly', goodPassword)))).toEqual({ in: 50 });
    for (const _ of times(100, () => 0)) await signIn(house, 'nightly', goodPassword);
    expect(counted.verified).toBe(150);
  });

  it('lets right passwords in among wrong ones as long as ten were not wrong', async () => {
    const { house } = await openCountingHouse();
    await house.addUser('nightly', { kind: 'service' });
    const answers = await tally(
      times(59, (at) => signIn(house, 'nightly', at % 7 === 3 ? `guess ${at}` : goodPassword)),
    );
    expect(answers).toEqual({ in: 51, [wrong]: 8 });
  });

  it('counts a right password that is not let in like a wrong one', async () => {
    const { house, counted } = await openCountingHouse({ policy: { guesses: { ...wide, perSource: 10 } } });
    await house.addUser('disabled');
    await house.identity.users.disable(operator, 'disabled');
    await house.addUser('locked');
    await house.identity.users.set(operator, 'locked', { lockedUntilMs: house.clock.nowMs() + 60 * minute });
    await house.addUser('expired', { passwordExpiresAtMs: house.clock.nowMs() });
    for (const name of ['disabled', 'locked', 'expired', 'nobody']) {
      const codes = [];
      for (const _ of times(12, () => 0)) codes.push(await codeOf(signIn(house, name, goodPassword)));
      const told = name === 'expired' ? 'identity.password_expired' : wrong;
      expect(codes).toEqual([...times(10, () => told), spent, spent]);
    }
    expect(counted.verified).toBe(40);
  });

  it('is not charged for what was never judged', async () => {
    const { house } = await openCountingHouse();
    await house.addUser('steve');
    for (const _ of times(12, () => 0)) {
      expect(await codeOf(signIn(house, 'steve', 'x'.repeat(1_025)))).toBe('identity.password_too_long');
      expect(await codeOf(signIn(house, 'steve', '\uD800'))).toBe('identity.password_malformed');
    }
    await signIn(house, 'steve', goodPassword);
  });

  it('is not charged when there was no room to hash, nor for a new password that was not taken', async () => {
    const pool = createPasswordPool({ threads: 1, maxQueued: 1 });
    const house = await openHouse({ hasher: pool, policy: { guesses: { ...wide, perSource: 2 } } });
    open.push({ ...house, close: () => house.close().finally(() => pool.close()) });
    await house.addUser('steve');
    await house.addUser('other');
    for (const _ of times(5, () => 0)) {
      const answers = await tally(times(8, () => signIn(house, 'other', goodPassword)));
      for (const code of Object.keys(answers)) expect(['in', 'identity.hash_queue_full']).toContain(code);
    }
    expect(answersOf(await tally([signIn(house, 'other', goodPassword)]))).toEqual(['in']);
    const weak = { username: 'steve', old: new Secret(goodPassword), next: new Secret('weak'), origin };
    for (const _ of times(5, () => 0)) {
      expect(await codeOf(house.identity.changePassword(weak))).toBe('identity.password_rejected');
    }
    await signIn(house, 'steve', goodPassword);
  });

  it('leaves API keys and sessions alone', async () => {
    const { house } = await openCountingHouse();
    await house.addUser('steve');
    const { token } = await house.login('steve');
    await tally(times(50, (at) => signIn(house, 'steve', `guess ${at}`)));
    expect((await house.authenticate(token, 'precrime_token')).username).toBe('steve');
  });
});

const answersOf = (answers: Record<string, number>) => Object.keys(answers);
const wide = { perSource: 1_000_000, perAccountDay: 1_000_000, perAddressHour: 1_000_000 };

describe('a refusal for want of budget', () => {
  it('says the same of a name nobody has, and makes the same writes', async () => {
    const { house } = await openCountingHouse();
    await house.addUser('steve');
    const refusals: unknown[] = [];
    const writes: unknown[] = [];
    for (const name of ['steve', 'nobody']) {
      house.forget();
      for (const at of times(10, (n) => n)) await codeOf(signIn(house, name, `guess ${at}`));
      for (const _ of times(5, () => 0)) {
        const error = (await signIn(house, name, goodPassword).catch((thrown: unknown) => thrown)) as AppError;
        refusals.push({ ...error, message: error.message });
      }
      writes.push([...house.writes]);
      house.clock.advance(0);
    }
    expect(refusals.slice(0, 5)).toEqual(refusals.slice(5));
    expect(writes[0]).toEqual([...times(10, () => ['audit login.refused']), ['audit login.refused']]);
    expect(writes[1]).toEqual(writes[0]);
  });

  it('is recorded once a minute for an account and a source, without the name', async () => {
    const { house } = await openCountingHouse();
    await house.addUser('steve');
    await tally(times(200, (at) => signIn(house, 'steve', `guess ${at}`)));
    const records = async () => (await house.audited()).filter((event) => event.reason === 'guess_budget_spent');
    expect(await records()).toHaveLength(1);
    expect((await records())[0]).toMatchObject({
      name: 'login.refused',
      outcome: 'refused',
      subject: expect.stringMatching(/^name:[0-9a-f]{32}$/),
    });
    house.clock.advance(minute);
    await codeOf(signIn(house, 'steve', 'x'));
    await codeOf(change(house, 'steve', 'x'));
    expect(await records()).toHaveLength(2);
    await codeOf(signIn(house, 'steve', 'x', '192.0.2.77'));
    expect(await records()).toHaveLength(2);
  });

  it('for names by the thousand fills no trail', async () => {
    const { house } = await openCountingHouse({ policy: { guesses: { ...wide, perAddressHour: 1 } } });
    await codeOf(signIn(house, 'first', 'x'));
    house.forget();
    await tally(times(1_000, (at) => signIn(house, `name${at}`, 'x')));
    expect(house.writes.length).toBe(10);
  });
});

describe('one source', () => {
  it.each([
    ['one IPv4 address', () => '203.0.113.9'],
    ['ten thousand addresses of one /64', (at: number) => `2001:db8:7:7:${at.toString(16)}::1`],
  ])('has at most three hundred of ten thousand names judged: %s', async (_name, addressAt) => {
    const { house, counted } = await openCountingHouse();
    await house.addUser('name77');
    let refused = 0;
    for (const round of times(20, (n) => n)) {
      const answers = await tally(
        times(500, (at) => signIn(house, `name${round * 500 + at}`, 'password', addressAt(round * 500 + at))),
      );
      refused += answers[spent] ?? 0;
    }
    // A tenth is kept for accounts that have signed in from there.
    expect(counted.verified).toBe(270);
    expect(refused).toBe(9_730);
  });

  it('keeps a tenth for accounts that have signed in from there, and no more', async () => {
    const { house, counted } = await openCountingHouse();
    for (const at of times(40, (n) => n)) {
      await house.addUser(`user${at}`);
      await signIn(house, `user${at}`, goodPassword);
    }
    counted.verified = 0;
    await tally(times(400, (at) => signIn(house, `stranger${at}`, 'x')));
    expect(counted.verified).toBe(270);
    await signIn(house, 'user3', goodPassword);
    counted.verified = 0;
    await tally(times(400, (at) => signIn(house, `user${at % 40}`, 'x')));
    expect(counted.verified).toBe(30);
    expect(await codeOf(signIn(house, 'user3', goodPassword))).toBe(spent);
    house.clock.advance(61 * minute);
    await signIn(house, 'user3', goodPassword);
  });
});

describe('an account under attack from a thousand places', () => {
  const stranger = (at: number) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`;

  it('has a hundred guesses judged in a day, and its owner gets in from a place of theirs all the while', async () => {
    const { house, counted } = await openCountingHouse();
    await house.addUser('steve');
    await signIn(house, 'steve', goodPassword, '198.51.100.4');
    counted.verified = 0;
    let refusedOwner = 0;
    const work: Promise<Record<string, number>>[] = [];
    for (const at of times(1_000, (n) => n)) {
      work.push(tally([signIn(house, 'steve', `guess ${at}`, stranger(at))]));
      if (at % 10 === 0) {
        await signIn(house, 'steve', goodPassword, '198.51.100.4').catch(() => {
          refusedOwner += 1;
        });
      }
    }
    const codes = (await Promise.all(work)).flatMap(Object.keys);
    expect(codes.filter((code) => code === wrong)).toHaveLength(100);
    expect(codes.filter((code) => code === spent)).toHaveLength(900);
    expect(refusedOwner).toBe(0);
    expect(counted.verified).toBe(200);
    expect(await codeOf(signIn(house, 'steve', goodPassword, '198.51.100.5'))).toBe(spent);
    house.clock.advance(25 * 60 * minute);
    await signIn(house, 'steve', goodPassword, '198.51.100.5');
  });

  it('knows the place again when it was started anew', async () => {
    const { house } = await openCountingHouse({ policy: { guesses: { ...wide, perAccountDay: 1 } } });
    await house.addUser('steve');
    await signIn(house, 'steve', goodPassword, '198.51.100.4');
    const again = { ...house, identity: house.another() };
    await codeOf(signIn(again, 'steve', 'x', stranger(1)));
    expect(await codeOf(signIn(again, 'steve', goodPassword, stranger(2)))).toBe(spent);
    await signIn(again, 'steve', goodPassword, '198.51.100.4');
    // Another address of the same IPv4 network is another place; its own wrong guesses count against it alone.
    expect(await codeOf(signIn(again, 'steve', goodPassword, '198.51.100.5'))).toBe(spent);
  });

  it('knows a place for ninety days, fifty places at most, and none when nobody knows where it is', async () => {
    const { house } = await openCountingHouse({ policy: { guesses: { ...wide, perAccountDay: 1 } } });
    await house.addUser('steve');
    await house.addUser('away');
    await signIn(house, 'away', goodPassword, '198.51.100.4');
    await signIn(house, 'away', goodPassword, null);
    house.clock.advance(1);
    for (const at of times(51, (n) => n)) {
      await signIn(house, 'steve', goodPassword, stranger(at));
      house.clock.advance(1);
    }
    await codeOf(signIn(house, 'steve', 'x', '203.0.113.1'));
    await codeOf(signIn(house, 'away', 'x', '203.0.113.1'));
    expect(await codeOf(signIn(house, 'steve', goodPassword, stranger(0)))).toBe(spent);
    await signIn(house, 'steve', goodPassword, stranger(1));
    await signIn(house, 'steve', goodPassword, stranger(50));
    expect(await codeOf(signIn(house, 'away', goodPassword, null))).toBe(spent);
    await signIn(house, 'away', goodPassword, '198.51.100.4');

    house.clock.advance(90 * 24 * 60 * minute);
    await codeOf(signIn(house, 'away', 'x', '203.0.113.1'));
    expect(await codeOf(signIn(house, 'away', goodPassword, '198.51.100.4'))).toBe(spent);
  });

  it('forgets the places of an account that is gone', async () => {
    const { house } = await openCountingHouse({ policy: { guesses: { ...wide, perAccountDay: 1 } } });
    await house.addUser('steve');
    await signIn(house, 'steve', goodPassword, '198.51.100.4');
    await house.identity.users.remove(operator, 'steve');
    await house.addUser('steve');
    await codeOf(signIn(house, 'steve', 'x', '203.0.113.1'));
    expect(await codeOf(signIn(house, 'steve', goodPassword, '198.51.100.4'))).toBe(spent);
  });
});
