import { describe, expect, it } from 'vitest';
import { pathOf, stateOf } from './account';

const nowMs = 1_000_000;
const active = {
  kind: 'person' as const,
  disabledAtMs: null,
  lockedUntilMs: null,
  hasPassword: true,
  passwordExpiresAtMs: null,
  passwordLapsesAtMs: null,
};

describe('the state of an account', () => {
  it.each([
    ['Active', {}],
    ['Disabled', { disabledAtMs: 1, lockedUntilMs: nowMs + 1 }],
    ['Locked', { lockedUntilMs: nowMs + 1 }],
    ['Active', { lockedUntilMs: nowMs }],
    ['Temporary password', { passwordLapsesAtMs: nowMs + 1, passwordExpiresAtMs: 0 }],
    ['Password lapsed', { passwordLapsesAtMs: nowMs }],
    ['Password expired', { passwordExpiresAtMs: nowMs }],
    ['No password yet', { hasPassword: false }],
    ['Active', { hasPassword: false, kind: 'service' as const }],
  ])('is “%s” for %o', (text, change) => {
    expect(stateOf({ ...active, ...change }, nowMs).text).toBe(text);
  });
});

it('leads to a page whatever characters the name has', () => {
  expect(pathOf('a/b?c', 'service')).toBe('/service-accounts/a%2Fb%3Fc');
});
