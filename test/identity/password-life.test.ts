import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { IdentityPolicy, PasswordHasher } from '../../src/identity/index.js';
import { createPasswordPool, defaultIdentityPolicy } from '../../src/identity/index.js';
import { AppError } from '../../src/kernel/errors.js';
import { Secret } from '../../src/kernel/secret.js';
import { apiKey, codeOf, goodPassword, type House, openHouse, operator, origin, refusalOf } from './house.js';

const hour = 3_600_000;
const day = 24 * hour;
const houses: House[] = [];
afterEach(async () => {
  for (const house of houses.splice(0)) await house.close();
});

/** Budgets wide enough that nothing here is about them. */
const unbudgeted = { guesses: { perSource: 1_000_000, perAccountDay: 1_000_000, perAddressHour: 1_000_000 } };

async function open(policy: Partial<IdentityPolicy> = {}, hasher?: PasswordHasher): Promise<House> {
  const house = await openHouse({ policy: { ...unbudgeted, ...policy }, ...(hasher === undefined ? {} : { hasher }) });
  houses.push(house);
  return house;
}

/** Words that are on no list and of which no two begin alike. */
const phrases = ['zwei blaue', 'drei gelbe', 'vier weiße', 'fünf rosa', 'sechs graue', 'sieben rote', 'acht grüne'].map(
  (start) => `${start} pferde trinken kalten tee`,
);
const phrase = (at: number) => phrases[at] ?? '';

const change = (house: House, old: string, next: string, username = 'u') =>
  house.identity.changePassword({ username, old: new Secret(old), next: new Secret(next), origin });
const reset = (house: House, password: string, mustChange = false) =>
  house.identity.users.resetPassword(operator, 'u', { password: new Secret(password), mustChange });

describe('the passwords an account had', () => {
  it('are not taken again while they are among the last five, and are afterwards', async () => {
    const house = await open();
    await house.addUser('u', { password: new Secret(phrase(0)) });
    for (let at = 1; at <= 4; at += 1) await change(house, phrase(at - 1), phrase(at));
    // 0 to 4 are the last five, 4 the present one.
    for (let at = 0; at <= 4; at += 1) {
      expect(await codeOf(change(house, phrase(4), phrase(at)))).toBe('identity.password_rejected');
      expect(await codeOf(reset(house, phrase(at)))).toBe('identity.password_rejected');
    }
    await change(house, phrase(4), phrase(5));
    expect(await codeOf(change(house, phrase(5), phrase(1)))).toBe('identity.password_rejected');
    await change(house, phrase(5), phrase(0));
    await house.login('u', phrase(0));
  });

  it('are kept no more than are compared, and go with the account', async () => {
    const house = await open({ passwordHistory: 3 });
    const { user } = await house.addUser('u', { password: new Secret(phrase(0)) });
    for (let at = 1; at <= 5; at += 1) await change(house, phrase(at - 1), phrase(at));
    const kept = await house.store.identity.listFormerPasswords(user.id, 100);
    expect(kept).toHaveLength(2);
    expect(kept.every((hash) => hash.startsWith('$argon2id$'))).toBe(true);
    await house.identity.users.remove(operator, 'u');
    expect(await house.store.identity.listFormerPasswords(user.id, 100)).toEqual([]);
  });

  it('are not kept at all where the policy says so', async () => {
    const house = await open({ passwordHistory: 0 });
    const { user } = await house.addUser('u', { password: new Secret(phrase(0)) });
    await change(house, phrase(0), phrase(1));
    await change(house, phrase(1), phrase(0));
    expect(await house.store.identity.listFormerPasswords(user.id, 100)).toEqual([]);
    // The one an account has now is no new one whatever the policy.
    expect(await codeOf(change(house, phrase(0), phrase(0)))).toBe('identity.password_rejected');
  });

  it('cost at most so many hashes, and nobody who does not know the present one any', async () => {
    const pool = createPasswordPool({ threads: 1 });
    let verified = 0;
    const house = await open(
      {},
      {
        assertRoom: () => pool.assertRoom(),
        hash: pool.hash.bind(pool),
        verify: (hash, password) => {
          verified += 1;
          return pool.verify(hash, password);
        },
        close: async () => undefined,
      },
    );
    await house.addUser('u', { password: new Secret(phrase(0)) });
    for (let at = 1; at <= 6; at += 1) await change(house, phrase(at - 1), phrase(at));
    verified = 0;
    await change(house, phrase(6), phrase(0));
    expect(verified).toBe(1 + 4);
    verified = 0;
    await reset(house, phrase(1));
    expect(verified).toBe(5);
    verified = 0;
    for (const wanted of [phrase(1), phrase(5), phrase(0)]) {
      expect(await codeOf(change(house, 'not the password at all', wanted))).toBe('identity.invalid_credentials');
    }
    expect(verified).toBe(3);
    await pool.close();
  });
});

