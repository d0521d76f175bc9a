/**
 * Which addresses may be dialled. First what no setting opens, then our own listeners, store and Valkey, then
 * loopback, then the operator's list. Pure apart from the live facts it is given; resolving names is the dialler's.
 *
 * @module
 */
import { networkInterfaces } from 'node:os';
import { type Host, isLoopbackHost, isLoopbackIp } from './host-grammar.js';
import {
  embeddedIpv4,
  type IpAddress,
  type IpRange,
  isInRange,
  isSameIp,
  parseIp,
  parseRange,
  unmapIp,
} from './ip-address.js';
import type { TargetRule } from './targets-allow.js';

/** A place of ours: a listener, the store, Valkey. */
export interface OwnEndpoint {
  /** Address or name; `0.0.0.0` and `::` mean every address of this machine. */
  readonly host: string;
  readonly port: number;
}

export interface TargetPolicyOptions {
  /** Empty: any target but what is never allowed. */
  readonly allow: readonly TargetRule[];
  /** Live: whether every listener of ours is bound to a loopback address. */
  readonly isBoundToLoopback: () => boolean;
  /** Live: our listeners, store and Valkey, as they are now. */
  readonly ownEndpoints: () => readonly OwnEndpoint[];
  /** Live: the addresses of this machine; the interfaces' own when absent. */
  readonly localAddresses?: () => readonly string[];
}

/** An own endpoint with the addresses its name has; `null` when that cannot be told just now. */
export interface LocatedEndpoint {
  readonly endpoint: OwnEndpoint;
  readonly addresses: readonly IpAddress[] | null;
}

export interface TargetPolicy {
  /** Whether the target could be allowed at all, judged before anything is resolved. */
  mayResolve(host: Host, port: number): boolean;
  /**
   * Whether this address of the target may be dialled. One refused address refuses the whole target.
   *
   * @param own  From {@link TargetPolicy.ownEndpoints}, located by the dialler.
   */
  mayDial(host: Host, port: number, address: IpAddress, own: readonly LocatedEndpoint[]): boolean;
  ownEndpoints(): readonly OwnEndpoint[];
}

/** Ranges that are never a database: the reasons stand beside them. */
const neverRanges = [
  '0.0.0.0/8', // this network, unspecified
  '169.254.0.0/16', // link-local: metadata of AWS, Azure, GCP, OpenStack, DigitalOcean, Oracle, Tencent, ECS
  '192.0.0.0/24', // IETF protocol assignments: Oracle Cloud metadata (192.0.0.192)
  '192.88.99.0/24', // 6to4 relay anycast
  '100.100.100.200/32', // Alibaba Cloud metadata
  '168.63.129.16/32', // Azure wire server
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, limited broadcast
  '::/128', // unspecified
  'fe80::/10', // link-local
  'fec0::/10', // site-local, deprecated by RFC 3879
  'ff00::/8', // multicast
  '64:ff9b:1::/48', // local-use NAT64 (RFC 8215): where the IPv4 address sits is not knowable
  'fd00:ec2::/32', // AWS metadata, DNS, time, pod identity
  'fd20:ce::254/128', // GCP metadata
  'fd00:c1::a9fe:a9fe/128', // Oracle Cloud metadata
  'fd00:42::42/128', // Scaleway metadata
].map(rangeOf);

const unspecifiedAddresses = ['0.0.0.0', '::'];

export function createTargetPolicy(options: TargetPolicyOptions): TargetPolicy {
  const localAddresses = options.localAddresses ?? interfaceAddresses;

  function isLocal(ip: IpAddress): boolean {
    if (isLoopbackIp(ip)) return true;
    return localAddresses().some((text) => {
      const local = parseIp(text.split('%')[0] ?? '');
      return local !== null && isSameIp(unmapIp(local), ip);
    });
  }

  function isOwn(host: Host, port: number, ip: IpAddress, own: readonly LocatedEndpoint[]): boolean {
    for (const { endpoint, addresses } of own) {
      if (endpoint.port !== port) continue;
      // Without knowing where it is, its port is refused everywhere.
      if (addresses === null || endpoint.host === host.text) return true;
      for (const address of addresses) {
        const place = unmapIp(address);
        if (isSameIp(place, ip)) return true;
        // Reached by any other address of this machine it is still ours.
        if ((isUnspecified(place) || isLocal(place)) && isLocal(ip)) return true;
      }
    }
    return false;
  }

  return {
    ownEndpoints: options.ownEndpoints,

    mayResolve(host, port) {
      if (options.allow.length === 0) return true;
      if (options.allow.some((rule) => namesHost(rule, host, port))) return true;
      // A name without a dot means what the search list of this machine makes of it: it has to be listed itself.
      const isBare = host.literal === null && !host.text.includes('.') && !isLoopbackHost(host);
      return !isBare && options.allow.some((rule) => rule.kind === 'range' && isPort(rule, port));
    },

    mayDial(host, port, address, own) {
      const ip = unmapIp(address);
      if (isNever(ip)) return false;
      if ([ip, ...embeddedIpv4(ip)].some((place) => isOwn(host, port, place, own))) return false;
      const inRange = options.allow.some(
        (rule) => rule.kind === 'range' && isPort(rule, port) && isInRange(ip, rule.range),
      );
      const byName = options.allow.some((rule) => namesHost(rule, host, port));
      if (options.allow.length > 0 && !inRange && !byName) return false;
      if (!isLoopbackIp(ip)) return true;
      // A listed name must not be turned to loopback by whoever answers for it: the address, or `localhost`, is listed.
      return options.isBoundToLoopback() || inRange || (byName && isLoopbackHost(host));
    },
  };
}

function isNever(ip: IpAddress): boolean {
  if (neverRanges.some((range) => isInRange(ip, range))) return true;
  // `::1` lies in the IPv4-compatible range and is loopback, not 0.0.0.1.
  return !isLoopbackIp(ip) && embeddedIpv4(ip).some((inner) => isLoopbackIp(inner) || isNever(inner));
}

function isUnspecified(ip: IpAddress): boolean {
  return unspecifiedAddresses.some((text) => {
    const one = parseIp(text);
    return one !== null && isSameIp(one, ip);
  });
}

function namesHost(rule: TargetRule, host: Host, port: number): boolean {
  if (!isPort(rule, port) || host.literal !== null) return false;
  if (rule.kind === 'name') return rule.name === host.text;
  return rule.kind === 'below' && host.text.endsWith(rule.suffix);
}

function isPort(rule: TargetRule, port: number): boolean {
  return rule.port === null || rule.port === port;
}

function interfaceAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map((entry) => entry.address));
}

function rangeOf(text: string): IpRange {
  const range = parseRange(text);
  if (range === null) throw new TypeError(`not a range: ${text}`);
  return range;
}
