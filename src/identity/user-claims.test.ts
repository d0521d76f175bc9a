import { describe, expect, it } from 'vitest';
import { changeClaims } from './user-claims.js';

const claims = (entries: Readonly<Record<string, string>>) => new Map(Object.entries(entries));
const codeOf = (change: () => unknown) => {
  try {
    change();
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('claims of a user', () => {
  it('are set and removed by name; what is not named stays', () => {
    const before = claims({ region: 'EU', team: 'a' });
    const change = { setClaims: claims({ region: 'US', shift: 'night' }), removeClaims: ['team', 'unknown'] };
    expect(changeClaims(before, change)).toEqual(claims({ region: 'US', shift: 'night' }));
  });

  it('are no change when they are what they were', () => {
    const before = claims({ region: 'EU' });
    expect(changeClaims(before, {})).toBeNull();
    expect(changeClaims(before, { setClaims: claims({ region: 'EU' }), removeClaims: ['team'] })).toBeNull();
  });

  it.each([
    ['a name with a dot', { 'a.b': 'x' }],
    ['a name that is none', { __proto: 'x' }],
    ['an empty value', { region: '' }],
    ['a value of two lines', { region: 'a\nb' }],
    ['a value that turns the line round', { region: 'a\u202Eb' }],
    ['a value that is too long', { region: 'x'.repeat(256) }],
    ['more than twenty', Object.fromEntries(Array.from({ length: 21 }, (_, place) => [`c${place}`, 'x']))],
  ])('are refused with %s', (_what, wrong) => {
    expect(codeOf(() => changeClaims(new Map(), { setClaims: claims(wrong) }))).toBe('identity.profile_field_invalid');
  });
});
