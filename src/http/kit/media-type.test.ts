import { describe, expect, test } from 'vitest';
import { readMediaType } from './media-type.js';

describe('the media type reader', () => {
  test.each([
    ['application/json', 'application/json'],
    ['Application/JSON', 'application/json'],
    ['application/json; charset=utf-8', 'application/json'],
    ['application/json;charset="UTF-8"', 'application/json'],
    ['application/json ; charset=utf8 ; profile=x', 'application/json'],
    ['application/json;', 'application/json'],
    ['application/json; ; charset=utf-8 ;', 'application/json'],
    ['text/plain', 'text/plain'],
    ['application/json+x', 'application/json+x'],
  ])('reads %s', (header, essence) => {
    expect(readMediaType(header)).toBe(essence);
  });

  test.each([
    '',
    'json',
    'application/json\ta',
    'application/json a',
    'application/json; charset',
    'application/json; ; charset=latin1;',
    `application/json${';        '.repeat(2_000)}x`,
    'application/json; charset=utf-16',
    'application/json; charset=utf-8; charset=latin1',
    'application/json, text/plain',
    'application//json',
    ' application/json',
    'application/json; a="unclosed',
  ])('refuses %j', (header) => {
    expect(readMediaType(header)).toBeNull();
  });
});
