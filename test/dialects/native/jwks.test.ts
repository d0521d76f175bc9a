/** The published keys, and what a stranger can do with them: verify our tokens by the standards, without asking us. */
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nativeToken } from '../support/sign-in.js';
import { openWorld, type World } from '../support/world.js';

const operator = { principal: null, origin: { door: 'cli', requestId: null, address: null } };
const issuer = 'https://latchkey.example';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const published = async () => {
  const response = await fetch(`${world.plainUrl}/.well-known/jwks.json`);
  return { response, keys: ((await response.json()) as { keys: Record<string, string>[] }).keys };
};
const asStranger = (token: string, keys = createRemoteJWKSet(new URL(`${world.plainUrl}/.well-known/jwks.json`))) =>
  jwtVerify(token, keys, { issuer, audience: issuer, typ: 'at+jwt', currentDate: new Date(world.clock.nowMs()) });

describe('/.well-known/jwks.json', () => {
  test('is empty before a token was issued, and may be kept for five minutes', async () => {
    const { response, keys } = await published();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    expect(keys).toEqual([]);
  });

  test('has the public half of what signs, and a stranger verifies our tokens with it', async () => {
    const token = await nativeToken(world, 'ada', ['connections.test']);
    const { keys } = await published();
    expect(keys).toEqual([
      { kid: expect.any(String), use: 'sig', alg: 'EdDSA', kty: 'OKP', crv: 'Ed25519', x: expect.any(String) },
    ]);
    const { payload, protectedHeader } = await asStranger(token);
    expect(payload).toMatchObject({ iss: issuer, aud: issuer, scope: 'connections.test' });
    expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: keys[0]?.['kid'] });
    await expect(asStranger(`${token.slice(0, -4)}AAAA`)).rejects.toThrow(errors.JWSSignatureVerificationFailed);
  });

  test('has a new key before it signs, longer than anybody keeps the set, and the old one until its tokens end', async () => {
    const before = await nativeToken(world);
    await world.identity.keys.rotate(operator, 'native', { revokeOld: false });
    const { keys } = await published();
    expect(keys).toHaveLength(2);
    // Fetched now, and kept for as long as it may be.
    const kept = createRemoteJWKSet(new URL(`${world.plainUrl}/.well-known/jwks.json`));
    await asStranger(before, kept);
    world.clock.advance(300_000);
    await asStranger(await nativeToken(world), kept);
    world.clock.advance(60_000);
    const after = await nativeToken(world);
    expect((await asStranger(after, kept)).protectedHeader.kid).toBe(keys[0]?.['kid']);
    await asStranger(before, kept);
    expect((await published()).keys).toHaveLength(2);
    world.clock.advance(900_000 + 300_000);
    expect((await published()).keys).toEqual([keys[0]]);
  });

  test('has nothing of a key that was revoked', async () => {
    const token = await nativeToken(world);
    await world.identity.keys.rotate(operator, 'native', { revokeOld: true });
    await expect(asStranger(token)).rejects.toThrow(errors.JWKSNoMatchingKey);
  });

  test('answers HEAD, and no other method', async () => {
    const url = `${world.plainUrl}/.well-known/jwks.json`;
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
  });
});