describe('a temporary password', () => {
  it('is good for one change within a day and then answered like a wrong one', async () => {
    const house = await open();
    await house.addUser('u');
    await reset(house, phrase(0), true);
    expect(await codeOf(house.login('u', phrase(0)))).toBe('identity.password_expired');
    house.clock.advance(day - 1);
    expect(await codeOf(house.login('u', phrase(0)))).toBe('identity.password_expired');
    house.clock.advance(1);
    const wrong = await refusalOf(house.login('u', 'not the password at all'));
    expect(await refusalOf(house.login('u', phrase(0)))).toBe(wrong);
    expect(await refusalOf(change(house, phrase(0), phrase(1)))).toBe(wrong);
    expect((await house.audited())[0]).toMatchObject({ name: 'password.change_refused', reason: 'password_lapsed' });
  });

  it('that an account begins with lapses too', async () => {
    const house = await open({ temporaryPasswordMs: 2 * hour });
    await house.addUser('u', { password: new Secret(phrase(0)), mustChange: true });
    await house.addUser('v', { password: new Secret(phrase(0)), mustChange: true });
    await change(house, phrase(0), phrase(1), 'u');
    house.clock.advance(2 * hour);
    await house.login('u', phrase(1));
    expect(await codeOf(house.login('v', phrase(0)))).toBe('identity.invalid_credentials');
  });

  it('cannot be made one that stays', async () => {
    const house = await open();
    await house.addUser('u');
    await reset(house, phrase(0), true);
    await house.identity.users.set(operator, 'u', { passwordExpiresAtMs: null });
    expect(await codeOf(house.login('u', phrase(0)))).toBe('identity.password_expired');
    await house.identity.users.set(operator, 'u', { passwordExpiresAtMs: house.clock.nowMs() + 300 * day });
    expect(await codeOf(house.login('u', phrase(0)))).toBe('identity.password_expired');
  });

  it('is used once, however many use it at once and though the clock stands still', async () => {
    const house = await open();
    await house.addUser('u');
    for (let round = 0; round < 4; round += 1) {
      const temporary = `${phrase(round)} nummer ${round}`;
      await reset(house, temporary, true);
      const results = await Promise.allSettled(
        Array.from({ length: 50 }, (_, at) => change(house, temporary, `${phrase(6)} ${round} mal ${at}`)),
      );
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
      const codes = results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason.code)] : []));
      expect(new Set(codes)).toEqual(new Set(['identity.invalid_credentials']));
    }
  });

  it('stands in no event and in no error', async () => {
    const house = await open();
    await house.addUser('u');
    const temporary = house.identity.passwords.make();
    await house.identity.users.resetPassword(operator, 'u', { password: temporary, mustChange: true });
    const refusal = await refusalOf(house.login('u', temporary.reveal()));
    const told = JSON.stringify(await house.audited()) + refusal + JSON.stringify(temporary) + String(temporary);
    expect(told).not.toContain(temporary.reveal());
    expect(told).not.toContain(temporary.reveal().slice(0, 11));
  });

  it('ends sessions, and API keys refuse while it is one', async () => {
    const house = await open();
    await house.addUser('u');
    const { token } = await house.login('u');
    const key = await house.identity.apiKeys.addFor(operator, 'u', { name: 'k' });
    const use = () => house.identity.authenticate({ presented: apiKey(key.value), accepts: ['api_key'], origin });
    await use();
    await reset(house, phrase(0), true);
    expect(await codeOf(house.authenticate(token, 'precrime_token'))).toBe('identity.unauthenticated');
    expect(await codeOf(use())).toBe('identity.unauthenticated');
    await change(house, phrase(0), phrase(1));
    await use();
  });
});

describe('a password that expires by policy', () => {
  it('does so from the day it was set; one of before keeps what it had', async () => {
    const old = await open();
    await old.addUser('before');
    const { user } = await old.identity.users.show(operator, 'before');
    expect(user.passwordExpiresAtMs).toBeNull();

    const house = await open({ passwordLifetimeMs: 90 * day });
    await house.addUser('u');
    await house.addUser('exempt', { passwordExpiresAtMs: house.clock.nowMs() + 400 * day });
    house.clock.advance(90 * day - 1);
    const { token } = await house.login('u');
    house.clock.advance(1);
    expect(await codeOf(house.login('u'))).toBe('identity.password_expired');
    // A session lives to its own end; what would begin a new one does not.
    const principal = await house.authenticate(token, 'precrime_token');
    expect(await codeOf(house.identity.renew(principal, origin))).toBe('identity.password_expired');
    await house.login('exempt');
    await change(house, goodPassword, phrase(0));
    house.clock.advance(90 * day - 1);
    await house.login('u', phrase(0));
  });
});

