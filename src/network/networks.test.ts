import { describe, expect, it } from 'vitest';
import { networks } from './networks.js';

describe('a network', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['192.0.2.1', '192.0.2.1/32'],
    ['::ffff:192.0.2.1', '192.0.2.1/32'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['2001:DB8:0::1', '2001:db8::1/128'],
  ])('%s is spelled %s', (text, spelled) => {
    expect(networks.canonical(text)).toBe(spelled);
  });

  it.each([
    '',
    'host',
    '10.0.0.1/8',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '010.0.0.0/8',
    '10.0.0.0/8/8',
    '::ffff:10.0.0.0/104',
    '/8',
    '10.0.0.0/-1',
  ])('%j is none', (text) => {
    expect(networks.canonical(text)).toBeNull();
  });

  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '10.1.0.0/16', true],
    ['10.0.0.0/8', '10.0.0.0/8', true],
    ['10.1.0.0/16', '10.0.0.0/8', false],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/8', '::ffff:10.0.0.1', true],
    ['::/0', '10.0.0.1', false],
    ['0.0.0.0/0', '::1', false],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['0.0.0.0/0', 'unknown', false],
    ['nonsense', '10.0.0.1', false],
  ])('%s holds %s: %s', (outer, inner, answer) => {
    expect(networks.contains(outer, inner)).toBe(answer);
  });
});
