import { describe, expect, test } from 'vitest';
import { AppError } from '../../kernel/errors.js';
import { decodeCursor, digestQuestion, encodeCursor } from './data-cursor.js';

const digest = digestQuestion(['employees', ['id'], null]);
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return `${error.code} ${error.details.field}`;
    throw error;
  }
  return 'no refusal';
}

describe('cursors', () => {
  test.each([
    { offset: 100, after: ['7', 'ä,"😀'] },
    { offset: 0, after: null },
  ])('come back as they were: %j', (place) => {
    expect(decodeCursor(digest, encodeCursor(digest, place) ?? '')).toEqual(place);
  });

  test('one whose key is too long goes on by counting rows', () => {
    const cursor = encodeCursor(digest, { offset: 100, after: ['x'.repeat(5_000)] }) ?? '';
    expect(decodeCursor(digest, cursor)).toEqual({ offset: 100, after: null });
  });

  test('there is none behind the last row that can be counted', () => {
    expect(encodeCursor(digest, { offset: 1_000_000_000, after: null })).toBeNull();
  });

  test('each is of one question', () => {
    const cursor = encodeCursor(digest, { offset: 1, after: null }) ?? '';
    const another = digestQuestion(['employees', ['id'], { value: 2n ** 64n }]);
    expect(codeOf(() => decodeCursor(another, cursor))).toBe('query.page_invalid cursor');
  });

  test.each([
    '',
    'a',
    '!!!!',
    'e30',
    encoded(null),
    encoded([]),
    encoded([digest]),
    encoded([digest, -1]),
    encoded([digest, 1.5]),
    encoded([digest, 1e99]),
    encoded([digest, '1']),
    encoded([digest, 1, []]),
    encoded([digest, 1, [1]]),
    encoded([digest, 1, [null]]),
    encoded([digest, 1, ['a'], 'more']),
    encoded({ 0: digest, 1: 1, length: 2 }),
    `${encoded([digest, 1])}=`,
    `${encoded([digest, 1])} `,
    Buffer.from([0xff, 0xfe]).toString('base64url'),
    'A'.repeat(5_000),
  ])('%s is none', (cursor) => {
    expect(codeOf(() => decodeCursor(digest, cursor))).toBe('query.page_invalid cursor');
  });
});
