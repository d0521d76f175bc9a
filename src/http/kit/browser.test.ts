import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { isFromForeignPage, keepsSecureCookies } from './browser.js';

const request = (headers: Record<string, string>, isTls = false) =>
  ({ headers, socket: isTls ? { encrypted: true } : {} }) as unknown as IncomingMessage;
const publicUrl = 'https://latchkey.corp/base';

describe('a page of another origin', () => {
  test.each([
    ['no browser', { host: 'a:80' }],
    ['our own', { host: 'a:8000', origin: 'http://a:8000' }],
    ['our own, a default port written in one place', { host: 'a:80', origin: 'http://a' }],
    ['our own behind a proxy that ends TLS', { host: 'a', origin: 'https://a' }],
    ['our own as it is known outside', { host: 'upstream:8000', origin: 'https://latchkey.corp' }],
    ['our own by its word', { host: 'a', origin: 'http://a', 'sec-fetch-site': 'same-origin' }],
    ['a person, by the browser’s word', { host: 'a', 'sec-fetch-site': 'none' }],
  ])('is not %s', (_name, headers) => {
    expect(isFromForeignPage(request(headers), () => publicUrl)).toBe(false);
  });

  test.each([
    ['hidden', { host: 'a', origin: 'null' }],
    ['empty', { host: 'a', origin: '' }],
    ['another host', { host: 'a', origin: 'http://b' }],
    ['a sibling', { host: 'a.corp', origin: 'http://b.a.corp' }],
    ['another port', { host: 'a:8000', origin: 'http://a:8001' }],
    ['no origin but a URL', { host: 'a', origin: 'http://a/' }],
    ['in another spelling', { host: 'a', origin: 'http://A' }],
    ['with a name before', { host: 'a', origin: 'http://x@a' }],
    ['two of them', { host: 'a', origin: 'http://a, http://a' }],
    ['one that only looks like what is known outside', { host: 'a', origin: 'http://latchkey.corp' }],
    ['no page at all', { host: 'a', origin: 'file://' }],
    ['another site by its word', { host: 'a', origin: 'http://a', 'sec-fetch-site': 'cross-site' }],
    ['a sibling by its word', { host: 'a', 'sec-fetch-site': 'same-site' }],
    ['a word nobody knows', { host: 'a', 'sec-fetch-site': 'SAME-ORIGIN' }],
  ])('is %s', (_name, headers) => {
    expect(isFromForeignPage(request(headers), () => publicUrl)).toBe(true);
  });

  test('is one without TLS where TLS ends here', () => {
    expect(isFromForeignPage(request({ host: 'a', origin: 'http://a' }, true), () => null)).toBe(true);
    expect(isFromForeignPage(request({ host: 'a', origin: 'https://a' }, true), () => null)).toBe(false);
  });
});

describe('a browser keeps our cookie', () => {
  test.each([
    ['over TLS', request({ host: 'a' }, true), null, true],
    ['of this machine', request({ host: 'localhost:8000' }), null, true],
    ['of this machine by number', request({ host: '127.0.0.2' }), null, true],
    ['of a page that came by https', request({ host: 'a', origin: 'https://a' }), null, true],
    ['at the address that is known outside', request({ host: 'latchkey.corp:443' }), publicUrl, true],
    ['over plain HTTP', request({ host: 'a' }), null, false],
    ['of a page that came by http', request({ host: 'a', origin: 'http://a' }), null, false],
    ['of a foreign page that came by https', request({ host: 'a', origin: 'https://b' }), null, false],
    ['at another address than the one that is known outside', request({ host: 'a' }), publicUrl, false],
    ['where only plain HTTP is known outside', request({ host: 'a' }), 'http://a', false],
    ['of nobody', request({}), null, false],
  ] as const)('%s', (_name, sent, ownUrl, isKept) => {
    expect(keepsSecureCookies(sent, () => ownUrl)).toBe(isKept);
  });
});
