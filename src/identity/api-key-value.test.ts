import { createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../kernel/secret.js';
import { digestApiKey, isApiKeyValue, makeApiKeyValue, maskedApiKey, shownPartsOf } from './api-key-value.js';
import { base62 } from './base62.js';

const ids = { uuid: () => '', bytes: (count: number) => new Uint8Array(randomBytes(count)) };
const key = new Secret(new Uint8Array(32).fill(7));

describe('the value of an API key', () => {
  it('is lk_, 43 characters that carry 256 random bits, and 6 of checksum', () => {
    for (const fill of [0, 1, 127, 255]) {
      const value = makeApiKeyValue({ ...ids, bytes: (count) => new Uint8Array(count).fill(fill) });
      expect(value.reveal()).toMatch(/^lk_[0-9A-Za-z]{49}$/);
      expect(isApiKeyValue(value)).toBe(true);
    }
    const all = new Set(Array.from({ length: 1000 }, () => makeApiKeyValue(ids).reveal()));
    expect(all.size).toBe(1000);
  });

  it('with any one character changed is none', () => {
    const value = makeApiKeyValue(ids).reveal();
    for (let at = 0; at < value.length; at += 1) {
      const other = value[at] === 'x' ? 'y' : 'x';
      expect(isApiKeyValue(new Secret(value.slice(0, at) + other + value.slice(at + 1)))).toBe(false);
    }
    for (const text of ['', 'lk_', `${value}a`, ` ${value}`, `${value}\n`, value.toUpperCase(), value.slice(0, -1)]) {
      expect(isApiKeyValue(new Secret(text))).toBe(false);
    }
  });

  it('is stored as a keyed digest', () => {
    const value = new Secret('lk_anything');
    const expected = createHmac('sha256', key.reveal()).update('api_key\0lk_anything').digest('hex');
    expect(digestApiKey(key, value)).toBe(expected);
    expect(digestApiKey(new Secret(new Uint8Array(32)), value)).not.toBe(expected);
  });

  it('is shown as its first eight and last four characters', () => {
    const parts = shownPartsOf(new Secret('lk_AbCdEfGhIjKlMnOp'));
    expect(parts).toEqual({ prefix: 'lk_AbCdE', last4: 'MnOp' });
    expect(maskedApiKey(parts)).toBe('lk_AbCdE…MnOp');
  });
});

it('base62 pads to the length asked for and keeps the order of numbers', () => {
  expect(base62(new Uint8Array([0]), 3)).toBe('000');
  expect(base62(new Uint8Array([61]), 1)).toBe('z');
  expect(base62(new Uint8Array([62]), 1)).toBe('10');
  expect(base62(new Uint8Array(32).fill(255), 43)).toHaveLength(43);
  expect(base62(new Uint8Array(0), 2)).toBe('00');
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(50), (bytes, length) => {
      const text = base62(bytes, length);
      expect(text.length).toBeGreaterThanOrEqual(length);
      const number = [...text].reduce((sum, digit) => sum * 62n + BigInt(alphabet.indexOf(digit)), 0n);
      expect(number).toBe(BigInt(`0x0${Buffer.from(bytes).toString('hex')}`));
      expect(text.length > length && text.startsWith('0')).toBe(false);
    }),
  );
});
