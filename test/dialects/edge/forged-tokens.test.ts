/**
 * Forged tokens at the doors of every family, and at the one that takes every kind: each is refused, none is a fault,
 * nothing is looked up outside, and the genuine one beside them gets in.
 *
 * @module
 */
import { createPublicKey } from 'node:crypto';
import dns from 'node:dns';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { forgeries } from '../../identity/forged-tokens.js';
import { cloudioSession, nativeToken, onedbToken, precrimeToken } from '../support/sign-in.js';
import { openWorld, type World } from '../support/world.js';

const doors = {
  precrime: { method: 'GET', url: '/test/secure', scheme: '', opened: 200 },
  cloudio: { method: 'POST', url: '/v1/api', scheme: '', opened: 400 },
  onedb: { method: 'POST', url: '/api/v1/tokenize', scheme: 'Bearer ', opened: 200 },
  native: { method: 'GET', url: '/admin/v1/sources', scheme: 'Bearer ', opened: 200 },
} as const;
type Door = keyof typeof doors;
const names = Object.keys(doors) as Door[];

const operator = { principal: null, origin: { door: 'cli', requestId: null, address: null } };

let world: World;
let csrf = '';
const genuine = new Map<Door, string>();

beforeAll(async () => {
  world = await openWorld();
  await world.identity.users.set(operator, 'bob', { addRoles: ['administrator'] });
  const session = await cloudioSession(world);
  csrf = session.csrf;
  genuine.set('precrime', await precrimeToken(world));
  genuine.set('cloudio', session.jwt);
  genuine.set('onedb', await onedbToken(world));
  genuine.set('native', await nativeToken(world, 'bob'));
});
afterAll(() => world.close());

async function ask(door: Door | 'verify', token: string, scheme = door === 'verify' ? '' : doors[door].scheme) {
  const { method, url } = door === 'verify' ? { method: 'GET' as const, url: '/verify' } : doors[door];
  const { statusCode } = await world.http.inject({
    method,
    url,
    headers: {
      authorization: `${scheme}${token}`,
      'x-csrf-token': csrf,
      ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
    },
    ...(method === 'POST' ? { payload: '[]' } : {}),
    remoteAddress: '192.0.2.7',
  });
  return statusCode;
}

/** What can stand in a header at all, and does not become the genuine token there: the rest never reaches a verifier. */
const isHeaderText = (text: string) => /^(?!bearer )[\x21-\x7e]+(?: [\x21-\x7e]+)*$/i.test(text);
const maxHeaderBytes = 16_384;

describe.each(names)('forged tokens of %s', (door) => {
  test('open nothing, break nothing and make nobody call out', async () => {
    const { keys } = await world.identity.keys.published();
    const [jwk] = keys;
    const publicKey = jwk === undefined ? null : createPublicKey({ key: { ...jwk }, format: 'jwk' });
    const token = genuine.get(door) ?? '';
    const foreign = names.filter((one) => one !== door).map((one) => genuine.get(one) ?? '');
    const forged = forgeries({ token, publicKey, foreign, resign: () => '' }).filter(({ text }) => isHeaderText(text));
    expect(forged.length).toBeGreaterThan(600);
    expect(await ask(door, token)).toBe(doors[door].opened);
    expect(await ask('verify', token)).toBe(200);
    const wire = [vi.spyOn(net.Socket.prototype, 'connect'), vi.spyOn(dns, 'lookup'), vi.spyOn(dns.promises, 'lookup')];
    const faultsBefore = world.faults.length;
    try {
      const wrong: string[] = [];
      for (const { name, text } of forged) {
        for (const at of [door, 'verify'] as const) {
          const status = await ask(at, text);
          if (status !== (text.length > maxHeaderBytes ? 431 : 401)) wrong.push(`${name} at ${at}: ${status}`);
        }
      }
      expect(wrong).toEqual([]);
      for (const spy of wire) expect(spy.mock.calls.length).toBe(0);
      net.connect({ host: '127.0.0.1', port: 49_151 }).on('error', () => {});
      expect(wire[0]?.mock.calls.length, 'the control must be seen').toBe(1);
    } finally {
      for (const spy of wire) spy.mockRestore();
    }
    expect(world.faults.slice(faultsBefore)).toEqual([]);
    process.stderr.write(`${door}: ${forged.length} forged tokens at two doors\n`);
  }, 120_000);

  test('a genuine one opens its own door and no other', async () => {
    for (const other of names) {
      const status = await ask(other, genuine.get(door) ?? '');
      expect(status, `${door} at ${other}`).toBe(other === door ? doors[door].opened : 401);
    }
  });
});
