import { describe, expect, it } from 'vitest';
import type { UserKind } from '../access/index.js';
import { AppError } from '../kernel/errors.js';
import { Secret } from '../kernel/secret.js';
import { commonLongPasswords, commonWords } from './common-passwords.js';
import { defaultIdentityPolicy } from './deps.js';
import { assertAcceptablePassword, findWeakness } from './password-policy.js';

const acme = { canonicalName: 'john.doe', organisationUid: 'acme', organisationName: 'Acme Corp' };

function refusal(password: string, kind: UserKind = 'person', policy = defaultIdentityPolicy) {
  try {
    assertAcceptablePassword(new Secret(password), { ...acme, kind }, policy, 'password');
    return null;
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, ...error.details };
    throw error;
  }
}

describe('a new password', () => {
  it('of a person has 15 characters at least, of a service 12', () => {
    expect(refusal('xkR9vQ2mLp7tZw')).toMatchObject({
      code: 'identity.password_rejected',
      field: 'password',
      limit: 15,
    });
    expect(refusal('xkR9vQ2mLp7tZwb')).toBeNull();
    expect(refusal('xkR9vQ2mLp7', 'service')).toMatchObject({ limit: 12 });
    expect(refusal('xkR9vQ2mLp7t', 'service')).toBeNull();
    expect(refusal('xkR9vQ2mLp7t', 'api')).toBeNull();
  });

  it('is counted in code points, not in bytes or UTF-16 units', () => {
    const fourteen = [...'🍎🚲🌙🔑🦉🎈🧭🪴🧲🥁🪁🫖🧶🛶'].join('');
    expect([...fourteen]).toHaveLength(14);
    expect(refusal(fourteen)).toMatchObject({ limit: 15 });
    expect(refusal(`${fourteen}🗿`)).toBeNull();
  });

  it('needs no digits, capitals or signs', () => {
    expect(refusal('kfjqpwznvbxmayt')).toBeNull();
    expect(refusal('tangerine orbit cactus lamp')).toBeNull();
    expect(refusal('492817365501928')).toBeNull();
  });

  it('may have 1,024 bytes and not one more', () => {
    const long = Array.from({ length: 1024 }, (_, at) => String.fromCharCode(97 + ((at * at * 7 + at * 3) % 26))).join(
      '',
    );
    expect(refusal(long)).toBeNull();
    expect(refusal(`${long}x`)).toMatchObject({ code: 'identity.password_too_long', limit: 1024 });
  });

  it('is refused when it is no well-formed text', () => {
    expect(refusal(`kfjqpwznvbxmayt\uD800`)).toMatchObject({ code: 'identity.password_malformed' });
  });

  it.each([
    'my-LATCHKEY-is-blue',
    'l4tchk3y-is-so-blue',
    'we-love-john.doe-so',
    'acme-is-the-best-x',
    'ｌａｔｃｈｋｅｙ-is-blue',
  ])('does not hold the product, the organisation or the user: %s', (password) => {
    expect(refusal(password)).toMatchObject({
      code: 'identity.password_rejected',
      fix: expect.stringContaining('user'),
    });
  });

  it.each([
    ...[
      'Password2024!!!',
      'qwertyuiop12345',
      'aaaaaaaaaaaaaaa',
      'abcabcabcabcabc',
      'iloveyouiloveyou',
      'P@ssw0rd12345678',
    ],
    ...['1q2w3e4r5t6y7u8i', '1qaz2wsx3edc4rfv', '123456789012345', '987654321098765', 'correcthorsebatterystaple'],
    ...['administrator123', 'letmein-letmein-letmein', '0987654321qwerty', 'asdfghjkl;asdfghjkl;', 'monkeydragon1234'],
    ...['111222333444555', '112233445566778899', 'passw0rdpassw0rd', 'JuliaRoberts1990', 'thursday12345678'],
    ...[
      'password01012024',
      'a'.repeat(1024),
      '😀'.repeat(15),
      'PASSWORDPASSWORD',
      '1234qwerASDFzxcv',
      'zxcvbnm,./zxcvbnm',
    ],
  ])('is not what everybody chooses: %s', (password) => {
    expect(refusal(password)).toMatchObject({ code: 'identity.password_rejected' });
  });

  it('is none of the listed ones, in any case, alone or followed by a year', () => {
    for (const listed of commonLongPasswords) {
      expect(findWeakness(listed), listed).not.toBeNull();
      expect(findWeakness(listed.toUpperCase()), listed).not.toBeNull();
    }
    for (const word of commonWords) {
      expect(findWeakness(`${word}${word}${word}`), word).not.toBeNull();
      expect(findWeakness(`${word}2024!!!!!!!!`), word).not.toBeNull();
    }
    expect(commonLongPasswords.size).toBeGreaterThan(300);
    expect(commonWords.size).toBeGreaterThan(3000);
  });

  it('is not one character a thousand times', () => {
    expect(refusal('a'.repeat(1024))).toMatchObject({ code: 'identity.password_rejected' });
  });

  it('may be anything in the demo', () => {
    expect(refusal('api', 'api', { ...defaultIdentityPolicy, allowWeakPasswords: true })).toBeNull();
  });

  it('is judged within a millisecond or so, however it is made', () => {
    const hostile = ['a', 'ab', 'qwe', '1a'].flatMap((unit) => [
      unit.repeat(512).slice(0, 1024),
      `${unit.repeat(64).slice(0, 127)}!`,
    ]);
    const startedAtMs = performance.now();
    for (const password of hostile) findWeakness(password);
    expect(performance.now() - startedAtMs).toBeLessThan(500);
  });
});
