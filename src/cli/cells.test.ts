import { describe, expect, it } from 'vitest';
import { cutToWidth, padToWidth, printable, textWidth, wrapToWidth } from './cells.js';

describe('printable', () => {
  it('takes away everything that could drive a terminal or reorder a line', () => {
    const hostile = 'a\u001b[2Jb\rc\nd\u009bm\u202ee\u2066f\u2028g\u0000h';
    expect(printable(hostile)).toMatch(/^[\x20-\x7e·]+$/);
    expect(printable('Bogotá 東京 😀')).toBe('Bogotá 東京 😀');
  });
});

describe('the width of a text', () => {
  it.each([
    ['plain', 5],
    ['Bogotá', 6],
    ['Bogota\u0301', 6],
    ['東京', 4],
    ['ｱｲｳ', 3],
    ['한국', 4],
    ['😀 ok', 5],
    ['❤\ufe0f', 2],
    ['🇩🇪', 2],
  ])('of %s is %i', (text, cells) => {
    expect(textWidth(text)).toBe(cells);
  });

  it('is never passed by what is cut to it, and an ellipsis says that something is missing', () => {
    expect(cutToWidth('abcdef', 6)).toBe('abcdef');
    expect(cutToWidth('abcdefg', 6)).toBe('abcde…');
    expect(cutToWidth('東京都庁', 6)).toBe('東京…');
    expect(textWidth(cutToWidth('東京都庁', 4))).toBeLessThanOrEqual(4);
    expect(padToWidth('東京', 6, true)).toBe('  東京');
  });

  it('breaks lines between words, and leaves what may be copied in one piece', () => {
    expect(wrapToWidth('one two three', 8)).toEqual(['one two', 'three']);
    expect(wrapToWidth('see https://example.com/a/long/path now', 10)).toEqual([
      'see',
      'https://example.com/a/long/path',
      'now',
    ]);
  });
});
