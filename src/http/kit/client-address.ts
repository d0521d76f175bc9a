/**
 * Whose address a request comes from: the socket's, unless that is a proxy the operator named; then the rightmost
 * address in its header that is no such proxy. Everything further left was written by whoever sent the request.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { peerAddress } from './loopback.js';

/** Proxies in a row; beyond them the chain is somebody's invention. */
const maxHops = 32;

/** A hop as a header names it; `null`: it is not told, or is no address. */
type Hop = string | null;

export type ClientAddress = (request: Pick<IncomingMessage, 'socket' | 'rawHeaders'>) => string | null;

/** @param trusted  Addresses and CIDRs of the proxies; without any, headers say nothing. */
export function createClientAddress(trusted: readonly string[]): ClientAddress {
  const proxies = new BlockList();
  for (const network of trusted) {
    const [address = '', prefix] = network.split('/');
    const version = isIP(address);
    proxies.addSubnet(address, Number(prefix ?? (version === 4 ? 32 : 128)), version === 4 ? 'ipv4' : 'ipv6');
  }
  const isProxy = (address: string) => proxies.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');

  /** From the right: a proxy vouches for the hop it names, and for nothing beyond. */
  const nearest = (hops: readonly Hop[], peer: string): string => {
    let vouchedFor = peer;
    for (const hop of hops.slice(-maxHops).reverse()) {
      if (hop === null) return vouchedFor;
      vouchedFor = hop;
      if (!isProxy(hop)) return hop;
    }
    return vouchedFor;
  };

  // A connection has one peer, and many requests.
  const peers = new WeakMap<object, string | null>();
  const peerOf = (socket: IncomingMessage['socket']) => {
    const known = peers.get(socket);
    if (known !== undefined) return known;
    const peer = plainAddress(peerAddress(socket) ?? '');
    if (peer !== null) peers.set(socket, peer);
    return peer;
  };

  return ({ socket, rawHeaders }) => {
    const peer = peerOf(socket);
    if (peer === null || trusted.length === 0 || !isProxy(peer)) return peer;
    const listed = linesOf(rawHeaders, 'x-forwarded-for');
    const forwarded = linesOf(rawHeaders, 'forwarded');
    const byList = listed === null ? null : nearest(listed.split(',').map(hopOf), peer);
    const byForwarded = forwarded === null ? null : nearest(forwardedHops(forwarded), peer);
    // A proxy writes one of the two and hands the other on as the client sent it, so that nobody knows which is whose.
    if (byList !== null && byForwarded !== null && byList !== byForwarded) return peer;
    return byList ?? byForwarded ?? peer;
  };
}

/** All lines of a header as one list, in order (RFC 9110 §5.3). */
function linesOf(rawHeaders: readonly string[], header: string): string | null {
  const lines = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === header);
  return lines.length === 0 ? null : lines.join(',');
}

const withPort = /^(?:\[([^[\]]*)\]|([0-9.]+))(?::\d{1,5})?$/;

/** An address with or without a port; IPv6 in brackets, or bare when it has no port. */
function hopOf(text: string): Hop {
  const trimmed = text.trim();
  const bare = plainAddress(trimmed);
  if (bare !== null) return bare;
  const found = withPort.exec(trimmed);
  return found === null ? null : plainAddress(found[1] ?? found[2] ?? '');
}

const pair = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~0-9A-Za-z-]+))\s*$/;

/** RFC 7239 §4: the `for` of every element. Bare addresses with colons are not well-formed there, and told by nobody. */
function forwardedHops(header: string): Hop[] {
  return splitOutsideQuotes(header, ',').map((element) => {
    const nodes = splitOutsideQuotes(element, ';').flatMap((text) => {
      const found = pair.exec(text);
      if (found?.[1]?.toLowerCase() !== 'for') return [];
      return [found[2]?.replace(/\\(.)/g, '$1') ?? found[3] ?? ''];
    });
    return nodes.length === 1 ? hopOf(nodes[0] ?? '') : null;
  });
}

function splitOutsideQuotes(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = [];
  let part = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === separator && !isQuoted) {
      parts.push(part);
      part = '';
      continue;
    }
    part += character;
    if (character === '"') isQuoted = !isQuoted;
    else if (character === '\\' && isQuoted) {
      at += 1;
      part += text[at] ?? '';
    }
  }
  return [...parts, part];
}

const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/** One spelling for an address; an IPv4 address inside an IPv6 one (RFC 4291 §2.5.5.2) as such. */
function plainAddress(text: string): string | null {
  const address = text.replace(/%[0-9A-Za-z._-]*$/, '');
  const version = isIP(address);
  if (version !== 6) return version === 4 ? address : null;
  const shortest = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const inside = mapped.exec(shortest);
  if (inside === null) return shortest;
  return inside
    .slice(1)
    .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff])
    .join('.');
}
