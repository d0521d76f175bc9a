import { describe, expect, test } from 'vitest';
import { plainDigits, spaced, tellerOf } from './data-values.js';

const tell = (type: Parameters<typeof tellerOf>[0]['type'], scale = 0) => tellerOf({ type, scale });

describe('what SQLite stores', () => {
  test.each([
    ['int64', 9_223_372_036_854_775_807n, '9223372036854775807'],
    ['int64', 1.5, '1.5'],
    ['decimal', 1e21, '1000000000000000000000'],
    ['decimal', 1.5e-7, '0.00000015'],
    ['float64', 1e21, '1e+21'],
    ['float64', -0, '0'],
    ['float64', Number.POSITIVE_INFINITY, 'Infinity'],
    ['boolean', 0n, 'false'],
    ['boolean', 2n, 'true'],
    ['boolean', 'yes', 'yes'],
    ['bytes', new Uint8Array([0, 255]), 'AP8='],
    ['bytes', 'text', 'dGV4dA=='],
    ['text', new Uint8Array([65]), 'A'],
    ['date', '2026-01-31 00:00:00', '2026-01-31'],
    ['date', '2026-01-31 10:00:00', '2026-01-31 10:00:00'],
    ['timestamp', '2026-01-31', '2026-01-31T00:00:00'],
    ['timestamp', 1_700_000_000n, '1700000000'],
    ['uuid', 'ABCDEF00-0000-4000-8000-000000000000', 'abcdef00-0000-4000-8000-000000000000'],
    ['json', null, null],
  ] as const)('as %s, %s is told as %s', (type, stored, told) => {
    expect(tell(type)(stored)).toBe(told);
  });

  test('a decimal has at least the digits it is declared with', () => {
    expect(tell('decimal', 2)(20n)).toBe('20.00');
    expect(tell('decimal', 2)(0.1)).toBe('0.10');
    expect(tell('decimal', 2)(1.005)).toBe('1.005');
    expect(tell('decimal', 2)('none')).toBe('none');
    expect(tell('decimal', 2)(Number.NEGATIVE_INFINITY)).toBe('-Infinity');
  });
});

test.each([
  ['2026-01-31 10:00:00', '2026-01-31 10:00:00'],
  ['2026-01-31T10:00:00Z', '2026-01-31 10:00:00'],
  ['2026-01-31T10:00', '2026-01-31 10:00:00'],
  ['2026-01-31T10:00:00.500', '2026-01-31 10:00:00.5'],
  ['2026-01-31 10:00:00.000', '2026-01-31 10:00:00'],
  ['2026-01-31T10:00:00+02:00', '2026-01-31T10:00:00+02:00'],
  ['soon', 'soon'],
])('the moment %s is compared as %s', (stored, compared) => {
  expect(spaced(stored)).toBe(compared);
});

test('a number is written without exponent', () => {
  expect([1e-7, -1.25e22, 123.5, 0].map(plainDigits)).toEqual(['0.0000001', '-12500000000000000000000', '123.5', '0']);
});
