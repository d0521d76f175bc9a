import { describe, expect, it } from 'vitest';
import { documentOf, instant, moment, withInstants } from './output.js';
import { endless } from './screen.js';

const terminal = { isTerminal: true, columns: 80 };

describe('a time', () => {
  it('is UTC to the second where no person looks, and a dash for never', () => {
    expect(instant(0, endless)).toBe('1970-01-01T00:00:00Z');
    expect(instant(null, endless)).toBe('-');
    expect(moment(1_500, endless)).toBe('1970-01-01T00:00:01.500Z');
  });

  it('is the time of the place on a terminal', () => {
    const noon = new Date(2026, 10, 22, 9, 5, 7).getTime();
    expect(instant(noon, terminal)).toBe('2026-11-22 09:05');
    expect(moment(noon, terminal)).toBe('2026-11-22 09:05:07');
    expect(instant(9e15, terminal)).toBe('-');
  });
});

describe('the document of an answer', () => {
  it('has every time as milliseconds and as ISO 8601, however deep it stands', () => {
    expect(withInstants({ a: [{ createdAtMs: 0, endedAtMs: null, spentMs: 5 }] })).toEqual({
      a: [{ createdAtMs: 0, createdAt: '1970-01-01T00:00:00Z', endedAtMs: null, endedAt: null, spentMs: 5 }],
    });
    expect(withInstants({ atMs: 0, at: 'kept' })).toEqual({ atMs: 0, at: 'kept' });
  });

  it('cannot drive a terminal, and is the same document', () => {
    const hostile = { name: 'a\u001b[2J\u009b31m\u202e\u2028\u{e0041}' };
    const text = documentOf(hostile);
    expect(text).toMatch(/^[\x20-\x7e\n]+$/);
    expect(JSON.parse(text)).toEqual(hostile);
  });
});
