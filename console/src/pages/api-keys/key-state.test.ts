import { expect, it } from 'vitest';
import { keyState, sayNarrowing } from './key-state';

const dayMs = 86_400_000;

it.each([
  ['Good', 'active', null],
  ['Good', 'active', 15 * dayMs],
  ['Ends soon', 'active', 13 * dayMs],
  ['Being replaced', 'retiring', dayMs],
  ['Ended', 'ended', -1],
] as const)('a key is “%s” when it is %s and ends after %s', (text, state, expiresAtMs) => {
  expect(keyState({ state, expiresAtMs }, 0).text).toBe(text);
});

it('says what a key is narrowed to, and what it is when it is not', () => {
  expect(sayNarrowing({ scopes: null, sources: null, cidrs: null })).toBe('all its owner may');
  expect(sayNarrowing({ scopes: ['data.use'], sources: [], cidrs: ['10.0.0.0/8', '::1/128'] })).toBe(
    '1 action, 0 sources, 2 ranges of addresses',
  );
});
