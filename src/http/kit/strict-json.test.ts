import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { httpErrors } from '../errors.js';
import { jsonLimits, parseStrictJson, parseStrictJsonText } from './strict-json.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parseStrictJson(bytes(text));

/** As JSON again, with the integers that came as `bigint` rounded to what JSON.parse makes of them. */
const text = (value: unknown) =>
  JSON.stringify(value, (_name, member: unknown) => (typeof member === 'bigint' ? Number(member) : member));

/** Whether a value has a member, at any depth, that the decoder refuses. */
function hasRefusedName(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(
    ([name, member]) => name === '__proto__' || name === 'constructor' || hasRefusedName(member),
  );
}

describe('the strict JSON decoder', () => {
  test('reads what JSON.parse reads, wherever both read it', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (json) => {
        const expected: unknown = JSON.parse(json);
        fc.pre(!hasRefusedName(expected));
        expect(text(parse(json))).toBe(text(expected));
      }),
    );
  });

  test('accepts no text that JSON.parse refuses', () => {
    const noise = fc.stringMatching(/^[[\]{}",:\\0-9eE+.\-a-z \n]{0,24}$/);
    fc.assert(
      fc.property(fc.oneof(noise, fc.string(), fc.json()), (json) => {
        let accepted: unknown;
        try {
          accepted = parse(json);
        } catch {
          return;
        }
        expect(text(accepted)).toBe(text(JSON.parse(json)));
      }),
      { numRuns: 2_000 },
    );
  });

  test('answers any bytes at all with a value or with one refusal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (anything) => {
        try {
          parseStrictJson(anything);
        } catch (error) {
          expect(error).toMatchObject({ code: httpErrors.body_malformed.code });
        }
      }),
    );
  });

  test.each([
    ['a duplicate member', '{"a":1,"a":1}'],
    ['a duplicate member spelt with an escape', '{"a":1,"\\u0061":2}'],
    ['a duplicate deep inside', '[{"x":{"a":1,"b":2,"a":3}}]'],
    ['__proto__', '{"__proto__":{"isAdmin":true}}'],
    ['__proto__ spelt with escapes', '{"\\u005f_proto__":1}'],
    ['constructor', '{"a":{"constructor":{"prototype":{}}}}'],
    ['a lone high surrogate', '"\\ud800"'],
    ['a lone low surrogate', '"\\udc00x"'],
    ['a lone surrogate in a name', '{"\\ud800":1}'],
    ['a byte order mark', '\ufeff{}'],
    ['two documents', '{}{}'],
    ['a trailing comma', '[1,]'],
    ['a comment', '{/**/}'],
    ['single quotes', "{'a':1}"],
    ['a bare control character', '"a\u0000b"'],
    ['a bare newline in a string', '"a\nb"'],
    ['a leading zero', '01'],
    ['a leading plus', '+1'],
    ['hexadecimal', '0x10'],
    ['NaN', 'NaN'],
    ['Infinity', '-Infinity'],
    ['a number beyond any double', '1e999'],
    ['an unfinished escape', '"\\u12"'],
    ['an unknown escape', '"\\x41"'],
    ['a form feed as white space', '\f1'],
    ['a no-break space as white space', '\u00a01'],
    ['nothing', ''],
    ['white space alone', ' \n'],
  ])('refuses %s', (_name, text) => {
    expect(() => parse(text)).toThrow(httpErrors.body_malformed().message);
  });

  test('refuses bytes that are not UTF-8', () => {
    for (const wrong of [
      [0x22, 0xff, 0x22],
      [0x22, 0xc0, 0xaf, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
    ]) {
      expect(() => parseStrictJson(new Uint8Array(wrong))).toThrow();
    }
  });

  test('takes exactly as much depth as the limit says', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(() => parse(nested(jsonLimits.depth))).not.toThrow();
    expect(() => parse(nested(jsonLimits.depth + 1))).toThrow();
    expect(() => parse(`${'{"a":'.repeat(jsonLimits.depth + 1)}1${'}'.repeat(jsonLimits.depth + 1)}`)).toThrow();
    expect(() => parse('['.repeat(1_000_000))).toThrow();
  });

  test('takes exactly as many members of one object as the limit says', () => {
    const wide = (count: number) => `{${Array.from({ length: count }, (_, at) => `"k${at}":0`).join(',')}}`;
    expect(() => parse(wide(jsonLimits.keys))).not.toThrow();
    expect(() => parse(wide(jsonLimits.keys + 1))).toThrow();
  });

  test('keeps integers that a double cannot hold', () => {
    expect(parse('[9007199254740991,9007199254740993,-9007199254740993]')).toEqual([
      9007199254740991,
      9007199254740993n,
      -9007199254740993n,
    ]);
  });

  test('makes objects in which nothing is found that was not sent', () => {
    const value = parse('{"a":1}') as Record<string, unknown>;
    expect(value['toString']).toBeUndefined();
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });

  test('reads text that came inside something else by the same rules', () => {
    expect(parseStrictJsonText('{"ssl_mode":"require"}')).toEqual({ ssl_mode: 'require' });
    expect(() => parseStrictJsonText('{"a":1,"a":2}')).toThrow();
  });
});
