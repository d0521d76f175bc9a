import { describe, expect, it } from 'vitest';
import { isStillMatched, isUnchanged } from './conditional.js';

describe('isUnchanged', () => {
  it.each([
    ['W/"a"', 'W/"a"'],
    ['"a"', 'W/"a"'],
    ['W/"a"', '"a"'],
    ['"x", W/"a"', 'W/"a"'],
    ['"x,y" ,W/"a,b"', 'W/"a,b"'],
    ['*', 'W/"a"'],
    [' * ', 'W/"a"'],
    ['""', 'W/""'],
  ])('%s matches %s', (header, etag) => {
    expect(isUnchanged(header, etag)).toBe(true);
  });

  it.each([
    [null, 'W/"a"'],
    ['', 'W/"a"'],
    ['W/"b"', 'W/"a"'],
    ['a', 'W/"a"'],
    ['w/"a"', 'W/"a"'],
    ['"a', 'W/"a"'],
    ['W/ "b"', 'W/"a"'],
    ['"x, W/"a', 'W/"a"'],
    ['"*"', 'W/"a"'],
  ])('%s does not match %s', (header, etag) => {
    expect(isUnchanged(header, etag)).toBe(false);
  });

  it('reads a header of sixteen kilobytes without holding anything up', () => {
    const startedMs = performance.now();
    expect(isUnchanged('W/"'.repeat(5_000), 'W/"a"')).toBe(false);
    expect(isUnchanged(`${'"a,'.repeat(5_000)}`, 'W/"b"')).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(100);
  });
});

describe('isStillMatched', () => {
  it.each(['"a"', '*', ' "x", "a"', 'W/"a", "a"'])('%s lets "a" be changed', (header) => {
    expect(isStillMatched(header, '"a"')).toBe(true);
  });

  it.each(['', '"b"', 'W/"a"', 'a', '"a', '"*"'])('%s does not', (header) => {
    expect(isStillMatched(header, '"a"')).toBe(false);
  });

  it('nothing is what no tag stands for, and no star either', () => {
    expect(isStillMatched('*', null)).toBe(false);
  });
});
