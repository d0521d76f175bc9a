import { describe, expect, test } from 'vitest';
import { consoleCookiesIn } from './console-cookie.js';

describe('the cookie of the console', () => {
  test('is found among others, with blanks around it, as often as it is there', () => {
    expect(consoleCookiesIn('a=1; \t__Host-latchkey = v \t; b=2;__Host-latchkey=w; __Host-latchkey=')).toEqual([
      'v',
      'w',
      '',
    ]);
  });

  test.each(['\u00a0', '\ufeff', '\v', '\f', '"', '=', '\u2003'])(
    'is not the one whose name has %j before it, which any neighbouring host may set',
    (before) => {
      expect(consoleCookiesIn(`${before}__Host-latchkey=planted`)).toEqual([]);
      expect(consoleCookiesIn(`__Host-latchkey${before}x=planted`)).not.toContain('planted');
    },
  );

  test.each([
    '__host-latchkey=v',
    '__Host-latchkey',
    'x__Host-latchkey=v',
    'a="; __Host_latchkey=v"',
    'a=b, __Host-latchkey=v',
  ])('is not in %j', (line) => {
    expect(consoleCookiesIn(line)).toEqual([]);
  });
});
