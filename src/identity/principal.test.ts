import { setFlagsFromString } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { heldConsoleSession, heldKey } from './held-credential.js';
import type { ApiKey, Organisation, Profile, Role, Session } from './model.js';
import { principalOf, profileBehind } from './principal.js';

const organisation = { id: 'o', uid: 'main', name: 'Main' } as Organisation;
const roles = [{ id: 'r', number: 1, name: 'reader', allowed: ['data.use'] }] as unknown as readonly Role[];

function profileOf(place: number): Profile {
  const user = { id: `u${place}`, username: `user-${place}`, kind: 'person', claims: new Map() };
  return { user: user as unknown as Profile['user'], organisation, roles };
}

describe('a principal', () => {
  it('tells what it was made from, and a copy of it does not', () => {
    const profile = profileOf(1);
    const principal = principalOf(profile, { kind: 'api_key', id: 'k', expiresAtMs: null });
    expect(profileBehind(principal)).toBe(profile);
    expect(profileBehind({ ...principal })).toBeNull();
    expect(JSON.stringify(principal)).not.toContain('Main');
  });

  // Tens of thousands are held, and each request looks at another one: with shapes of their own every field would have
  // to be looked for, and each shape takes memory as well.
  it('is of one shape with all others of its kind, and what holds it, too', () => {
    setFlagsFromString('--allow-natives-syntax');
    const isOfOneShape = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean;
    expect(isOfOneShape({ a: 1 }, { b: 1 })).toBe(false);
    const key = (place: number) =>
      heldKey({ profile: profileOf(place), key: { id: `k${place}`, expiresAtMs: null, sources: null } as ApiKey });
    const session = (place: number) =>
      heldConsoleSession({
        profile: profileOf(place),
        session: { id: `s${place}`, expiresAtMs: 1 } as Session,
        csrf: null,
      });
    for (const make of [key, session]) {
      // The engine settles on a shape after some.
      for (let place = 0; place < 1_000; place += 1) make(place);
      const [one, other] = [make(1), make(2)];
      expect(isOfOneShape(one, other)).toBe(true);
      expect(isOfOneShape(one.principal, other.principal)).toBe(true);
      expect(isOfOneShape(one.principal.credential, other.principal.credential)).toBe(true);
      expect(one.principal.roleIds).toBe(other.principal.roleIds);
    }
  });
});
