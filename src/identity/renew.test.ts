import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, decode, type House, openHouse, operator, origin } from '../../test/identity/house.js';
import type { SignIn } from './model.js';

const minute = 60_000;
const hour = 60 * minute;
let house: House;
beforeEach(async () => {
  house = await openHouse();
  await house.addUser('john.doe');
});
afterEach(() => house.close());

const renew = async (signIn: SignIn) =>
  house.identity.renew(await house.authenticate(signIn.token, 'precrime_token'), origin);

describe('renewal', () => {
  it('gives a new session of the same line from now, and leaves the old one to its own end', async () => {
    const first = await house.login('john.doe');
    house.clock.advance(50 * minute);
    house.forget();
    const second = await renew(first);
    expect(house.writes.at(-1)).toEqual(['insertSession', 'endOldestSessions', 'audit session.renewed']);
    expect(second.session).toMatchObject({
      lineStartedAtMs: first.session.createdAtMs,
      createdAtMs: house.clock.nowMs(),
    });
    expect(second.session.id).not.toBe(first.session.id);
    const { iat, exp } = JSON.parse(decode(second.token).payload) as { iat: number; exp: number };
    expect([iat, exp - iat]).toEqual([Math.floor(house.clock.nowMs() / 1000), 3600]);
    await house.authenticate(first.token, 'precrime_token');
    house.clock.advance(10 * minute);
    expect(await codeOf(house.authenticate(first.token, 'precrime_token'))).toBe('identity.token_expired');
    await house.authenticate(second.token, 'precrime_token');
  });

  it('ends 24 hours after the sign-in, and so does the last token', async () => {
    let current = await house.login('john.doe');
    const { createdAtMs } = current.session;
    const endMs = createdAtMs + 24 * hour;
    while (house.clock.nowMs() + 50 * minute < endMs) {
      house.clock.advance(50 * minute);
      current = await renew(current);
    }
    house.clock.advance(endMs - 1 - house.clock.nowMs());
    current = await renew(current);
    expect(current.session.expiresAtMs).toBe(endMs);
    const principal = await house.authenticate(current.token, 'precrime_token');
    house.clock.advance(1);
    expect(await codeOf(house.identity.renew(principal, origin))).toMatch(
      /identity\.(token_expired|renewal_exhausted)/,
    );
    expect(await codeOf(house.authenticate(current.token, 'precrime_token'))).toBe('identity.token_expired');
  });

  it('of a session that ended, expired or lost its user is refused', async () => {
    const signIn = await house.login('john.doe');
    const principal = await house.authenticate(signIn.token, 'precrime_token');
    await house.identity.logout(principal, origin);
    expect(await codeOf(house.identity.renew(principal, origin))).toBe('identity.unauthenticated');
    const late = await house.login('john.doe');
    const latePrincipal = await house.authenticate(late.token, 'precrime_token');
    house.clock.advance(hour);
    expect(await codeOf(house.identity.renew(latePrincipal, origin))).toBe('identity.token_expired');
    const gone = await house.login('john.doe');
    const gonePrincipal = await house.authenticate(gone.token, 'precrime_token');
    await house.identity.users.disable(operator, 'john.doe');
    expect(await codeOf(house.identity.renew(gonePrincipal, origin))).toBe('identity.unauthenticated');
  });

  it('stops when the password has expired since', async () => {
    const signIn = await house.login('john.doe');
    await house.identity.users.set(operator, 'john.doe', { passwordExpiresAtMs: house.clock.nowMs() + minute });
    await renew(signIn);
    house.clock.advance(minute);
    expect(await codeOf(renew(signIn))).toBe('identity.password_expired');
  });

  it('is not for API keys', async () => {
    const member = await house.authenticate((await house.login('john.doe')).token, 'precrime_token');
    const { value } = await house.identity.apiKeys.add(member, { name: 'k' }, origin);
    const presented = { shape: 'api_key', value: value!, csrf: null } as const;
    const byKey = await house.identity.authenticate({ presented, accepts: ['api_key'], origin });
    expect(await codeOf(house.identity.renew(byKey, origin))).toBe('identity.unauthenticated');
    expect(await codeOf(house.identity.logout(byKey, origin))).toBe('identity.unauthenticated');
  });

  it('counts towards the limit of sessions', async () => {
    const limited = await openHouse({ policy: { maxSessionsPerUser: 3 } });
    await limited.addUser('u');
    let current = await limited.login('u');
    const first = current;
    for (let count = 0; count < 3; count += 1) {
      limited.clock.advance(1000);
      current = await limited.identity.renew(await limited.authenticate(current.token, 'precrime_token'), origin);
    }
    expect(await codeOf(limited.authenticate(first.token, 'precrime_token'))).toBe('identity.unauthenticated');
    await limited.authenticate(current.token, 'precrime_token');
    await limited.close();
  });
});

describe('logout', () => {
  it('is durable with its audit event, ends only this session, and twice is once', async () => {
    const mine = await house.login('john.doe');
    const other = await house.login('john.doe');
    const principal = await house.authenticate(mine.token, 'precrime_token');
    house.forget();
    await house.identity.logout(principal, origin);
    await house.identity.logout(principal, origin);
    expect(house.writes).toEqual([['endSession', 'audit session.ended'], ['endSession']]);
    expect(await codeOf(house.authenticate(mine.token, 'precrime_token'))).toBe('identity.unauthenticated');
    await house.authenticate(other.token, 'precrime_token');
    const ended = (await house.audited()).filter((event) => event.name === 'session.ended');
    expect(ended).toMatchObject([
      { actorId: principal.userId, subject: `session:${mine.session.id}`, reason: 'logout' },
    ]);
  });
});
