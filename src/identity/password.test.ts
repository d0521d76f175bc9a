import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  codeOf,
  goodPassword,
  type House,
  openHouse,
  operator,
  origin,
  refusalOf,
  startMs,
} from '../../test/identity/house.js';
import { AppError } from '../kernel/errors.js';
import { Secret } from '../kernel/secret.js';
import { identityErrors } from './errors.js';

const next = 'lamp cactus orbit tangerine';
let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const change = (username: string, old: string, wanted = next) =>
  house.identity.changePassword({ username, old: new Secret(old), next: new Secret(wanted), origin });

describe('a password change', () => {
  it('replaces the password, ends every session and clears the expiry, in one transaction', async () => {
    await house.addUser('u', { passwordExpiresAtMs: startMs + 1000 });
    const sessions = [
      await house.login('u'),
      await house.login('u', undefined, 'cloudio'),
      await house.login('u', undefined, 'onedb'),
    ];
    house.clock.advance(1000);
    expect(await codeOf(house.login('u'))).toBe('identity.password_expired');
    house.forget();
    await change('u', goodPassword);
    expect(house.writes).toEqual([
      ['keepFormerPassword', 'updatePassword', 'endSessionsOfUser', 'audit password.changed'],
    ]);
    expect((await house.audited())[0]).toMatchObject({
      ...{ name: 'password.changed', actorId: sessions[0]?.profile.user.id, facts: { sessionsEnded: 3 } },
    });
    for (const { token, csrf } of sessions) {
      const accepts = ['precrime_token', 'cloudio_session', 'onedb_token'] as const;
      const presented = { shape: 'jwt', value: token, csrf } as const;
      expect(await codeOf(house.identity.authenticate({ presented, accepts, origin }))).toBe(
        'identity.unauthenticated',
      );
    }
    expect(await codeOf(house.login('u', goodPassword))).toBe('identity.invalid_credentials');
    expect((await house.login('u', next)).profile.user.passwordExpiresAtMs).toBeNull();
  });

  it('gives the new password the life that the policy gives', async () => {
    const aging = await openHouse({ policy: { passwordLifetimeMs: 1000 } });
    await aging.addUser('u');
    aging.clock.advance(1000);
    expect(await codeOf(aging.login('u'))).toBe('identity.password_expired');
    await aging.identity.changePassword({
      username: 'u',
      old: new Secret(goodPassword),
      next: new Secret(next),
      origin,
    });
    aging.clock.advance(999);
    await aging.login('u', next);
    aging.clock.advance(1);
    expect(await codeOf(aging.login('u', next))).toBe('identity.password_expired');
    await aging.close();
  });

  it.each([
    ['unknown', 'nobody', goodPassword],
    ['wrong', 'u', 'not the password at all'],
    ['disabled', 'disabled', goodPassword],
    ['locked', 'locked', goodPassword],
    ['without a password', 'none', ''],
    ['expired and wrong', 'expired', 'not the password at all'],
  ])('of an account that is %s is refused like a login, at the same price', async (_, username, old) => {
    for (const name of ['u', 'disabled', 'locked']) await house.addUser(name);
    await house.addUser('none', { password: null });
    await house.addUser('expired', { passwordExpiresAtMs: startMs });
    await house.identity.users.disable(operator, 'disabled');
    await house.identity.users.set(operator, 'locked', { lockedUntilMs: startMs + 1000 });
    const expected = await refusalOf(Promise.reject(identityErrors.invalid_credentials()));
    // The policy's answer would tell who is known: a weak new password changes nothing about the refusal.
    for (const wanted of [next, 'weak', `${username}-${username}-${username}`, old]) {
      house.forget();
      expect(await refusalOf(change(username, old, wanted))).toBe(expected);
      expect(house.writes).toEqual([['audit password.change_refused']]);
    }
  });

  it('asks the policy once the old password was right, and records that it was', async () => {
    await house.addUser('u');
    house.forget();
    for (const wanted of ['too short', 'passwordpassword', 'we-all-like-acme-best', goodPassword]) {
      const error = await change('u', goodPassword, wanted).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(AppError);
      expect(error).toMatchObject({
        code: 'identity.password_rejected',
        details: { field: 'new', fix: expect.any(String) },
      });
    }
    expect(house.writes).toEqual(Array(4).fill(['audit password.change_refused']));
    expect((await house.audited())[0]).toMatchObject({ reason: 'new_password_rejected', outcome: 'refused' });
    await house.login('u');
  });

  it('refuses new passwords that are too long or no text before any work', async () => {
    await house.addUser('u');
    house.forget();
    expect(await codeOf(change('u', goodPassword, 'x'.repeat(1025)))).toBe('identity.password_too_long');
    expect(await codeOf(change('u', goodPassword, 'x\uD800'))).toBe('identity.password_malformed');
    expect(house.writes).toEqual([]);
  });

  it('takes a password of exactly 1,024 bytes, and every byte of it counts', async () => {
    await house.addUser('u');
    const long = Array.from({ length: 1024 }, (_, at) => String.fromCharCode(97 + ((at * at * 7 + at * 3) % 26))).join(
      '',
    );
    await change('u', goodPassword, long);
    await house.login('u', long);
    for (const at of [0, 71, 72, 73, 127, 255, 511, 999, 1023]) {
      const other = `${long.slice(0, at)}_${long.slice(at + 1)}`;
      expect(await codeOf(house.login('u', other))).toBe('identity.invalid_credentials');
    }
    expect(await codeOf(house.login('u', long.slice(0, 1023)))).toBe('identity.invalid_credentials');
  });

  it('keeps composed and decomposed characters apart', async () => {
    await house.addUser('u', { password: new Secret('caf\u00E9 orbit cactus lamp') });
    await house.login('u', 'caf\u00E9 orbit cactus lamp');
    expect(await codeOf(house.login('u', 'cafe\u0301 orbit cactus lamp'))).toBe('identity.invalid_credentials');
    expect(await codeOf(house.login('u', 'Caf\u00E9 orbit cactus lamp'))).toBe('identity.invalid_credentials');
    expect(await codeOf(house.login('u', ' caf\u00E9 orbit cactus lamp'))).toBe('identity.invalid_credentials');
  });

  it('of which fifty come at once is one change', async () => {
    await house.addUser('u');
    house.clock.advance(1);
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, at) => change('u', goodPassword, `${next} number ${at}`)),
    );
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    const codes = results.filter((result) => result.status === 'rejected').map((result) => result.reason.code);
    // Whether the others had been found right before is a matter of moments: what they gave as the old password no longer
    // is, and ten who were judged after that leave nobody else to be judged.
    const said = new Set(codes);
    said.delete('identity.guess_budget_spent');
    expect(said).toEqual(new Set(['identity.invalid_credentials']));
  });
});
