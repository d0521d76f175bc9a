import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildPasswordFilter } from '../../scripts/password-filter.js';
import { readPasswordFilter, shippedPasswordFilter } from '../../src/identity/breached-passwords.js';
import { commonLongPasswords, commonWords } from '../../src/identity/common-passwords.js';
import { defaultIdentityPolicy } from '../../src/identity/deps.js';
import { assertAcceptablePassword, findWeakness } from '../../src/identity/password-policy.js';
import { AppError } from '../../src/kernel/errors.js';
import { Secret } from '../../src/kernel/secret.js';

const subject = {
  kind: 'person',
  canonicalName: 'john.doe',
  organisationUid: 'acme',
  organisationName: 'Acme',
} as const;
const asset = readFileSync(new URL('../../assets/breached-passwords.bin', import.meta.url));

/** The same texts in every run: a linear congruential generator of 32 bits, its high bits. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * sides);
  };
}

function randomText(roll: (sides: number) => number, alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet.charAt(roll(alphabet.length))).join('');
}

function isRefused(password: string): boolean {
  try {
    assertAcceptablePassword(new Secret(password), subject, defaultIdentityPolicy, 'password');
    return false;
  } catch (error) {
    if (error instanceof AppError && error.code === 'identity.password_rejected') return true;
    throw error;
  }
}

describe('a filter that was built', () => {
  const roll = dice(7);
  const breached = Array.from({ length: 4000 }, () => randomText(roll, 'abcdefghijklmnop', 10));
  const words = Array.from({ length: 3000 }, () => randomText(roll, 'qrstuvwxyz', 12));

  it('finds every entry again, each in its section, and keeps an entry of both in the first', () => {
    const filter = readPasswordFilter(buildPasswordFilter({ breached, words: [...words, ...breached.slice(0, 500)] }));
    expect(filter.entries).toEqual({ breached: new Set(breached).size, words: new Set(words).size });
    expect(breached.filter((one) => filter.look(one) !== 'breached')).toEqual([]);
    expect(words.filter((one) => filter.look(one) === null)).toEqual([]);
  });

  it('is the same, byte for byte, whatever the order and the case of the lists', () => {
    const first = buildPasswordFilter({ breached, words });
    const second = buildPasswordFilter({
      breached: [...breached].reverse().map((one) => one.toUpperCase()),
      words: [...words, ...words],
    });
    expect(second.equals(first)).toBe(true);
  });

  it('can be empty, and then knows nothing', () => {
    const filter = readPasswordFilter(buildPasswordFilter({ breached: [], words: ['abc'] }));
    expect(filter.entries).toEqual({ breached: 0, words: 0 });
    expect(breached.filter((one) => filter.look(one) !== null).length).toBeLessThan(4);
  });
});

describe('the filter that is shipped', () => {
  const filter = shippedPasswordFilter();

  it('was built from 180,122 entries and is the file that decision 0023 names', () => {
    expect(filter.entries).toEqual({ breached: 49_193, words: 130_929 });
    const digest = createHash('sha256').update(asset).digest('hex');
    expect(readFileSync(new URL('../../docs/decisions/0023-breached-passwords.md', import.meta.url), 'utf8')).toContain(
      digest,
    );
  });

  it('takes a text that is not listed for listed about once in 65,536 times in either section', () => {
    const roll = dice(11);
    const asked = 400_000;
    let wrong = 0;
    // No entry is of this alphabet.
    for (let round = 0; round < asked; round += 1)
      wrong += filter.look(randomText(roll, '‹›«»¶§†‡', 16)) === null ? 0 : 1;
    const expected = (asked * 2) / 65_536;
    expect(wrong).toBeGreaterThan(0);
    expect(wrong).toBeLessThan(expected * 3);
  });

  it('answers in microseconds', () => {
    const roll = dice(13);
    const texts = Array.from({ length: 20_000 }, () => randomText(roll, 'abcdefghijklmnopqrstuvwxyz', 15));
    const startedAtMs = performance.now();
    for (const text of texts) filter.look(text);
    expect(((performance.now() - startedAtMs) * 1000) / texts.length).toBeLessThan(50);
  });

  it('is refused whole when any of it is damaged or missing', () => {
    const roll = dice(17);
    for (let round = 0; round < 200; round += 1) {
      const damaged = Buffer.from(asset);
      const at = roll(damaged.length);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << roll(8));
      expect(() => readPasswordFilter(damaged)).toThrow(TypeError);
    }
    for (const length of [0, 1, 8, 31, 32, 64, asset.length - 1]) {
      expect(() => readPasswordFilter(asset.subarray(0, length))).toThrow(TypeError);
    }
    expect(() => readPasswordFilter(Buffer.concat([asset, Buffer.from([0])]))).toThrow(TypeError);
  });
});

describe('the passwords people choose first', () => {
  const top = [...commonWords].filter((word) => word.length >= 4).slice(0, 3000);

  it('are 3,000, and every one is refused at any length the policy has', () => {
    expect(top).toHaveLength(3000);
    expect(top.filter((word) => findWeakness(word) === null)).toEqual([]);
  });

  it('are refused when they are made to match the policy the way people do it', () => {
    const grow: readonly ((word: string) => string)[] = [
      (word) => word.repeat(Math.ceil(15 / word.length)),
      (word) => `${word}123456789012345`.slice(0, Math.max(15, word.length + 4)),
      (word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}2024!!!!!!!!!`,
      (word) => `${word}-password-${word}`,
    ];
    for (const way of grow) expect(top.map(way).filter((password) => !isRefused(password))).toEqual([]);
  });

  it('that have 12 characters and more by themselves are refused in any case', () => {
    expect([...commonLongPasswords].filter((one) => !isRefused(one))).toEqual([]);
    expect([...commonLongPasswords].filter((one) => findWeakness(one.toUpperCase()) === null)).toEqual([]);
  });
});

describe('simple variants of what is listed', () => {
  it.each([
    ['a capital and a year behind it', 'Philadelphia2019!'],
    ['signs before it', '!!!counterstrike'],
    ['letters written as digits', 'c0unt3r$tr1k3!!!'],
    ['backwards', 'ekirtsretnuoc123'],
    ['written apart', 'counter-strike 99'],
    ['full width', 'ｃｏｕｎｔｅｒｓｔｒｉｋｅ１２３'],
    ['twice', 'counterstrikecounterstrike'],
    ['a first and a family name', 'ChristopherWilliamson'],
    ['two names, apart, with a year', 'annabelle.rodriguez.88'],
  ])('%s is refused', (_what, password) => {
    expect(isRefused(password)).toBe(true);
  });

  it.each([
    'tangerine orbit cactus lamp',
    'kfjqpwznvbxmayt',
    'zwei blaue pferde trinken tee',
    'правильныйконьбатарея7',
  ])('four words or fifteen letters of no word are none: %s', (password) => {
    expect(isRefused(password)).toBe(false);
  });

  it('of nothing: of 5,000 random passwords at most ten are refused', () => {
    const roll = dice(19);
    const alphabets = ['abcdefghijklmnopqrstuvwxyz', 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!$%-_'];
    const made = Array.from({ length: 5000 }, (_, at) => randomText(roll, alphabets[at % 2] ?? '', 15 + (at % 10)));
    expect(made.filter(isRefused).length).toBeLessThanOrEqual(10);
  });

  it('are found within a millisecond, however long the password is', () => {
    const roll = dice(23);
    const texts = Array.from({ length: 300 }, (_, at) => randomText(roll, 'aeiorstn1!0', 12 + (at % 53)));
    const startedAtMs = performance.now();
    for (const text of texts) findWeakness(text);
    expect((performance.now() - startedAtMs) / texts.length).toBeLessThan(5);
  });
});
