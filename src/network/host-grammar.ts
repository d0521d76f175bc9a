/**
 * What a host may look like: one spelling for each, everything else is refused before any resolver or driver sees it.
 * Resolvers and drivers read far more into a string than a name (`2130706433`, `0x7f.1`, `/run/sock`, `a,b`, NUL).
 *
 * @module
 */
import { domainToASCII, domainToUnicode } from 'node:url';
import { formatIp, type IpAddress, isInRange, parseIp, parseRange, unmapIp } from './ip-address.js';

export interface Host {
  /** Canonical: lower-case A-label name without trailing dot, or an IP literal as RFC 5952 writes it, no brackets. */
  readonly text: string;
  /** The address when it is a literal. */
  readonly literal: IpAddress | null;
}

const label = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/;
/** Letters of any script and digits of one: other digits look like an address to a person. */
const nameCharacters = /^[\p{L}\p{M}0-9._-]+$/u;
/** What inet_aton reads as a number: with a last label like this the whole "name" may become an IPv4 address. */
const numericLabel = /^(?:\d+|0x[0-9a-f]*)$/;

/**
 * Reads a host as a caller typed it.
 *
 * Letters of ASCII may be upper case; nothing else is folded. A name in another script is taken when it is already in
 * the form IDNA gives back (so no digits of other scripts, no full-width letters, no invisible characters).
 *
 * @param text  At most 253 characters of name, or an address.
 * @returns     `null` for everything that is not exactly one host.
 */
export function parseHost(text: string): Host | null {
  if (text.length === 0 || text.length > 253) return null;
  const lower = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const literal = parseIp(lower);
  if (literal !== null) return formatIp(literal) === lower ? { text: lower, literal } : null;
  const ascii = toAsciiName(lower);
  return ascii !== null && isName(ascii) ? { text: ascii, literal: null } : null;
}

/** `localhost` and everything under it (RFC 6761 §6.3), and loopback literals. */
export function isLoopbackHost(host: Host): boolean {
  if (host.literal !== null) return isLoopbackIp(host.literal);
  return host.text === 'localhost' || host.text.endsWith('.localhost');
}

export function isLoopbackIp(ip: IpAddress): boolean {
  const plain = unmapIp(ip);
  return loopbackRanges.some((range) => isInRange(plain, range));
}

function toAsciiName(lower: string): string | null {
  // Only characters that can stand in a name reach IDNA, which would otherwise decode, cut or fold them.
  if (/^[a-z0-9._-]+$/.test(lower)) {
    if (!lower.includes('xn--')) return lower;
    const unicode = domainToUnicode(lower);
    return nameCharacters.test(unicode) && domainToASCII(unicode) === lower ? lower : null;
  }
  if (!nameCharacters.test(lower)) return null;
  const ascii = domainToASCII(lower);
  return ascii !== '' && domainToUnicode(ascii) === lower ? ascii : null;
}

function isName(ascii: string): boolean {
  if (ascii.length > 253) return false;
  const labels = ascii.split('.');
  const last = labels.at(-1);
  return last !== undefined && !numericLabel.test(last) && labels.every((one) => label.test(one));
}

const loopbackRanges = ['127.0.0.0/8', '::1/128'].map((text) => {
  const range = parseRange(text);
  if (range === null) throw new TypeError(`not a range: ${text}`);
  return range;
});
