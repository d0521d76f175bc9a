/**
 * Whether a request comes from this machine itself: the peer is a loopback address, the Host header is a loopback name
 * (which stops DNS rebinding), nothing says that a proxy stands between, and no page of another site sent it.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';

const octet = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const loopbackPeer = new RegExp(`^(?:::ffff:)?127(?:\\.${octet}){3}$|^::1$`);
const loopbackName = `(?:localhost|127(?:\\.${octet}){3}|\\[::1\\])(?::\\d{1,5})?`;
const loopbackHost = new RegExp(`^${loopbackName}$`, 'i');
const loopbackOrigin = new RegExp(`^https?://${loopbackName}$`, 'i');

/** What proxies and delivery networks add; a request that went through one is not local, whatever its socket says. */
const proxyHeaders: ReadonlySet<string> = new Set([
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-original-forwarded-for',
  'true-client-ip',
  'cf-connecting-ip',
]);

/** Whether a Host header names this machine itself. */
export function namesLoopback(host: string): boolean {
  return loopbackHost.test(host);
}

export function isFromLoopback({ socket, headers, httpVersion }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  return (
    loopbackPeer.test(socket.remoteAddress ?? '') &&
    namesLoopback(headers.host ?? '') &&
    // Clients of today speak 1.1; what proxies speak to us unless told otherwise, and without any header, is 1.0.
    httpVersion !== '1.0' &&
    !Object.keys(headers).some((name) => proxyHeaders.has(name) || name.startsWith('x-forwarded-')) &&
    // A browser's word on who sent it (W3C Fetch Metadata): a second barrier behind the preflight that JSON needs.
    (site === undefined || site === 'same-origin' || site === 'none') &&
    (headers.origin === undefined || loopbackOrigin.test(headers.origin))
  );
}

/** Address of the peer, an IPv4 one in its own notation even when the socket is a dual one. */
export function peerAddress(socket: object): string | null {
  const known = peers.get(socket);
  if (known !== undefined) return known;
  const told = 'remoteAddress' in socket ? socket.remoteAddress : undefined;
  if (typeof told !== 'string') return null;
  const address = told.replace(/^::ffff:(?=\d)/, '');
  peers.set(socket, address);
  return address;
}

/** A connection has one peer, and many requests. */
const peers = new WeakMap<object, string>();

/** Whether TLS carries what comes by a socket. */
export function isTls(socket: object): boolean {
  return 'encrypted' in socket && socket.encrypted === true;
}
