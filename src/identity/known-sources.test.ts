import { describe, expect, it } from 'vitest';
import { isFamiliar, isSeenDue, sourceOf } from './known-sources.js';

describe('a source', () => {
  it.each([
    '203.0.113.7',
    '::ffff:203.0.113.7',
    '::FFFF:203.0.113.7',
    '::ffff:cb00:7107',
    '0:0:0:0:0:ffff:cb00:7107',
    '0000:0000:0000:0000:0000:ffff:203.0.113.7',
    '64:ff9b::203.0.113.7',
    '64:ff9b::cb00:7107',
  ])('is one IPv4 address however it is spelled: %s', (spelling) => {
    expect(sourceOf(spelling)).toBe('203.0.113.7');
  });

  it.each([
    '2001:db8:1:2::1',
    '2001:DB8:1:2::1',
    '2001:0db8:0001:0002:0000:0000:0000:0001',
    '2001:db8:1:2:ffff:ffff:ffff:ffff',
    '2001:db8:1:2:3:4:5.6.7.8',
    '2001:db8:1:2::1%eth0',
  ])('is one /64 however the address is spelled and wherever it lies in it: %s', (spelling) => {
    expect(sourceOf(spelling)).toBe('2001:db8:1:2::/64');
  });

  it('of ten thousand addresses of one /64 is one', () => {
    const sources = Array.from({ length: 10_000 }, (_, at) => sourceOf(`2001:db8:0:1:${at.toString(16)}::${at % 7}`));
    expect(new Set(sources).size).toBe(1);
  });

  it('tells neighbours apart', () => {
    expect(sourceOf('2001:db8:1:3::1')).not.toBe(sourceOf('2001:db8:1:2::1'));
    expect(sourceOf('203.0.113.8')).not.toBe(sourceOf('203.0.113.7'));
    expect(sourceOf('::1')).toBe('0:0:0:0::/64');
  });

  it.each([null, '', 'unknown', '203.0.113', '1.2.3.4:80', '[::1]', '0x7f.0.0.1', 'fe80::1\0'])(
    'is nowhere when it is no address: %j',
    (address) => {
      expect(sourceOf(address)).toBe('nowhere');
    },
  );
});

const day = 86_400_000;

describe('a place', () => {
  it('is familiar for ninety days after the last sign-in', () => {
    expect(isFamiliar(null, 0)).toBe(false);
    expect(isFamiliar(0, 90 * day - 1)).toBe(true);
    expect(isFamiliar(0, 90 * day)).toBe(false);
  });

  it('is written down anew once a day', () => {
    expect(isSeenDue(null, 0)).toBe(true);
    expect(isSeenDue(0, day - 1)).toBe(false);
    expect(isSeenDue(0, day)).toBe(true);
    expect(isSeenDue(1, 0)).toBe(true);
  });
});
