import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, goodPassword, type House, jwt, openHouse, operator, origin } from '../../test/identity/house.js';
import { credentialKinds, type Principal } from '../access/index.js';
import { Secret } from '../kernel/secret.js';
import type { SignIn } from './index.js';

let house: House;
beforeEach(async () => {
  house = await openHouse();
  await house.addUser('u', { roles: ['administrator'] });
});
afterEach(() => house.close());

const signIn = (replaces: Secret | null = null) =>
  house.identity.login({
    ...{ family: 'console', username: 'u', password: new Secret(goodPassword), replaces, origin },
  });
const read = async ({ token }: Pick<SignIn, 'token'>, identity = house.identity): Promise<Principal> =>
  identity.authenticate({
    presented: { shape: 'cookie', value: token, csrf: null, isReadOnly: true },
    accepts: ['console_session'],
    origin,
  });
const write = async ({ token }: Pick<SignIn, 'token'>, csrf: Secret | null) =>
  house.identity.authenticate({
    presented: { shape: 'cookie', value: token, csrf },
    accepts: ['console_session'],
    origin,
  });

describe('the token of a session of the console', () => {
  it('is 256 random bits that stand nowhere, and neither does its csrf value', async () => {
    const begun = await Promise.all(Array.from({ length: 5 }, () => signIn()));
    const values = begun.flatMap(({ token, csrf }) => [token.reveal(), csrf?.reveal() ?? '']);
    expect(new Set(values).size).toBe(10);
    for (const value of values) expect(Buffer.from(value, 'base64url')).toHaveLength(32);
    await house.identity.settle();
    const files = readdirSync(house.folder).map((name) => readFileSync(join(house.folder, name)));
    expect(files.some((bytes) => bytes.includes(begun[0]?.session.id ?? ''))).toBe(true);
    for (const value of values) expect(files.some((bytes) => bytes.includes(value))).toBe(false);
  });

  it('is good as a cookie where that is taken, and as nothing else anywhere', async () => {
    const session = await signIn();
    await read(session);
    const others = credentialKinds.filter((kind) => kind !== 'console_session');
    for (const shape of ['jwt', 'api_key', 'unknown'] as const) {
      const presented = { shape, value: session.token, csrf: session.csrf };
      const asked = house.identity.authenticate({ presented, accepts: credentialKinds, origin });
      expect(await codeOf(asked)).toBe('identity.unauthenticated');
    }
    const presented = { shape: 'cookie', value: session.token, csrf: session.csrf } as const;
    const asked = house.identity.authenticate({ presented, accepts: others, origin });
    expect(await codeOf(asked)).toBe('identity.unauthenticated');
  });

  it('is nothing that another door issued', async () => {
    for (const family of ['precrime', 'cloudio', 'onedb'] as const) {
      expect(await codeOf(read(await house.login('u', goodPassword, family)))).toBe('identity.unauthenticated');
    }
  });

  it('can be ended by its value and is not looked at for others', async () => {
    const session = await signIn();
    const administrator = await read(session);
    expect(await house.identity.tokens.introspect(administrator, session.token, origin)).toBeNull();
    const another = await signIn();
    await house.identity.tokens.revoke(administrator, another.token, origin);
    expect(await codeOf(read(another))).toBe('identity.unauthenticated');
    await read(session);
  });
});

describe('the csrf value', () => {
  it('is asked for at every use that does more than read, from memory as from the store', async () => {
    const [session, other] = [await signIn(), await signIn()];
    for (let use = 0; use < 5; use += 1) {
      await read(session);
      await write(session, session.csrf);
      for (const csrf of [null, new Secret(''), other.csrf, session.token]) {
        expect(await codeOf(write(session, csrf))).toBe('identity.csrf_mismatch');
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(house.identity.verification().found).toBeGreaterThan(0);
  });

  it('is told to whoever is signed in with the cookie, and of no other door', async () => {
    const session = await signIn();
    const current = await house.identity.sessions.current(await read(session));
    expect([current.csrf?.reveal(), current.idleMs]).toEqual([session.csrf?.reveal(), 30 * 60_000]);
    const cloudio = await house.login('u', goodPassword, 'cloudio');
    const presented = jwt(cloudio.token, cloudio.csrf);
    const principal = await house.identity.authenticate({ presented, accepts: ['cloudio_session'], origin });
    expect(await house.identity.sessions.current(principal)).toMatchObject({ csrf: null, idleMs: null });
  });
});

describe('a session of the console', () => {
  it('ends everywhere when it is signed out of, and what it told does not outlive it', async () => {
    const session = await signIn();
    const another = house.another();
    const principal = await read(session);
    for (let use = 0; use < 3; use += 1) await read(session, another);
    await house.identity.logout(principal, origin);
    for (const identity of [house.identity, another]) {
      expect(await codeOf(read(session, identity))).toBe('identity.unauthenticated');
    }
    expect(await codeOf(house.identity.sessions.current(principal))).toBe('identity.unauthenticated');
    await another.close();
  });

  it('gives its place to the next one in the same browser, and the trail says so', async () => {
    const first = await signIn();
    await read(first);
    const second = await signIn(first.token);
    expect(await codeOf(read(first))).toBe('identity.unauthenticated');
    const [begun, ended] = await house.audited();
    expect([begun?.name, begun?.facts['family'], begun?.credential]).toEqual([
      'login.succeeded',
      'console',
      { kind: 'console_session', id: second.session.id },
    ]);
    expect([ended?.name, ended?.reason, ended?.subject]).toEqual([
      'session.ended',
      'replaced',
      `session:${first.session.id}`,
    ]);
    // What is no session any more, or never was one, is ended by nobody.
    for (const value of [first.token, new Secret('x'.repeat(43)), new Secret('')]) await signIn(value);
    await read(second);
  });

  it('counts among the sessions of its user, and lives no longer than a day whatever the settings say', async () => {
    await house.close();
    house = await openHouse({ policy: { maxSessionsPerUser: 2, console: { idleMs: 1_000, absoluteMs: 9e8 } } });
    await house.addUser('u');
    const sessions = [await signIn()];
    for (let more = 0; more < 2; more += 1) {
      house.clock.advance(1);
      sessions.push(await signIn());
    }
    expect(await codeOf(read(sessions[0]!))).toBe('identity.unauthenticated');
    const principal = await read(sessions[2]!);
    expect(principal.credential.expiresAtMs).toBe(house.clock.nowMs() + 24 * 3_600_000);
    const listed = await house.identity.sessions.list(operator, { username: 'u', family: 'console' }, { limit: 10 });
    expect(listed.items).toHaveLength(2);
    house.clock.advance(1_000);
    expect(await codeOf(read(sessions[2]!))).toBe('identity.token_expired');
  });
});
