import { describe, expect, test } from 'vitest';
import { csvHeader, csvWriter } from './data-csv.js';

const record = (type: 'text' | 'int32' | 'decimal' | 'float64' | 'date', ...values: (string | null)[]) =>
  csvWriter(values.map((_value, at) => ({ name: `c${at}`, type })))(values);

describe('CSV (RFC 4180)', () => {
  test.each([
    [['a', 'b'], 'a,b\r\n'],
    [['a,b', 'c"d', 'e\r\nf'], '"a,b","c""d","e\r\nf"\r\n'],
    [[null, '', 'x'], ',"",x\r\n'],
    [[null], '""\r\n'],
    [[' padded', 'padded '], '" padded","padded "\r\n'],
    [['größe', '😀'], 'größe,😀\r\n'],
  ])('%j', (values, expected) => {
    expect(record('text', ...values)).toBe(expected);
  });

  test('values beyond the columns are left out', () => {
    expect(csvWriter([{ name: 'a', type: 'text' }])(['x', 'hidden'])).toBe('x\r\n');
  });

  test.each([
    ['=1+1', "'=1+1\r\n"],
    ['+1', "'+1\r\n"],
    ['-1', "'-1\r\n"],
    ['@SUM(A1)', "'@SUM(A1)\r\n"],
    ['\tx', "'\tx\r\n"],
    ['\rx', `"'\rx"\r\n`],
    ['\nx', `"'\nx"\r\n`],
    ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"\r\n`],
    ['＝1', "'＝1\r\n"],
    ["'=1", "'=1\r\n"],
  ])('a text that begins like a formula does so no longer: %j', (value, expected) => {
    expect(record('text', value)).toBe(expected);
    expect(record('date', value)).toBe(expected);
  });

  test.each([
    ['int32', '-5'],
    ['decimal', '-0.50'],
    ['float64', '-1.5e-7'],
    ['float64', '-Infinity'],
  ] as const)('a number of a column of numbers stays one: %s %s', (type, value) => {
    expect(record(type, value)).toBe(`${value}\r\n`);
  });

  test('what a column of numbers holds that is none is a text', () => {
    expect(record('int32', '-5+cmd|x')).toBe("'-5+cmd|x\r\n");
  });

  test('the header is treated as texts are', () => {
    const columns = ['id', '=evil', 'a,b'].map((name) => ({ name, type: 'int32' as const }));
    expect(csvHeader(columns)).toBe('id,\'=evil,"a,b"\r\n');
  });
});
