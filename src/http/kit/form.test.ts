import { describe, expect, test } from 'vitest';
import { parseForm } from './form.js';

const parse = (text: string) => parseForm(new TextEncoder().encode(text));

describe('the form decoder', () => {
  test('decodes names and values, plus signs and percent-encoding', () => {
    expect([...parse('username=ada+l&password=a%26b%3Dc+%C3%A9&empty=&bare')]).toEqual([
      ['username', 'ada l'],
      ['password', 'a&b=c é'],
      ['empty', ''],
      ['bare', ''],
    ]);
  });

  test.each(['a=1&a=2', 'a=1&a=1', 'a=%zz', 'a=%ff', Array.from({ length: 101 }, (_, at) => `f${at}=`).join('&')])(
    'refuses %j',
    (text) => {
      expect(() => parse(text)).toThrow();
    },
  );
});
