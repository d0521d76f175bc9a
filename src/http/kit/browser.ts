/**
 * What a browser says of the page that sent a request, and whether it would keep a cookie of ours: its words are in
 * headers that no page can write. Other clients say nothing, and nobody rides on them.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import { httpErrors } from '../errors.js';
import { isTls, namesLoopback } from './loopback.js';
import type { Call } from './route.js';

type Request = Pick<IncomingMessage, 'headers' | 'socket'>;

/**
 * Whether a page of another origin sent it, a sibling host or another port of this one included (W3C Fetch Metadata;
 * RFC 6454 §7). An origin that is hidden (`null`) is another one.
 *
 * @param ownUrl  Our address as strangers reach it: a proxy may have put another Host in its place.
 */
export function isFromForeignPage(request: Request, ownUrl: () => string | null): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  return origin !== undefined && !isOwnOrigin(request, origin, ownUrl);
}

/** @throws `http.page_foreign` with details.fix, for where it is the proxy's mistake. */
export function assertOwnPage({ browser }: Pick<Call, 'browser'>): void {
  if (!browser.isForeignPage()) return;
  const fix = 'Open the console by its own address; a proxy in front must pass Host on, or publicUrl be set.';
  throw httpErrors.page_foreign({ details: { fix } });
}

/**
 * Whether a browser would keep a `Secure` cookie of this answer: it came by TLS, to us or to the proxy in front, or the
 * address it was sent to is this machine itself. Whoever says so falsely fools nobody but themselves.
 */
export function keepsSecureCookies(request: Request, ownUrl: () => string | null): boolean {
  const { host = '', origin } = request.headers;
  if (isTls(request.socket) || namesLoopback(host)) return true;
  if (origin?.startsWith('https://') === true && isOwnOrigin(request, origin, ownUrl)) return true;
  const own = parse(ownUrl() ?? '');
  return own?.protocol === 'https:' && parse(`https://${host}`)?.host === own.host;
}

function isOwnOrigin(request: Request, origin: string, ownUrl: () => string | null): boolean {
  const sent = parse(origin);
  if (sent === null || sent.origin !== origin || (isTls(request.socket) && sent.protocol !== 'https:')) return false;
  // With the scheme of the origin, so that a default port may be written or not.
  const host = parse(`${sent.protocol}//${request.headers.host ?? ''}`)?.host;
  return sent.host === host || sent.origin === parse(ownUrl() ?? '')?.origin;
}

function parse(url: string): URL | null {
  return URL.canParse(url) ? new URL(url) : null;
}
