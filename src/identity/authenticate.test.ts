import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  apiKey,
  codeOf,
  goodPassword,
  type House,
  jwt,
  openHouse,
  operator,
  origin,
  refusalOf,
  startMs,
} from '../../test/identity/house.js';
import { type CredentialKind, credentialKinds } from '../access/index.js';
import { Secret } from '../kernel/secret.js';
import { identityErrors } from './errors.js';
import type { PresentedCredential, SignIn } from './model.js';

const minute = 60_000;
const hour = 60 * minute;
let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const authenticate = (presented: PresentedCredential | null, accepts: readonly CredentialKind[]) =>
  house.identity.authenticate({ presented, accepts, origin });
const refusedCount = async () => (await house.audited()).filter((event) => event.name === 'access.refused').length;

describe('the gate', () => {
  it('makes a principal of a live token, with the rights of its roles at this moment', async () => {
    const { user, organisation, roles } = await house.addUser('John.Doe');
    const { token, session } = await house.login('john.doe');
    const principal = await house.authenticate(token, 'precrime_token');
    expect(principal).toEqual({
      userId: user.id,
      username: 'John.Doe',
      userKind: 'person',
      organisationId: organisation.id,
      organisationUid: 'acme',
      credential: { kind: 'precrime_token', id: session.id, expiresAtMs: session.expiresAtMs },
      roleIds: [roles[0]!.id],
      sources: null,
      claims: new Map(),
      allowed: new Set(['connections.test', 'api_keys.manage_own', 'data.use', 'vault.use']),
    });
    expect(Object.isFrozen(principal)).toBe(true);
    await house.identity.users.set(operator, 'john.doe', { addRoles: ['administrator'], removeRoles: ['member'] });
    expect((await house.authenticate(token, 'precrime_token')).allowed).toContain('directory.manage');
    await house.addUser('root', { roles: ['administrator'] });
    await house.identity.users.set(operator, 'john.doe', { removeRoles: ['administrator'] });
    expect((await house.authenticate(token, 'precrime_token')).allowed.size).toBe(0);
  });

  it('refuses every kind of credential everywhere but where it is accepted', async () => {
    await house.addUser('u');
    const [precrime, cloudio, onedb] = [
      await house.login('u', undefined, 'precrime'),
      await house.login('u', undefined, 'cloudio'),
      await house.login('u', undefined, 'onedb'),
    ];
    const member = await house.authenticate(precrime.token, 'precrime_token');
    const key = await house.identity.apiKeys.add(member, { name: 'k' }, origin);
    const presented: [CredentialKind, PresentedCredential][] = [
      ['precrime_token', jwt(precrime.token)],
      ['cloudio_session', jwt(cloudio.token, cloudio.csrf)],
      ['onedb_token', jwt(onedb.token)],
      ['api_key', apiKey(key.value)],
    ];
    for (const [kind, credential] of presented) {
      for (const accepted of credentialKinds) {
        const work = authenticate(credential, [accepted]);
        if (accepted === kind) expect((await work).credential.kind).toBe(kind);
        else expect(await codeOf(work), `${kind} at ${accepted}`).toBe('identity.unauthenticated');
      }
      const others = credentialKinds.filter((one) => one !== kind);
      expect(await codeOf(authenticate(credential, others))).toBe('identity.unauthenticated');
      expect((await authenticate(credential, credentialKinds)).credential.kind).toBe(kind);
      expect(await codeOf(authenticate(credential, []))).toBe('identity.unauthenticated');
      for (const shape of ['jwt', 'api_key', 'cookie', 'unknown'] as const) {
        if (shape === credential.shape) continue;
        expect(await codeOf(authenticate({ ...credential, shape }, credentialKinds))).toBe('identity.unauthenticated');
      }
    }
    expect(await refusedCount()).toBe(0);
  });

  it('refuses nothing, garbage and foreign tokens in one way, and writes nothing down', async () => {
    await house.addUser('u');
    await house.login('u');
    const forged = (header: string, payload: string, secret = 'secret') => {
      const input = `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`;
      return new Secret(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`);
    };
    const payload = '{"sub":"x","unique_name":"u","jti":"x","iat":1777162107,"exp":1777165707,"company":1}';
    const garbage: (PresentedCredential | null)[] = [
      null,
      jwt(new Secret('')),
      jwt(new Secret('a.b.c')),
      jwt(forged('{"alg":"none"}', payload)),
      jwt(forged('{"alg":"HS256","typ":"JWT"}', payload)),
      jwt(forged('{"alg":"HS256","typ":"JWT"}', payload, '')),
      jwt(forged('{"alg":"HS512"}', '{"sub":"u","exp":1777180107,"iat":1777162107}')),
      apiKey(new Secret('')),
      apiKey(new Secret('lk_'.padEnd(52, 'a'))),
      { shape: 'cookie', value: new Secret('x'), csrf: null },
      { shape: 'unknown', value: new Secret('x'), csrf: null },
    ];
    house.forget();
    const expected = await refusalOf(Promise.reject(identityErrors.unauthenticated()));
    for (const presented of garbage) expect(await refusalOf(authenticate(presented, credentialKinds))).toBe(expected);
    expect(house.writes).toEqual([]);
  });

  it('refuses a genuine token whose session never was here', async () => {
    await house.addUser('u');
    const { token, session } = await house.login('u');
    await house.store.identity.transaction((tx) => tx.endSession(session.id, startMs));
    expect(await codeOf(house.authenticate(token, 'precrime_token'))).toBe('identity.unauthenticated');
    expect((await house.audited())[0]).toMatchObject({
      name: 'access.refused',
      reason: 'session_ended',
      outcome: 'refused',
    });
  });

  it('records the refusal of one dead token once a minute, however often it is sent', async () => {
    await house.addUser('u');
    const { token } = await house.login('u');
    house.clock.advance(hour);
    for (let count = 0; count < 50; count += 1) {
      expect(await codeOf(house.authenticate(token, 'precrime_token'))).toBe('identity.token_expired');
    }
    expect(await refusedCount()).toBe(1);
    house.clock.advance(minute);
    await codeOf(house.authenticate(token, 'precrime_token'));
    expect(await refusedCount()).toBe(2);
    expect((await house.audited())[0]).toMatchObject({
      reason: 'token_expired',
      credential: { kind: 'precrime_token' },
    });
  });
});

describe('a session', () => {
  it.each([
    ['precrime', 'precrime_token', 3600],
    ['onedb', 'onedb_token', 18_000],
  ] as const)('of %s lives exactly to the exp of its token, used or not', async (family, kind, seconds) => {
    await house.addUser('u');
    const { token } = await house.login('u', undefined, family);
    const endMs = (Math.floor(startMs / 1000) + seconds) * 1000;
    house.clock.advance(endMs - startMs - 1);
    await house.authenticate(token, kind);
    house.clock.advance(1);
    expect(await codeOf(house.authenticate(token, kind))).toBe('identity.token_expired');
  });

  it('of cloudio idles out after an hour without use, and not while it is used', async () => {
    await house.addUser('u');
    const { token, csrf } = await house.login('u', undefined, 'cloudio');
    for (let count = 0; count < 5; count += 1) {
      house.clock.advance(hour - 1);
      await house.authenticate(token, 'cloudio_session', csrf);
    }
    house.clock.advance(hour);
    expect(await codeOf(house.authenticate(token, 'cloudio_session', csrf))).toBe('identity.token_expired');
    expect((await house.audited())[0]).toMatchObject({ name: 'access.refused', reason: 'session_idle' });
  });

  it('of cloudio ends after twelve hours however much it is used', async () => {
    await house.addUser('u');
    const { token, csrf, session } = await house.login('u', undefined, 'cloudio');
    while (house.clock.nowMs() + 30 * minute < session.expiresAtMs) {
      house.clock.advance(30 * minute);
      await house.authenticate(token, 'cloudio_session', csrf);
    }
    house.clock.advance(session.expiresAtMs - house.clock.nowMs() - 1);
    await house.authenticate(token, 'cloudio_session', csrf);
    house.clock.advance(1);
    expect(await codeOf(house.authenticate(token, 'cloudio_session', csrf))).toBe('identity.token_expired');
    expect(session.expiresAtMs - startMs).toBeGreaterThan(12 * hour - 1000);
  });

  it('is known to have been used by a second process within a minute, and written at most once a minute', async () => {
    await house.addUser('u');
    const { token, csrf, session } = await house.login('u', undefined, 'cloudio');
    house.forget();
    for (let count = 0; count < 100; count += 1) {
      house.clock.advance(1800);
      await house.authenticate(token, 'cloudio_session', csrf);
    }
    await house.identity.settle();
    expect(house.writes).toEqual([['touchSessions'], ['touchSessions']]);
    const stored = await house.store.identity.findSessionById(session.id);
    expect(house.clock.nowMs() - (stored?.session.lastSeenAtMs ?? 0)).toBeLessThanOrEqual(minute);
  });

  it('is used although its last use cannot be written, and somebody is told', async () => {
    const failing = await openHouse({
      wrapStore: (store) => ({
        ...store,
        transaction: (work) =>
          store.transaction((tx) =>
            work(Object.assign(Object.create(tx), { touchSessions: () => Promise.reject(new Error('disk full')) })),
          ),
      }),
    });
    await failing.addUser('u');
    const { token, csrf } = await failing.login('u', undefined, 'cloudio');
    failing.clock.advance(2 * minute);
    await failing.authenticate(token, 'cloudio_session', csrf);
    await failing.identity.settle();
    expect(failing.backgroundFailures).toMatchObject([{ message: 'disk full' }]);
    failing.clock.advance(hour - 1);
    await failing.authenticate(token, 'cloudio_session', csrf);
    await failing.close();
  });

  it('goes on while its user is locked out, for a lock keeps guesses away and not people', async () => {
    await house.addUser('u');
    const { token } = await house.login('u');
    await house.identity.users.set(operator, 'u', { lockedUntilMs: startMs + hour });
    expect((await house.authenticate(token, 'precrime_token')).username).toBe('u');
    expect(await codeOf(house.login('u'))).toBe('identity.invalid_credentials');
  });

  it('of a user whose row says disabled is refused, even if nobody ended it', async () => {
    const { user } = await house.addUser('u');
    const { token } = await house.login('u');
    await house.store.identity.transaction((tx) => tx.updateUser({ ...user, disabledAtMs: startMs }));
    expect(await codeOf(house.authenticate(token, 'precrime_token'))).toBe('identity.unauthenticated');
  });

  const next = new Secret('lamp cactus orbit tangerine');
  const endings: Record<string, (signIn: SignIn) => Promise<unknown>> = {
    logout: async ({ token, csrf, session }) => {
      const kind = (['precrime_token', 'cloudio_session', 'onedb_token'] as const).find((one) =>
        one.startsWith(session.family),
      )!;
      await house.identity.logout(await house.authenticate(token, kind, csrf), origin);
    },
    'password change': () =>
      house.identity.changePassword({ username: 'u', old: new Secret(goodPassword), next, origin }),
    'password reset': () => house.identity.users.resetPassword(operator, 'u', { password: next, mustChange: true }),
    disabling: () => house.identity.users.disable(operator, 'u'),
    'disabling and enabling': async () => {
      await house.identity.users.disable(operator, 'u');
      await house.identity.users.enable(operator, 'u');
    },
    removal: () => house.identity.users.remove(operator, 'u'),
    'removal and a new account of that name': async () => {
      await house.identity.users.remove(operator, 'u');
      await house.addUser('u');
    },
  };
  describe.each(['precrime', 'cloudio', 'onedb'] as const)('of %s', (family) => {
    it.each(Object.entries(endings))('is over at once, everywhere, after %s', async (_, end) => {
      const kind = ({ precrime: 'precrime_token', cloudio: 'cloudio_session', onedb: 'onedb_token' } as const)[family];
      await house.addUser('u');
      const signIn = await house.login('u', undefined, family);
      const presented = jwt(signIn.token, signIn.csrf);
      const other = house.another();
      await other.authenticate({ presented, accepts: [kind], origin });
      await end(signIn);
      for (const one of [house.identity, other, house.another()]) {
        expect(await codeOf(one.authenticate({ presented, accepts: [kind], origin }))).toBe('identity.unauthenticated');
      }
    });
  });
});

describe('the csrf of a cloudio session', () => {
  it('must come with the token and be its own', async () => {
    await house.addUser('u');
    const mine = await house.login('u', undefined, 'cloudio');
    const other = await house.login('u', undefined, 'cloudio');
    const value = mine.csrf?.reveal() ?? '';
    const wrong = [
      null,
      other.csrf,
      ...['', ' ', value.toUpperCase(), `${value} `, value.slice(1), mine.session.id, mine.token.reveal()].map(
        (text) => new Secret(text),
      ),
    ];
    for (const csrf of wrong) {
      expect(await codeOf(house.authenticate(mine.token, 'cloudio_session', csrf))).toBe('identity.csrf_mismatch');
    }
    expect((await house.authenticate(mine.token, 'cloudio_session', mine.csrf)).username).toBe('u');
    expect((await house.audited())[0]).toMatchObject({ name: 'access.refused', reason: 'csrf_mismatch' });
  });

  it('is not asked for before the token was found good', async () => {
    await house.addUser('u');
    const { token, csrf } = await house.login('u', undefined, 'cloudio');
    await house.identity.logout(await house.authenticate(token, 'cloudio_session', csrf), origin);
    expect(await codeOf(house.authenticate(token, 'cloudio_session', null))).toBe('identity.unauthenticated');
    expect(await codeOf(house.authenticate(token, 'cloudio_session', csrf))).toBe('identity.unauthenticated');
  });

  it('does no harm to a token that needs none', async () => {
    await house.addUser('u');
    const { token } = await house.login('u');
    expect((await house.authenticate(token, 'precrime_token', new Secret('anything'))).username).toBe('u');
  });
});

describe('local principals', () => {
  it('are the operator, who may do everything, and the caller on loopback, who may test connections', () => {
    const cli = house.identity.localPrincipal('cli');
    expect(cli.allowed).toContain('directory.manage');
    expect(cli).toMatchObject({ userId: null, credential: { kind: 'cli', id: null, expiresAtMs: null } });
    const loopback = house.identity.localPrincipal('loopback');
    expect([...loopback.allowed]).toEqual(['connections.test', 'connections.diagnose']);
  });

  it('have no profile, no session and no keys', async () => {
    const cli = house.identity.localPrincipal('cli');
    expect(await codeOf(house.identity.profile(cli))).toBe('identity.unauthenticated');
    expect(await codeOf(house.identity.renew(cli, origin))).toBe('identity.unauthenticated');
    expect(await codeOf(house.identity.logout(cli, origin))).toBe('identity.unauthenticated');
    expect(await codeOf(house.identity.apiKeys.add(cli, { name: 'k' }, origin))).toBe('access.denied');
  });
});
