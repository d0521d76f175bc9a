import { expect, it } from 'vitest';
import { isPlainText } from './plain-text.js';

it.each(['production-api-key', 'Zoë 😀', 'a', 'a'.repeat(255), '😀'.repeat(255)])('%s is plain text', (text) => {
  expect(isPlainText(text)).toBe(true);
});

it.each(['', '   ', 'a\nb', 'a\u001B[31m', 'a\u202Eb', 'a\u2028b', 'a\u200Bb', 'a\uD800', 'a'.repeat(256), 'a\0'])(
  '%j is not',
  (text) => {
    expect(isPlainText(text)).toBe(false);
  },
);
