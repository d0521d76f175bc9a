import { describe, expect, it } from 'vitest';
import { Secret } from '../kernel/secret.js';
import { makePassword } from './password-making.js';
import { estimateStrength } from './password-strength.js';

const strengthOf = (text: string) => estimateStrength(new Secret(text));

describe('the strength of a password', () => {
  it.each([
    ['', 'weak'],
    ['xkR9vQ2m', 'weak'],
    ['Password2024!!!', 'weak'],
    ['aaaaaaaaaaaaaaaaaaaaaaaa', 'weak'],
    ['qwertyuiopasdfghjkl', 'weak'],
    ['football baseball superman batman', 'fair'],
    ['492817365501928', 'fair'],
    ['monkey dragon letmein master shadow', 'good'],
    ['kfjqpwznvbxmayt', 'good'],
    ['tangerine orbit cactus lamp', 'strong'],
    ['correct horse battery staple', 'weak'],
  ])('%s is %s', (text, strength) => {
    expect(strengthOf(text)).toBe(strength);
  });

  it('grows with what is put behind it and is never lost to length', () => {
    const letters = 'kfjqpwznvbxmaytgdrehlucsio';
    expect(strengthOf(letters)).toBe('strong');
    expect(strengthOf(letters.repeat(38).concat('x'))).toBe('strong');
    expect(strengthOf('ab'.repeat(500))).toBe('weak');
  });
});

describe('a password that is made', () => {
  it('is 25 characters in groups, each as likely as any other, and strong', () => {
    const counts = new Map<string, number>();
    for (let round = 0; round < 400; round += 1) {
      const text = makePassword({ bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) }).reveal();
      expect(text).toMatch(/^([0-9a-hjkmnp-tv-z]{5}-){4}[0-9a-hjkmnp-tv-z]{5}$/);
      for (const character of text.replaceAll('-', '')) counts.set(character, (counts.get(character) ?? 0) + 1);
      if (round < 50) expect(strengthOf(text)).toBe('strong');
    }
    expect(counts.size).toBe(32);
    // 10,000 characters: 312 of each, give or take five times 17.
    expect(Math.max(...counts.values())).toBeLessThan(312 + 87);
    expect(Math.min(...counts.values())).toBeGreaterThan(312 - 87);
  });

  it('is made anew where the policy would refuse it', () => {
    const given = [new Uint8Array(25), Uint8Array.from({ length: 25 }, (_, at) => (at * 37 + 11) % 256)];
    const text = makePassword({ bytes: () => given.shift() ?? new Uint8Array(0) }).reveal();
    expect(given).toEqual([]);
    expect(strengthOf(text)).toBe('strong');
    expect(strengthOf('00000-00000-00000-00000-00000')).toBe('weak');
  });
});
