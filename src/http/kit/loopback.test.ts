import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { isFromLoopback, peerAddress } from './loopback.js';

const from = (remoteAddress: string | undefined, headers: Record<string, string>, httpVersion = '1.1') =>
  isFromLoopback({ socket: { remoteAddress }, headers, httpVersion } as unknown as IncomingMessage);

describe('whether a request comes from this machine', () => {
  test.each([
    ['127.0.0.1', 'localhost:8000'],
    ['127.8.9.1', 'LOCALHOST'],
    ['::1', '[::1]:8443'],
    ['::ffff:127.0.0.1', '127.0.0.1:8000'],
  ])('%s asking for %s does', (peer, host) => {
    expect(from(peer, { host })).toBe(true);
  });

  test.each([
    ['192.0.2.1', 'localhost'],
    ['::ffff:192.0.2.1', 'localhost'],
    [undefined, 'localhost'],
    ['127.0.0.1', 'attacker.example'],
    ['127.0.0.1', 'localhost.attacker.example'],
    ['127.0.0.1', '127.0.0.1.nip.example'],
    ['127.0.0.1', 'localhost:8000@attacker.example'],
    ['127.0.0.1', '127.999.0.1'],
    ['127.0.0.1', ''],
  ])('%s asking for %s does not', (peer, host) => {
    expect(from(peer, { host })).toBe(false);
  });

  test.each([
    ...['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-anything', 'via'],
    ...['x-real-ip', 'x-client-ip', 'x-cluster-client-ip', 'true-client-ip', 'cf-connecting-ip'],
  ])('a %s header says that it does not', (name) => {
    expect(from('127.0.0.1', { host: 'localhost', [name]: '' })).toBe(false);
  });

  test('HTTP/1.0, which proxies speak and clients do not, says that it does not', () => {
    expect(from('127.0.0.1', { host: 'localhost' }, '1.0')).toBe(false);
  });

  test.each([
    [{ 'sec-fetch-site': 'cross-site' }, false],
    [{ 'sec-fetch-site': 'same-site' }, false],
    [{ origin: 'https://attacker.example' }, false],
    [{ origin: 'null' }, false],
    [{ 'sec-fetch-site': 'same-origin', origin: 'http://localhost:8000' }, true],
    [{ 'sec-fetch-site': 'none' }, true],
  ])('a page of another site is not this machine: %o', (headers, isLocal) => {
    expect(from('127.0.0.1', { host: 'localhost:8000', ...headers })).toBe(isLocal);
  });

  test('an IPv4 peer is written as one', () => {
    expect(peerAddress({ remoteAddress: '::ffff:192.0.2.1' })).toBe('192.0.2.1');
    expect(peerAddress({ remoteAddress: '2001:db8::1' })).toBe('2001:db8::1');
    expect(peerAddress({})).toBeNull();
  });
});
