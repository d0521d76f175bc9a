import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  cheap,
  codeOf,
  decode,
  goodPassword,
  type House,
  openHouse,
  operator,
  origin,
  refusalOf,
  startMs,
} from '../../test/identity/house.js';
import { Secret } from '../kernel/secret.js';
import { identityErrors } from './errors.js';
import { parameterPrefixOf } from './password-hash.js';
import { createPasswordPool } from './password-pool.js';

const hour = 3_600_000;
/** For more wrong passwords of one account than the budget has judged. */
const unlimited = { perSource: 1_000, perAccountDay: 1_000, perAddressHour: 1_000 };
let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

describe('a right password', () => {
  it('begins a session and tells who it is', async () => {
    await house.addUser('John.Doe', { firstName: 'John', lastName: 'Doe', email: 'john@example.com' });
    house.forget();
    const signIn = await house.login('john.doe');
    expect(signIn.profile.user).toMatchObject({
      username: 'John.Doe',
      displayName: 'John Doe',
      email: 'john@example.com',
    });
    expect(signIn.profile.organisation).toMatchObject({ uid: 'acme', number: 1 });
    expect(signIn.profile.roles.map((role) => role.name)).toEqual(['member']);
    expect(signIn.session).toMatchObject({
      family: 'precrime',
      createdAtMs: startMs,
      lineStartedAtMs: startMs,
      idleMs: null,
    });
    expect(house.writes.at(-1)).toEqual([
      'insertSession',
      'endOldestSessions',
      'rememberSource',
      'audit login.succeeded',
    ]);
    const [event] = await house.audited();
    expect(event).toMatchObject({
      name: 'login.succeeded',
      outcome: 'ok',
      origin,
      actorId: signIn.profile.user.id,
      subject: `user:${signIn.profile.user.id}`,
      credential: { kind: 'precrime_token', id: signIn.session.id },
    });
  });

  it.each(['john.doe', 'JOHN.DOE', 'ｊｏｈｎ.ｄｏｅ', 'John.Doe'])(
    'is right under every spelling of the name: %s',
    async (spelling) => {
      await house.addUser('John.Doe');
      expect((await house.login(spelling)).profile.user.username).toBe('John.Doe');
    },
  );

  it('gives precrime a token for an hour with its claims in order', async () => {
    await house.addUser('john.doe');
    const { token, session, profile, csrf } = await house.login('john.doe');
    const iat = Math.floor(startMs / 1000);
    const { header, payload } = decode(token);
    expect(header).toBe('{"alg":"HS256","typ":"JWT"}');
    expect(payload).toBe(
      `{"sub":"${profile.user.id}","unique_name":"john.doe","jti":"${session.id}","iat":${iat},"exp":${iat + 3600},"company":1}`,
    );
    expect(csrf).toBeNull();
    expect(session.expiresAtMs).toBe((iat + 3600) * 1000);
  });

  it('gives cloudio a token with its csrf, twelve hours and an hour of idleness', async () => {
    await house.addUser('steve', { kind: 'service' });
    const { token, session, csrf } = await house.login('steve', undefined, 'cloudio');
    const iat = Math.floor(startMs / 1000);
    expect(decode(token)).toMatchObject({
      header: '{"alg":"HS256","typ":"JWT"}',
      payload: `{"session":"${session.id}","csrf":"${csrf?.reveal()}","org_uid":"acme","iat":${iat},"exp":${iat + 43_200}}`,
    });
    expect(csrf?.reveal()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(session.idleMs).toBe(hour);
  });

  it('gives onedb the very token of its documentation: HS512, sub, exp, iat, five hours', async () => {
    await house.addUser('api', { kind: 'api' });
    const { token, csrf, session } = await house.login('api', undefined, 'onedb');
    expect(decode(token)).toMatchObject({
      header: '{"alg":"HS512"}',
      payload: '{"sub":"api","exp":1777180107,"iat":1777162107}',
    });
    expect(token.reveal()).toMatch(
      /^eyJhbGciOiJIUzUxMiJ9\.eyJzdWIiOiJhcGkiLCJleHAiOjE3NzcxODAxMDcsImlhdCI6MTc3NzE2MjEwN30\.[\w-]{86}$/,
    );
    expect(csrf).toBeNull();
    expect(session.expiresAtMs).toBe(1_777_180_107_000);
  });

  it('twice in one second at onedb is one token and one session', async () => {
    await house.addUser('api', { kind: 'api' });
    const first = await house.login('api', undefined, 'onedb');
    const second = await house.login('api', undefined, 'onedb');
    expect(second.token.reveal()).toBe(first.token.reveal());
    expect(second.session).toEqual(first.session);
    house.clock.advance(1000);
    const third = await house.login('api', undefined, 'onedb');
    expect(third.token.reveal()).not.toBe(first.token.reveal());
    expect(third.session.id).not.toBe(first.session.id);
    for (const { token } of [first, second, third]) {
      expect((await house.authenticate(token, 'onedb_token')).username).toBe('api');
    }
  });

  it('in the second in which every session was ended gives a token that is good and is none of the ended', async () => {
    await house.addUser('api', { kind: 'api' });
    const before = await house.login('api', undefined, 'onedb');
    const next = new Secret('lamp cactus orbit tangerine');
    await house.identity.changePassword({ username: 'api', old: new Secret(goodPassword), next, origin });
    const after = await house.login('api', next.reveal(), 'onedb');
    expect(after.token.reveal()).not.toBe(before.token.reveal());
    expect(JSON.parse(decode(after.token).payload)).toEqual({ sub: 'api', exp: 1_777_180_106, iat: 1_777_162_106 });
    expect((await house.authenticate(after.token, 'onedb_token')).username).toBe('api');
    expect(await codeOf(house.authenticate(before.token, 'onedb_token'))).toBe('identity.unauthenticated');
  });

  it('is taken at every family, whatever the kind of user', async () => {
    for (const kind of ['person', 'service', 'api'] as const) {
      await house.addUser(`one-${kind}`, { kind });
      for (const family of ['precrime', 'cloudio', 'onedb'] as const) {
        expect((await house.login(`one-${kind}`, undefined, family)).session.family).toBe(family);
      }
    }
  });

  it('fifty times at once is fifty sessions, and the fifty-first ends the oldest', async () => {
    await house.addUser('steve', { kind: 'service' });
    const first = await house.login('steve');
    house.clock.advance(10);
    const others = await Promise.all(Array.from({ length: 49 }, () => house.login('steve')));
    expect((await house.authenticate(first.token, 'precrime_token')).username).toBe('steve');
    house.clock.advance(10);
    house.forget();
    const last = await house.login('steve');
    expect(house.writes.at(-1)).toEqual([
      'insertSession',
      'endOldestSessions',
      'audit session.revoked',
      'audit login.succeeded',
    ]);
    expect(await codeOf(house.authenticate(first.token, 'precrime_token'))).toBe('identity.unauthenticated');
    for (const { token } of [...others, last]) await house.authenticate(token, 'precrime_token');
    const revoked = (await house.audited()).filter((event) => event.name === 'session.revoked');
    expect(revoked).toMatchObject([{ subject: `session:${first.session.id}`, reason: 'session_limit' }]);
  });

  it('under older parameters is hashed again under today’s, and stays the same password', async () => {
    await house.addUser('john.doe');
    const { user } = await house.identity.users.show(operator, 'john.doe');
    const pool = createPasswordPool({ threads: 1 });
    const old = await pool.hash(new Secret(goodPassword), { memoryKib: 16, passes: 2, lanes: 1 });
    await pool.close();
    const current = await house.store.identity.findUserByName('john.doe');
    await house.store.identity.transaction((tx) => tx.rehashPassword(user.id, current!.passwordHash!, old));
    house.forget();
    await house.login('john.doe');
    expect(house.writes.at(-1)).toEqual([
      'insertSession',
      'endOldestSessions',
      'rememberSource',
      'rehashPassword',
      'audit login.succeeded',
    ]);
    const rehashed = (await house.store.identity.findUserByName('john.doe'))?.passwordHash ?? '';
    expect(parameterPrefixOf(rehashed)).toBe('$argon2id$v=19$m=8,t=1,p=1');
    house.forget();
    await house.login('john.doe');
    expect(house.writes.at(-1)).toEqual(['insertSession', 'endOldestSessions', 'audit login.succeeded']);
  });

  it('of concurrent logins that all rehash lets every one in', async () => {
    const pool = createPasswordPool({ threads: 1 });
    await house.addUser('john.doe');
    const current = await house.store.identity.findUserByName('john.doe');
    const old = await pool.hash(new Secret(goodPassword), { memoryKib: 16, passes: 2, lanes: 1 });
    await pool.close();
    await house.store.identity.transaction((tx) => tx.rehashPassword(current!.user.id, current!.passwordHash!, old));
    await Promise.all(Array.from({ length: 20 }, () => house.login('john.doe')));
  });
});

describe('every refusal', () => {
  /** Accounts in each state; the password is the right one unless said otherwise. */
  const states: Record<
    string,
    { prepare(one: House): Promise<unknown>; username?: string; password?: string; reason: string }
  > = {
    unknown: { prepare: async () => undefined, username: 'nobody', reason: 'unknown_name' },
    'no name at all': { prepare: async () => undefined, username: 'no name\u202E', reason: 'unknown_name' },
    'an empty name': { prepare: async () => undefined, username: '', reason: 'unknown_name' },
    'a name of a megabyte': { prepare: async () => undefined, username: 'x'.repeat(1_048_576), reason: 'unknown_name' },
    __proto__: { prepare: async () => undefined, username: '__proto__', reason: 'unknown_name' },
    'SQL in the name': { prepare: async () => undefined, username: "'or'1'='1", reason: 'unknown_name' },
    wrong: { prepare: (one) => one.addUser('u'), password: 'not the password at all', reason: 'wrong_password' },
    'an empty password': { prepare: (one) => one.addUser('u'), password: '', reason: 'wrong_password' },
    'a trailing space': { prepare: (one) => one.addUser('u'), password: `${goodPassword} `, reason: 'wrong_password' },
    disabled: {
      prepare: async (one) => {
        await one.addUser('u');
        await one.identity.users.disable(operator, 'u');
      },
      reason: 'disabled',
    },
    'disabled and wrong': {
      prepare: async (one) => {
        await one.addUser('u');
        await one.identity.users.disable(operator, 'u');
      },
      password: 'wrong',
      reason: 'wrong_password',
    },
    locked: {
      prepare: async (one) => {
        await one.addUser('u');
        await one.identity.users.set(operator, 'u', { lockedUntilMs: one.clock.nowMs() + 1 });
      },
      reason: 'locked',
    },
    'expired and wrong': {
      prepare: (one) => one.addUser('u', { passwordExpiresAtMs: startMs }),
      password: 'wrong',
      reason: 'wrong_password',
    },
    'expired and disabled': {
      prepare: async (one) => {
        await one.addUser('u', { passwordExpiresAtMs: startMs });
        await one.identity.users.disable(operator, 'u');
      },
      reason: 'disabled',
    },
    'without a password': {
      prepare: (one) => one.addUser('u', { password: null }),
      password: '',
      reason: 'no_password',
    },
    'with an unreadable hash': {
      prepare: async (one) => {
        const { user } = await one.addUser('u');
        await one.store.identity.transaction((tx) => tx.updatePassword(user.id, '$2b$12$foreign', startMs, null));
      },
      reason: 'no_password',
    },
    'with older parameters and wrong': {
      prepare: async (one) => {
        const { user } = await one.addUser('u');
        const pool = createPasswordPool({ threads: 1 });
        const hash = await pool.hash(new Secret(goodPassword), { memoryKib: 16, passes: 2, lanes: 1 });
        await pool.close();
        await one.store.identity.transaction((tx) => tx.updatePassword(user.id, hash, startMs, null));
      },
      password: 'wrong',
      reason: 'wrong_password',
    },
    removed: {
      prepare: async (one) => {
        await one.addUser('u');
        await one.identity.users.remove(operator, 'u');
      },
      reason: 'unknown_name',
    },
  };

  describe.each(['precrime', 'cloudio', 'onedb'] as const)('at %s', (family) => {
    it.each(Object.entries(states))(
      'of an account that is %s is the same, costs the same and is written the same',
      async (_, state) => {
        await state.prepare(house);
        house.forget();
        const before = house.store.statistics().transactions;
        const refusal = await refusalOf(house.login(state.username ?? 'u', state.password, family));
        expect(refusal).toBe(await refusalOf(Promise.reject(identityErrors.invalid_credentials())));
        expect(house.writes).toEqual([['audit login.refused']]);
        expect(house.store.statistics().transactions - before).toBe(1);
        const [event] = await house.audited();
        expect(event).toMatchObject({
          name: 'login.refused',
          outcome: 'refused',
          reason: state.reason,
          actorId: null,
          credential: null,
          origin,
          subject: expect.stringMatching(/^(user:[0-9a-f-]{36}|name:[0-9a-f]{32})$/),
          facts: { name: expect.stringMatching(/^[0-9a-f]{32}$/) },
        });
      },
    );
  });

  it('asks the hasher exactly once, with parameters that some account has', async () => {
    const asked: string[] = [];
    const pool = createPasswordPool({ threads: 1 });
    const spying = await openHouse({
      policy: { guesses: unlimited },
      hasher: {
        assertRoom: () => pool.assertRoom(),
        hash: pool.hash.bind(pool),
        verify: (hash, password) => {
          asked.push(parameterPrefixOf(hash) ?? 'unreadable');
          return pool.verify(hash, password);
        },
        close: pool.close.bind(pool),
      },
    });
    for (const state of Object.values(states)) {
      await state.prepare(spying);
      asked.splice(0);
      await refusalOf(spying.login(state.username ?? 'u', state.password));
      expect(asked).toHaveLength(1);
      expect(asked[0]).toMatch(/^\$argon2id\$v=19\$m=(8,t=1|16,t=2),p=1$/);
      await spying.identity.users.remove(operator, 'u').catch(() => undefined);
    }
    await spying.close();
    await pool.close();
  });

  it('makes one look-up that finds somebody and one that finds nobody', async () => {
    const found: boolean[] = [];
    const spying = await openHouse({
      policy: { guesses: unlimited },
      wrapStore: (store) => ({
        ...store,
        findUserByName: async (name) => {
          const user = await store.findUserByName(name);
          found.push(user !== null);
          return user;
        },
      }),
    });
    await spying.addUser('somebody');
    for (const state of Object.values(states)) {
      await state.prepare(spying);
      found.splice(0);
      await refusalOf(spying.login(state.username ?? 'u', state.password));
      expect(found.sort()).toEqual([false, true]);
      await spying.identity.users.remove(operator, 'u').catch(() => undefined);
    }
    await spying.close();
  });

  it('names nobody in the trail: what was typed as a name is a keyed fingerprint', async () => {
    await refusalOf(house.login('my-secret-password'));
    await refusalOf(house.login('MY-SECRET-PASSWORD'));
    await refusalOf(house.login('another'));
    const [third, second, first] = await house.audited();
    expect(JSON.stringify([first, second, third])).not.toContain('secret');
    expect(first?.subject).toBe(second?.subject);
    expect(first?.subject).not.toBe(third?.subject);
  });

  it('holds for a name that only looks like an account’s', async () => {
    await house.addUser('admin1');
    for (const confusable of [
      'аdmin1',
      'admin１\u200B',
      'admin1 ',
      ' admin1',
      'admin1\0',
      'admın1',
      'admin1\u0301',
      'ａdmin¹',
    ]) {
      expect(await codeOf(house.login(confusable))).toBe('identity.invalid_credentials');
    }
  });
});

describe('an expired password', () => {
  it('is told only to who has it, once it was verified, with one transaction like any refusal', async () => {
    await house.addUser('u', { passwordExpiresAtMs: startMs + 1000 });
    await house.login('u');
    house.clock.advance(1000);
    house.forget();
    expect(await codeOf(house.login('u'))).toBe('identity.password_expired');
    expect(await codeOf(house.login('u', 'wrong'))).toBe('identity.invalid_credentials');
    expect(house.writes).toEqual([['audit login.refused'], ['audit login.refused']]);
    expect((await house.audited()).slice(0, 2).map((event) => event.reason)).toEqual([
      'wrong_password',
      'password_expired',
    ]);
  });

  it('does not exist by default: nobody is refused for the age of a password', async () => {
    await house.addUser('u');
    house.clock.advance(10 * 365 * 24 * hour);
    await house.login('u');
  });
});

describe('a login', () => {
  it('is refused before any work when the password is too long or no text', async () => {
    await house.addUser('u');
    house.forget();
    expect(await codeOf(house.login('u', 'a'.repeat(1025)))).toBe('identity.password_too_long');
    expect(await codeOf(house.login('u', 'a\uD800'))).toBe('identity.password_malformed');
    expect(await codeOf(house.login('nobody', 'a\uD800'))).toBe('identity.password_malformed');
    expect(house.writes).toEqual([]);
  });

  it('that was verified before the account was disabled begins no session after it', async () => {
    const pool = createPasswordPool({ threads: 1 });
    let meanwhile = async () => undefined as unknown;
    const racing = await openHouse({
      hasher: {
        assertRoom: () => pool.assertRoom(),
        hash: pool.hash.bind(pool),
        verify: async (hash, password) => {
          const matches = await pool.verify(hash, password);
          const happen = meanwhile;
          // Once: what happens meanwhile may compare hashes itself.
          meanwhile = async () => undefined;
          await happen();
          return matches;
        },
        close: pool.close.bind(pool),
      },
    });
    const next = new Secret('lamp cactus orbit tangerine');
    const events: [string, () => Promise<unknown>][] = [
      ['disabled', () => racing.identity.users.disable(operator, 'u')],
      ['locked', () => racing.identity.users.set(operator, 'u', { lockedUntilMs: startMs + hour })],
      [
        'changed_meanwhile',
        () => racing.identity.users.resetPassword(operator, 'u', { password: next, mustChange: false }),
      ],
      ['changed_meanwhile', () => racing.identity.users.remove(operator, 'u')],
    ];
    for (const [reason, event] of events) {
      await racing.addUser('u');
      meanwhile = async () => {
        racing.clock.advance(1);
        await event();
      };
      expect(await codeOf(racing.login('u'))).toBe('identity.invalid_credentials');
      expect((await racing.audited())[0]).toMatchObject({ name: 'login.refused', reason });
      meanwhile = async () => undefined;
      await racing.identity.users.remove(operator, 'u').catch(() => undefined);
    }
    await racing.close();
    await pool.close();
  });

  it('that finds the hashing queue full says when to come back and writes nothing', async () => {
    const pool = createPasswordPool({ threads: 1, maxQueued: 1 });
    const busy = await openHouse({ hasher: pool, policy: { passwordParameters: { ...cheap, memoryKib: 19_456 } } });
    await busy.addUser('u');
    await busy.login('u');
    busy.forget();
    const results = await Promise.allSettled(Array.from({ length: 30 }, () => busy.login('u')));
    const refused = results.filter((result) => result.status === 'rejected').map((result) => result.reason);
    expect(refused.length).toBeGreaterThan(10);
    for (const error of refused) {
      expect(error).toMatchObject({ code: 'identity.hash_queue_full', kind: 'unavailable' });
      expect(error.details.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    }
    expect(busy.writes).toHaveLength(30 - refused.length);
    await busy.close();
    await pool.close();
  });

  it('is refused before any look-up while the hashing queue is full', async () => {
    const pool = createPasswordPool({ threads: 1, maxQueued: 1 });
    const slow = { memoryKib: 65_536, passes: 3, lanes: 1 };
    let lookUps = 0;
    const busy = await openHouse({
      hasher: pool,
      wrapStore: (store) => ({
        ...store,
        findUserByName: (name) => {
          lookUps += 1;
          return store.findUserByName(name);
        },
      }),
    });
    const filling = [1, 2].map(() => pool.hash(new Secret('fills the queue'), slow));
    for (const name of ['u', 'nobody', ':']) {
      expect(await codeOf(busy.login(name))).toBe('identity.hash_queue_full');
    }
    expect(lookUps).toBe(0);
    await Promise.all(filling);
    await codeOf(busy.login('nobody'));
    expect(lookUps).toBeGreaterThan(0);
    await busy.close();
    await pool.close();
  });

  it('of a family that issues no tokens is our own mistake', async () => {
    await expect(house.login('u', 'x', 'native')).rejects.toThrow(TypeError);
  });
});
