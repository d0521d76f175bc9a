import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  apiKey,
  codeOf,
  decode,
  goodPassword,
  type House,
  jwt,
  openHouse,
  operator,
  origin,
  testIssuer,
} from '../../test/identity/house.js';
import { type Action, actions, type Principal } from '../access/index.js';
import { Secret } from '../kernel/secret.js';
import { readScopes, scopeText } from './native-token.js';
import type { Identity } from './use-cases.js';

let house: House;
let ada: Principal;
beforeEach(async () => {
  house = await openHouse();
  await house.addUser('ada', { roles: ['administrator'] });
  ada = await principalBy('ada');
});
afterEach(() => house.close());

async function principalBy(username: string): Promise<Principal> {
  const { token } = await house.login(username);
  return house.authenticate(token, 'precrime_token');
}
const issue = (principal: Principal, scopes: readonly Action[] | null = null, identity = house.identity) =>
  identity.nativeTokens.issue(principal, { scopes }, origin);
const gate = async (token: Secret, identity: Identity = house.identity, address: string | null = origin.address) =>
  identity.authenticate({ presented: jwt(token), accepts: ['native_token'], origin: { ...origin, address } });

describe('a native token', () => {
  it('is what RFC 9068 says, to the byte', async () => {
    const { token, session, expiresInSeconds } = await issue(ada, ['metrics.read', 'sources.inspect']);
    const [key] = (await house.identity.keys.list(operator)).filter((one) => one.family === 'native');
    const { header, payload } = decode(token);
    expect(header).toBe(`{"alg":"EdDSA","typ":"at+jwt","kid":"${key?.id}"}`);
    const iat = Math.floor(house.clock.nowMs() / 1000);
    const times = `"exp":${iat + 900},"iat":${iat}`;
    const who = `"sub":"${ada.userId}","aud":"${testIssuer}"`;
    const last = `"jti":"${session.id}","client_id":"${ada.userId}","scope":"sources.inspect metrics.read"`;
    expect(payload).toBe(`{"iss":"${testIssuer}",${who},${times},${last}}`);
    expect(expiresInSeconds).toBe(900);
  });

  it('allows its scopes and nothing else of what its user may do', async () => {
    const { token, scopes, session } = await issue(ada, ['metrics.read', 'sources.inspect']);
    expect(scopes).toEqual(['sources.inspect', 'metrics.read']);
    const principal = await gate(token);
    expect([...principal.allowed].sort()).toEqual(['metrics.read', 'sources.inspect']);
    expect(principal).toMatchObject({ username: 'ada', credential: { kind: 'native_token', id: session.id } });
    expect([...(await gate((await issue(ada)).token)).allowed].sort()).toEqual([...ada.allowed].sort());
  });

  it('allows no more than its user’s roles do now', async () => {
    const { token } = await issue(ada, ['directory.manage', 'sources.inspect']);
    await house.addUser('root', { roles: ['administrator'] });
    await house.identity.users.set(operator, 'ada', { addRoles: ['member'], removeRoles: ['administrator'] });
    const rights = await gate(token).then(
      ({ allowed }) => [...allowed],
      // A change of role may also end what was issued before it.
      () => [],
    );
    expect(rights).not.toContain('directory.manage');
  });

  it('is not issued for more than its caller may do, for nothing, on a native token, or without an account', async () => {
    await house.addUser('bob');
    const bob = await principalBy('bob');
    expect(await codeOf(issue(bob, ['directory.manage']))).toBe('identity.scope_not_allowed');
    expect(await codeOf(issue(bob, []))).toBe('identity.scope_not_allowed');
    const narrow = await gate((await issue(bob)).token);
    expect(await codeOf(issue(narrow))).toBe('identity.unauthenticated');
    expect(await codeOf(issue(house.identity.localPrincipal('cli')))).toBe('identity.unauthenticated');
  });

  it('ends after 15 minutes, to the second', async () => {
    const { token } = await issue(ada);
    const endMs = (Math.floor(house.clock.nowMs() / 1000) + 900) * 1000;
    house.clock.advance(endMs - house.clock.nowMs() - 1);
    await gate(token);
    house.clock.advance(1);
    expect(await codeOf(gate(token))).toBe('identity.token_expired');
  });

  it('ends with its session: logout, disabling, a new password', async () => {
    const [first, second] = [await issue(ada), await issue(ada)];
    await house.identity.logout(await gate(first.token), origin);
    expect(await codeOf(gate(first.token))).toBe('identity.unauthenticated');
    const next = new Secret('violin meadow ticket forty');
    await gate(second.token);
    await house.identity.changePassword({ username: 'ada', old: new Secret(goodPassword), next, origin });
    expect(await codeOf(gate(second.token))).toBe('identity.unauthenticated');
    const { token } = await house.login('ada', next.reveal());
    const third = await issue(await house.authenticate(token, 'precrime_token'));
    await house.addUser('root', { roles: ['administrator'] });
    await house.identity.users.disable(operator, 'ada');
    expect(await codeOf(gate(third.token))).toBe('identity.unauthenticated');
    expect(await codeOf(issue(ada))).toBe('identity.unauthenticated');
  });

  it('that was issued on an API key makes no keys, and is good as long as the key is', async () => {
    const key = await house.identity.apiKeys.addFor(operator, 'ada', { name: 'k' });
    const byKey = await house.identity.authenticate({ presented: apiKey(key.value), accepts: ['api_key'], origin });
    expect(await codeOf(issue(byKey, ['api_keys.manage_own']))).toBe('identity.scope_not_allowed');
    const { token, scopes } = await issue(byKey);
    expect(scopes).not.toContain('api_keys.manage_own');
    expect(JSON.parse(decode(token).payload)).toMatchObject({ client_id: key.id, sub: ada.userId });
    await gate(token);
    await house.identity.apiKeys.removeById(operator, key.id);
    expect(await codeOf(gate(token))).toBe('identity.unauthenticated');
  });

  it('that was issued on an API key is narrowed as the key is: actions, sources and addresses', async () => {
    const narrowing = { scopes: ['sources.inspect', 'metrics.read'], sources: ['s-1'], cidrs: ['192.0.2.0/24'] };
    const key = await house.identity.apiKeys.addFor(operator, 'ada', { name: 'k', ...narrowing });
    const byKey = await house.identity.authenticate({ presented: apiKey(key.value), accepts: ['api_key'], origin });
    const { token } = await issue(byKey);
    const principal = await gate(token);
    expect([...principal.allowed].sort()).toEqual(['metrics.read', 'sources.inspect']);
    expect(principal.sources).toEqual(['s-1']);
    expect(await codeOf(gate(token, house.identity, '198.51.100.7'))).toBe('identity.unauthenticated');
    await house.identity.apiKeys.narrow(operator, key.id, { scopes: ['metrics.read'] });
    expect([...(await gate(token)).allowed]).toEqual(['metrics.read']);
  });

  it('is taken where native tokens are, and nowhere else', async () => {
    const { token } = await issue(ada);
    for (const kind of ['precrime_token', 'cloudio_session', 'onedb_token', 'api_key'] as const) {
      expect(await codeOf(house.authenticate(token, kind))).toBe('identity.unauthenticated');
    }
  });

  it('under a key made a moment ago by another process is taken at once', async () => {
    const elsewhere = house.another();
    const stranger = await issue(ada);
    await gate(stranger.token, elsewhere);
    await house.identity.keys.rotate(operator, 'native', { revokeOld: true });
    const again = await principalBy('ada');
    const { token } = await issue(again);
    expect((await gate(token, elsewhere)).username).toBe('ada');
    expect(await codeOf(gate(stranger.token, elsewhere))).toBe('identity.unauthenticated');
  });
});

