import { describe, expect, it } from 'vitest';
import { formatMask, parseMask } from './parse-mask.js';

describe('masks in words', () => {
  it.each(['null', 'hash', 'keep-left:0', 'keep-left:4', 'keep-right:1000', 'year', 'month', 'day'])(
    'are read and written: %s',
    (text) => {
      const mask = parseMask(text);
      expect(mask && formatMask(mask)).toBe(text);
    },
  );

  it.each([
    '',
    'Null',
    'keep-left',
    'keep-left:-1',
    'keep-left:04',
    'keep-right:99999',
    'keep-left:1.5',
    'week',
    'toString',
  ])('are not made of %j', (text) => {
    expect(parseMask(text)).toBeNull();
  });
});