describe('what is said of a refused password', () => {
  it.each([
    ['short', 'kurz und gut', /at least 15 characters/],
    ['common', 'ChristopherWilliamson', /common words or names/],
    ['breached', 'counterstrike-2019', /known from breaches/],
    ['about us', 'acme hat blaue pferde', /user name, the organisation/],
    ['repeated', 'ab1ab1ab1ab1ab1ab1', /repeats itself/],
    ['a sequence', 'qwertzuiopasdfghjkl', /sequence/],
    ['the present one', goodPassword, /do not have now/],
  ])('names the rule and nothing of the password: %s', async (_rule, password, sentence) => {
    const house = await open();
    await house.addUser('u');
    const error: unknown = await change(house, goodPassword, password).catch((reason: unknown) => reason);
    if (!(error instanceof AppError)) throw error;
    expect(error.details.fix).toMatch(sentence);
    expect(JSON.stringify(error) + error.message + String(error.details.fix)).not.toContain(password);
  });

  it('is the same at every door', async () => {
    const house = await open();
    await house.addUser('u');
    const code = await house.identity.setup.issueCode(operator.origin);
    for (const weak of ['kurz und gut', 'ChristopherWilliamson', 'azertyuiopqsdfghjklm', 'latchkey in blauen farben']) {
      const doors = [
        change(house, goodPassword, weak),
        reset(house, weak),
        house.addUser('new', { password: new Secret(weak) }),
        house.identity.setup.complete(code.code, { username: 'first', password: new Secret(weak) }, operator.origin),
      ];
      const said = await Promise.all(
        doors.map((door) => door.then(() => 'taken').catch((error: AppError) => `${error.code} ${error.details.fix}`)),
      );
      expect(new Set(said).size).toBe(1);
      expect(said[0]).toMatch(/^identity\.password_rejected /);
    }
  });
});

describe('the bytes of a password', () => {
  const base = 'zwei blaue pferde trinken tee ';

  it('count exactly: whatever differs is another password', async () => {
    const house = await open();
    await house.addUser('u', { password: new Secret(goodPassword) });
    let current = goodPassword;
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', minLength: 34, maxLength: 240 }),
        fc.nat(),
        async (tail, where) => {
          const password = `${base}${tail}`;
          fc.pre(Buffer.byteLength(password) <= 1024 && password !== current);
          await house.identity.users.resetPassword(operator, 'u', {
            password: new Secret(password),
            mustChange: false,
          });
          current = password;
          await house.login('u', password);
          const at = where % password.length;
          const others = [
            `${password} `,
            ` ${password}`,
            password.slice(0, -1),
            `${password}\0`,
            password.toUpperCase(),
            password.normalize('NFD'),
            password.normalize('NFKC'),
            password.trim(),
            `${password.slice(0, at)}x${password.slice(at)}`,
          ].filter((one) => one !== password && !/\p{Cs}/u.test(one) && Buffer.byteLength(one) <= 1024);
          for (const other of others) {
            expect(await codeOf(house.login('u', other))).toBe('identity.invalid_credentials');
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  it('may be 64, 256 and 1,024, and lone surrogates are none', async () => {
    const house = await open();
    await house.addUser('u');
    for (const length of [64, 256, 1024]) {
      const long = `${base}${Array.from({ length: 1024 }, (_, at) => String.fromCharCode(97 + ((at * at * 7 + at * 3) % 26))).join('')}`;
      const password = long.slice(0, length);
      await reset(house, password);
      await house.login('u', password);
    }
    expect(await codeOf(reset(house, `${base}${'x'.repeat(1024)}`))).toBe('identity.password_too_long');
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0xd800, max: 0xdfff }), fc.nat(base.length), async (unit, at) => {
        const broken = `${base.slice(0, at)}${String.fromCharCode(unit)}${base.slice(at)}`;
        expect(await codeOf(reset(house, broken))).toBe('identity.password_malformed');
      }),
      { numRuns: 50 },
    );
  });

  it('hold none of the words that are about us or about the user', async () => {
    const house = await open({ contextWords: [...defaultIdentityPolicy.contextWords, 'zugspitze'] });
    await house.addUser('hildegard.bingen');
    const words = ['hildegard.bingen', 'hildegard', 'bingen', 'acme', 'Acme Corp', 'latchkey', 'zugspitze', 'l4tchk3y'];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...words), fc.nat(base.length), fc.boolean(), async (word, at, isUpper) => {
        const password = `${base.slice(0, at)}${isUpper ? word.toUpperCase() : word}${base.slice(at)}`;
        const error = await house.identity.users
          .resetPassword(operator, 'hildegard.bingen', { password: new Secret(password), mustChange: false })
          .catch((reason: unknown) => reason);
        expect(error).toMatchObject({ details: { fix: expect.stringContaining('Leave out') } });
      }),
      { numRuns: 60 },
    );
  });
});
