import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { httpErrors } from '../errors.js';
import { findCredential, presentedCredential, type SlotTable } from './credentials.js';

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl';
const other = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIyIn0.c2lnbmF0dXJl';
const key = 'lk_0123456789abcdefABCDEF';
const slots: SlotTable = { authorization: ['bare_jwt', 'bearer_jwt'], 'x-authorization': ['bare_api_key'] };

function find(headers: readonly (readonly [string, string])[], taken: SlotTable = slots) {
  const found = findCredential(headers.flat(), taken);
  return found === null ? null : [found.slot, found.carriage, found.value.reveal()];
}

const conflict = httpErrors.credentials_conflict().message;

describe('the credential parser', () => {
  test('finds nothing where nothing is presented', () => {
    expect(find([])).toBeNull();
    expect(find([['Authorization', '']])).toBeNull();
    expect(
      find([
        ['Cookie', `session=${jwt}`],
        ['X-Api-Key', key],
      ]),
    ).toBeNull();
  });

  test.each([
    ['a raw JWT', 'Authorization', jwt, ['authorization', 'bare_jwt', jwt]],
    ['Bearer, in any case', 'aUTHORIZATION', `bEARER ${jwt}`, ['authorization', 'bearer_jwt', jwt]],
    ['Bearer with more spaces', 'Authorization', `Bearer   ${jwt}`, ['authorization', 'bearer_jwt', jwt]],
    ['a login token', 'Authentication', 'Token dTpw', ['authentication', 'token', 'dTpw']],
    ['an API key', 'X-Authorization', key, ['x-authorization', 'bare_api_key', key]],
    ['a bearer API key', 'Authorization', `Bearer ${key}`, ['authorization', 'bearer_api_key', key]],
    ['Basic', 'Authorization', 'Basic dTpw', ['authorization', 'basic', 'dTpw']],
    ['Bearer alone', 'Authorization', 'Bearer', ['authorization', 'other', 'Bearer']],
    [
      'two in one value',
      'Authorization',
      `Bearer ${jwt}, Bearer ${other}`,
      ['authorization', 'other', `Bearer ${jwt}, Bearer ${other}`],
    ],
    ['a JWT with an empty signature', 'Authorization', 'e30.e30.', ['authorization', 'other', 'e30.e30.']],
    [
      'a JWT that is too long',
      'Authorization',
      `a.b.${'c'.repeat(8_192)}`,
      ['authorization', 'other', `a.b.${'c'.repeat(8_192)}`],
    ],
  ])('knows %s', (_name, header, value, expected) => {
    expect(find([[header, value]])).toEqual(expected);
  });

  test('takes the same credential twice as one, in the slot that the route takes', () => {
    expect(
      find([
        ['Authentication', jwt],
        ['Authorization', `Bearer ${jwt}`],
      ]),
    ).toEqual(['authorization', 'bearer_jwt', jwt]);
    expect(
      find([
        ['Authorization', jwt],
        ['authorization', jwt],
      ]),
    ).toEqual(['authorization', 'bare_jwt', jwt]);
  });

  test.each([
    [
      'one header twice',
      [
        ['Authorization', jwt],
        ['Authorization', other],
      ],
    ],
    [
      'two slots of the route',
      [
        ['Authorization', jwt],
        ['X-Authorization', key],
      ],
    ],
    [
      'a slot the route does not take',
      [
        ['Authorization', jwt],
        ['Authentication', other],
      ],
    ],
    [
      'a third',
      [
        ['Authorization', jwt],
        ['Authorization', jwt],
        ['X-Authorization', key],
      ],
    ],
  ] as const)('refuses two different ones: %s', (_name, headers) => {
    expect(() => find(headers)).toThrow(conflict);
  });

  test('never makes anything of two headers but one of them, nothing, or a conflict', () => {
    const name = fc.constantFrom('Authorization', 'authentication', 'X-Authorization', 'cookie', 'x-other');
    const value = fc.oneof(fc.constantFrom(jwt, other, key, `Bearer ${jwt}`, 'Token dTpw', ''), fc.string());
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 4 }), (headers) => {
        let found: ReturnType<typeof find>;
        try {
          found = find(headers);
        } catch (error) {
          expect((error as Error).message).toBe(conflict);
          return;
        }
        const carried = headers.filter(([slot]) => /^(?:x-)?auth/i.test(slot)).map(([, text]) => text);
        if (found === null) expect(carried.every((text) => text === '')).toBe(true);
        else expect(carried.some((text) => text.endsWith(found[2] ?? ''))).toBe(true);
      }),
    );
  });
});

describe('what the gate is given', () => {
  const present = (header: string, value: string, taken: SlotTable) => {
    const found = findCredential([header, value], taken);
    return found === null ? null : presentedCredential(found, taken, undefined, true).shape;
  };

  test('is of a known shape only in a slot that takes that carriage', () => {
    expect(present('Authorization', jwt, slots)).toBe('jwt');
    expect(present('X-Authorization', key, slots)).toBe('api_key');
    expect(present('X-Authorization', jwt, slots)).toBe('unknown');
    expect(present('Authorization', key, slots)).toBe('unknown');
    expect(present('Authentication', jwt, slots)).toBe('unknown');
    expect(present('Authorization', jwt, { authorization: ['bearer_jwt'] })).toBe('unknown');
    expect(present('Authorization', 'Token dTpw', slots)).toBe('unknown');
  });

  test('has no csrf value where none or an empty one came', () => {
    const found = findCredential(['Authorization', jwt], slots);
    expect(found).not.toBeNull();
    expect(presentedCredential(found!, slots, '', true).csrf).toBeNull();
    expect(presentedCredential(found!, slots, 'x', true).csrf?.reveal()).toBe('x');
  });
});