describe('a token under an unknown key', () => {
  it.each(['native_token', 'precrime_token'] as const)('makes the gate for %s look once a second', async (kind) => {
    let looks = 0;
    const counting = await openHouse({
      wrapStore: (store) => ({
        ...store,
        listSigningKeys: (family) => {
          looks += 1;
          return store.listSigningKeys(family);
        },
      }),
    });
    try {
      await counting.addUser('ada');
      const signIn = await counting.login('ada');
      const principal = await counting.authenticate(signIn.token, 'precrime_token');
      const native = await counting.identity.nativeTokens.issue(principal, { scopes: null }, origin);
      const [header, payload] = (kind === 'native_token' ? native.token : signIn.token).reveal().split('.');
      const otherKid = header === undefined ? '' : Buffer.from(header, 'base64url').toString();
      const unknown = kind === 'native_token' ? otherKid.replace(/[0-9a-f]{8}-/, '00000000-') : otherKid;
      const forged = new Secret(`${Buffer.from(unknown).toString('base64url')}.${payload}.${'A'.repeat(43)}`);
      await counting.authenticate(forged, kind).catch(() => {});
      looks = 0;
      const startedMs = performance.now();
      for (let count = 0; count < 3000; count += 1) await counting.authenticate(forged, kind).catch(() => {});
      const seconds = (performance.now() - startedMs) / 1000;
      expect(looks).toBeLessThanOrEqual(Math.ceil(seconds));
    } finally {
      await counting.close();
    }
  });
});

describe('scopes', () => {
  it('have one spelling', () => {
    for (const action of actions) expect(readScopes(action)).toEqual([action]);
    expect(readScopes(scopeText(actions))).toEqual(actions);
    for (const text of ['', ' ', 'metrics.read sources.inspect', 'metrics.read metrics.read', 'root', 'toString']) {
      expect(readScopes(text), text).toBeNull();
    }
  });
});
