import { describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.js';
import type { CanonicalType, Column } from './relation.js';
import { canonicalTypes } from './relation.js';
import { bindValue } from './values.js';

function column(type: CanonicalType): Column {
  return { name: 'c', type, nativeType: type, length: null, isNullable: true, hasDefault: false, isComputed: false };
}

/** The canonical text; `refused` when it is. */
function text(type: CanonicalType, value: unknown): string | null {
  try {
    return bindValue(column(type), value).text;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'query.value_invalid') throw error;
    expect(error.details).toEqual({ field: 'c' });
    return 'refused';
  }
}

const texts = ['', 'Ä', "'; DROP TABLE x; --", '\\', '%_', '😀', '\u2028', 'x'.repeat(100_000)];

const taken: Partial<Record<CanonicalType, readonly (readonly [unknown, string])[]>> = {
  boolean: [
    [true, 'true'],
    [false, 'false'],
    ['true', 'true'],
    ['false', 'false'],
  ],
  int16: [
    [0, '0'],
    [-0, '0'],
    [-32_768, '-32768'],
    [32_767, '32767'],
    ['32767', '32767'],
  ],
  int32: [
    [2_147_483_647, '2147483647'],
    ['-2147483648', '-2147483648'],
  ],
  int64: [
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    ['9007199254740993', '9007199254740993'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['9223372036854775807', '9223372036854775807'],
  ],
  decimal: [
    [1.5, '1.5'],
    [0.1, '0.1'],
    [1e-7, '0.0000001'],
    [-1.25e-9, '-0.00000000125'],
    [5e-324, `0.${'0'.repeat(323)}5`],
    ['123456789012345678901234567890.10', '123456789012345678901234567890.10'],
    ['-0.5', '-0.5'],
  ],
  float32: [
    [1.5, '1.5'],
    [-0, '0'],
    [3.4028234663852886e38, '3.4028234663852886e+38'],
  ],
  float64: [
    [1e300, '1e+300'],
    ['1e300', '1e+300'],
    [2 ** 60, '1152921504606847000'],
    ['0.1', '0.1'],
  ],
  bytes: [
    ['', ''],
    ['AA==', 'AA=='],
    ['AAA=', 'AAA='],
    ['+/+/', '+/+/'],
  ],
  bit: [['0101', '0101']],
  date: [
    ['2026-01-31', '2026-01-31'],
    ['2024-02-29', '2024-02-29'],
    ['0001-01-01', '0001-01-01'],
    ['9999-12-31', '9999-12-31'],
  ],
  time: [
    ['23:59:59.999999', '23:59:59.999999'],
    ['07:05', '07:05:00'],
    ['07:05:00.100', '07:05:00.1'],
    ['07:05:00.000', '07:05:00'],
  ],
  timestamp: [
    ['2026-01-31T23:59:59.999999', '2026-01-31T23:59:59.999999'],
    ['2026-01-31', '2026-01-31T00:00:00'],
    ['2026-01-31T23:59:59.120Z', '2026-01-31T23:59:59.12'],
    ['2026-01-31T23:30:00-01:00', '2026-02-01T00:30:00'],
    ['2024-03-01T00:10:00+00:15', '2024-02-29T23:55:00'],
    ['2026-01-01T00:00:00.5+15:59', '2025-12-31T08:01:00.5'],
  ],
  timestamptz: [
    ['2026-01-31T23:59:59Z', '2026-01-31T23:59:59Z'],
    ['2026-01-31T23:59:59.000001+02:00', '2026-01-31T21:59:59.000001Z'],
    ['0001-01-01T00:00:00-01:00', '0001-01-01T01:00:00Z'],
  ],
  uuid: [['A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11']],
  json: [
    [{ a: [1, 'x', null, { b: true }] }, '{"a":[1,"x",null,{"b":true}]}'],
    ['text', '"text"'],
    [7, '7'],
    [false, 'false'],
    [JSON.parse('{"__proto__":{"admin":true}}'), '{"__proto__":{"admin":true}}'],
  ],
  enum: [['open', 'open']],
  set: [['a,b', 'a,b']],
  array: [['{1,2}', '{1,2}']],
  range: [['[1,2)', '[1,2)']],
  other: [['whatever', 'whatever']],
};

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
const nothings = [undefined, {}, [], Symbol('x'), () => 1, 1n, new Date(0), new Map()];

const refused: Partial<Record<CanonicalType, readonly unknown[]>> = {
  boolean: [...nothings, 0, 1, '1', 'TRUE', 'yes', ''],
  int16: [
    ...nothings,
    true,
    32_768,
    -32_769,
    1.5,
    '1.5',
    ' 1',
    '1 ',
    '+1',
    '01',
    '-0',
    '0x10',
    '1e3',
    '',
    'NaN',
    Number.NaN,
  ],
  int32: [2_147_483_648, '2147483648', Number.POSITIVE_INFINITY],
  int64: [
    ...[
      2 ** 53,
      2 ** 53 + 2,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      '9223372036854775808',
      '-9223372036854775809',
      '9'.repeat(100_000),
    ],
    ...['١٢٣', '1_000', '１'],
  ],
  decimal: [
    ...[
      ...nothings,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      2 ** 53,
      1e21,
      '1e5',
      '.5',
      '5.',
      '00.5',
      '1,5',
      'Infinity',
      ' 1',
    ],
    ...['9'.repeat(1_001), '1; DROP TABLE x'],
  ],
  float32: [...nothings, 3.5e38, '3.5e38', Number.NaN, 'NaN', 'Infinity', ''],
  float64: [...nothings, Number.NaN, Number.POSITIVE_INFINITY, '1e999', 'NaN', '-Infinity', '0x1p3', '1'.repeat(2_000)],
  text: [...nothings, 1, true, 'a\0b', '\ud800', 'x\udc00', '\ude00\ud83d'],
  bytes: [...nothings, 'A', 'AA', 'AA=', 'AB==', 'AAB=', 'A A=', 'AA==\n', '__--', '=', '====', 'AA==AA=='],
  bit: [...nothings, '', '012', 1],
  date: [
    ...[...nothings, 20_260_131, '2026-02-29', '2026-13-01', '2026-00-10', '2026-01-32', '0000-01-01', '26-01-01'],
    ...['2026-1-1', '2026-01-01T00:00:00', '2026-01-01 ', '+002026-01-01', '1900-02-29', 'now', 'infinity'],
  ],
  time: [...nothings, '24:00:00', '23:60:00', '23:59:60', '7:05', '07:05:00.1234567', '07:05:00Z', '07', '07:05:'],
  timestamp: [
    ...[...nothings, 0, '2026-01-31 23:59:59', '2026-02-30T00:00:00', '2026-01-31T24:00:00', '2026-01-31T00:00:00z'],
    ...[
      '2026-01-31T00:00:00+16:00',
      '2026-01-31T00:00:00+02',
      '9999-12-31T23:59:59-01:00',
      '0001-01-01T00:00:00+01:00',
    ],
    ...['2026-01-31T00:00:00.1234567', 'epoch', 'infinity'],
  ],
  timestamptz: [...nothings, '2026-01-31T23:59:59', '2026-01-31', '2026-01-31T23:59:59 Z', '2026-01-31T23:59:59+00:60'],
  uuid: [...nothings, '', 'a0eebc999c0b4ef8bb6d6bb9bd380a11', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}', 'g'.repeat(36)],
  json: [undefined, Number.NaN, 1n, () => 1, ['\0'], { a: '\ud800' }, { '\0': 1 }, [undefined], nested(300)],
  enum: [1, '\0', {}],
  other: [1, [], '\ud800'],
};

describe('values of columns', () => {
  it.each(Object.entries(taken))('%s takes what fits, in its canonical text', (type, pairs) => {
    for (const [value, expected] of pairs) expect(text(type as CanonicalType, value)).toBe(expected);
  });

  it.each(Object.entries(refused))('%s refuses what does not fit, naming the column and no value', (type, values) => {
    for (const value of values) expect(text(type as CanonicalType, value)).toBe('refused');
  });

  it('texts are kept byte for byte, however hostile', () => {
    for (const value of texts) expect(text('text', value)).toBe(value);
  });

  it('null is null in every type', () => {
    for (const type of canonicalTypes) expect(text(type, null)).toBeNull();
  });

  it('a moment keeps its place in time whatever offset it is written with', () => {
    for (let at = 0; at < 2_000; at += 1) {
      const ms = -62_135_596_800_000 + 86_400_000 + at * 157_766_400_123;
      if (ms > 253_402_000_000_000) break;
      const minutes = ((at * 37) % 1_900) - 950;
      const local = new Date(ms + minutes * 60_000).toISOString().slice(0, -1);
      const sign = minutes < 0 ? '-' : '+';
      const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
      const offset = `${sign}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
      const expected = new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z');
      expect(text('timestamptz', `${local}${offset}`)).toBe(expected);
    }
  });
});
