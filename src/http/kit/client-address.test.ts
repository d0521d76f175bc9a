import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createClientAddress } from './client-address.js';

type Headers = readonly (readonly [string, string])[];

function from(remoteAddress: string | undefined, headers: Headers = []) {
  return { socket: { remoteAddress }, rawHeaders: headers.flat() } as unknown as IncomingMessage;
}

const trusted = createClientAddress(['10.0.0.0/8', '127.0.0.1', '2001:db8:aaaa::/48']);
const xff = (value: string) => ['X-Forwarded-For', value] as const;
const forwarded = (value: string) => ['Forwarded', value] as const;

describe('without a proxy that was named', () => {
  it.each([
    [[xff('203.0.113.1')]],
    [[forwarded('for=203.0.113.1')]],
    [[['X-Real-IP', '203.0.113.1'] as const]],
    [[xff('203.0.113.1'), xff('203.0.113.2')]],
  ])('headers say nothing: %j', (headers) => {
    expect(createClientAddress([])(from('192.0.2.5', headers))).toBe('192.0.2.5');
    expect(trusted(from('192.0.2.5', headers))).toBe('192.0.2.5');
  });

  it('a thousand invented headers are one address', () => {
    const seen = Array.from({ length: 1_000 }, (_, at) =>
      trusted(from('192.0.2.5', [xff(`203.0.113.${at % 256}, 10.0.0.${at % 256}`)])),
    );
    expect(new Set(seen)).toEqual(new Set(['192.0.2.5']));
  });

  it('a dual socket shows an IPv4 address as such, and one that is gone shows none', () => {
    expect(trusted(from('::ffff:192.0.2.5'))).toBe('192.0.2.5');
    expect(trusted(from(undefined, [xff('203.0.113.1')]))).toBeNull();
  });
});

describe('behind a proxy that was named', () => {
  it.each([
    ['one hop', '203.0.113.1', '203.0.113.1'],
    ['what the client had written before', '198.51.100.9, 203.0.113.1', '203.0.113.1'],
    ['a second proxy of ours', '198.51.100.9, 203.0.113.1, 10.2.3.4', '203.0.113.1'],
    ['a name of ours that the client wrote', '10.9.9.9, 203.0.113.1, 10.2.3.4', '203.0.113.1'],
    ['only proxies of ours', '10.9.9.9, 10.2.3.4', '10.9.9.9'],
    ['a port', '203.0.113.1:4711', '203.0.113.1'],
    ['IPv6', '2001:DB8:0:0::1', '2001:db8::1'],
    ['IPv6 in brackets', '[2001:db8::1]', '2001:db8::1'],
    ['IPv6 with a port', '[2001:db8::1]:4711', '2001:db8::1'],
    ['IPv4 in IPv6', '::FFFF:203.0.113.1', '203.0.113.1'],
    ['IPv4 in IPv6, in hexadecimal', '0:0:0:0:0:ffff:cb00:7101', '203.0.113.1'],
    ['a proxy of ours by IPv6', '203.0.113.1, 2001:db8:aaaa:1::7', '203.0.113.1'],
    ['a hop that is no address', '203.0.113.1, unknown, 10.2.3.4', '10.2.3.4'],
    ['an empty hop', '203.0.113.1,', '10.1.1.1'],
    ['nothing', '', '10.1.1.1'],
    ['garbage', '203.0.113.256', '10.1.1.1'],
    ['a number', '3405803777', '10.1.1.1'],
    ['a leading zero', '203.0.113.01', '10.1.1.1'],
    ['a NUL', '203.0.113.1\0', '10.1.1.1'],
  ])('the rightmost address that is none of ours counts: %s', (_name, value, expected) => {
    expect(trusted(from('10.1.1.1', [xff(value)]))).toBe(expected);
    expect(trusted(from('::ffff:10.1.1.1', [xff(value)]))).toBe(expected);
  });

  it('several lines are one list', () => {
    expect(trusted(from('10.1.1.1', [xff('198.51.100.9'), xff('203.0.113.1')]))).toBe('203.0.113.1');
  });

  it.each([
    ['for=203.0.113.1', '203.0.113.1'],
    ['For="203.0.113.1:4711";proto=http;by=10.1.1.1', '203.0.113.1'],
    ['for=198.51.100.9, for="[2001:db8::1]:4711"', '2001:db8::1'],
    ['for=198.51.100.9;host="a,b;for=1.2.3.4", proto=https;for=203.0.113.1', '203.0.113.1'],
    ['for="203\\.0.113.1"', '203.0.113.1'],
    ['for=203.0.113.1, for=10.2.3.4', '203.0.113.1'],
    ['for=203.0.113.1, for=unknown', '10.1.1.1'],
    ['for=203.0.113.1, for=_gazonk', '10.1.1.1'],
    ['for=203.0.113.1;for=203.0.113.2', '10.1.1.1'],
    ['for=203.0.113.1, proto=https', '10.1.1.1'],
    ['for="203.0.113.1', '10.1.1.1'],
  ])('Forwarded is read as well: %s', (value, expected) => {
    expect(trusted(from('10.1.1.1', [forwarded(value)]))).toBe(expected);
  });

  it('two headers that differ are the proxy’s own: one of them is the client’s invention', () => {
    const both = (list: string, other: string) => trusted(from('10.1.1.1', [xff(list), forwarded(other)]));
    expect(both('203.0.113.1', 'for=203.0.113.1')).toBe('203.0.113.1');
    expect(both('203.0.113.1', 'for=198.51.100.9')).toBe('10.1.1.1');
  });

  it('a request of the proxy itself is its own', () => {
    expect(trusted(from('127.0.0.1'))).toBe('127.0.0.1');
  });

  it('a list without end costs nothing', () => {
    const startedMs = performance.now();
    const list = Array.from({ length: 100_000 }, () => '10.0.0.1').join(',');
    expect(trusted(from('10.1.1.1', [xff(`203.0.113.1,${list}`)]))).toBe('10.0.0.1');
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});
