/**
 * IP addresses as numbers: parsing, the one canonical spelling (RFC 5952), ranges, and the IPv4 addresses that hide
 * inside IPv6 ones. Knows nothing of what is allowed.
 *
 * @module
 */

export interface IpAddress {
  readonly family: 4 | 6;
  /** 32 or 128 bits, unsigned. */
  readonly value: bigint;
}

export interface IpRange {
  readonly address: IpAddress;
  /** Leading bits that count: 0–32 or 0–128. */
  readonly prefixBits: number;
}

const octet = /^(?:0|[1-9]\d{0,2})$/;
const hextet = /^[0-9a-f]{1,4}$/i;

/** Four decimal octets without leading zeros; every other spelling of an IPv4 address is `null`. */
export function parseIpv4(text: string): IpAddress | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let value = 0n;
  for (const part of parts) {
    if (!octet.test(part) || Number(part) > 255) return null;
    value = (value << 8n) | BigInt(part);
  }
  return { family: 4, value };
}

/** Any RFC 4291 §2.2 spelling without a zone; `null` for the rest. */
export function parseIpv6(text: string): IpAddress | null {
  if (!text.includes(':')) return null;
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = hextets(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? hextets(halves[1] ?? '', true) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...Array<bigint>(halves.length === 1 ? 0 : missing).fill(0n), ...tail];
  return { family: 6, value: groups.reduce((value, group) => (value << 16n) | group, 0n) };
}

export function parseIp(text: string): IpAddress | null {
  return parseIpv4(text) ?? parseIpv6(text);
}

/** The canonical spelling; IPv4-mapped addresses end in dotted octets (RFC 5952 §5). */
export function formatIp(ip: IpAddress): string {
  if (ip.family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((ip.value >> shift) & 0xffn)).join('.');
  if (isInRange(ip, mappedRange)) return `::ffff:${formatIp({ family: 4, value: low32(ip) })}`;
  const groups = Array.from({ length: 8 }, (_, index) => Number((ip.value >> BigInt(112 - 16 * index)) & 0xffffn));
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  const words = groups.map((group) => group.toString(16));
  if (best.start === -1) return words.join(':');
  return `${words.slice(0, best.start).join(':')}::${words.slice(best.start + best.length).join(':')}`;
}

/** `10.0.0.0/8`, `2001:db8::/32`: canonical address, no bits beyond the prefix; `null` for the rest. */
export function parseRange(text: string): IpRange | null {
  const [addressText, prefixText, ...rest] = text.split('/');
  if (addressText === undefined || prefixText === undefined || rest.length > 0) return null;
  const address = parseIp(addressText);
  if (address === null || formatIp(address) !== addressText || !octet.test(prefixText)) return null;
  const prefixBits = Number(prefixText);
  const width = address.family === 4 ? 32 : 128;
  if (prefixBits > width) return null;
  const hostBits = BigInt(width - prefixBits);
  if ((address.value >> hostBits) << hostBits !== address.value) return null;
  return { address, prefixBits };
}

export function isInRange(ip: IpAddress, range: IpRange): boolean {
  if (ip.family !== range.address.family) return false;
  const hostBits = BigInt((ip.family === 4 ? 32 : 128) - range.prefixBits);
  return ip.value >> hostBits === range.address.value >> hostBits;
}

export function isSameIp(a: IpAddress, b: IpAddress): boolean {
  return a.family === b.family && a.value === b.value;
}

/** An IPv4-mapped IPv6 address is the IPv4 address as far as the network is concerned: one form for both. */
export function unmapIp(ip: IpAddress): IpAddress {
  return ip.family === 6 && isInRange(ip, mappedRange) ? { family: 4, value: low32(ip) } : ip;
}

/**
 * The IPv4 addresses a packet to this IPv6 address may end at: mapped and compatible (RFC 4291 §2.5.5), translated
 * (RFC 2765), NAT64 (RFC 6052), 6to4 (RFC 3056), Teredo server and client (RFC 4380), ISATAP (RFC 5214).
 */
export function embeddedIpv4(ip: IpAddress): readonly IpAddress[] {
  if (ip.family === 4) return [];
  const found: bigint[] = [];
  if (lowRanges.some((range) => isInRange(ip, range))) found.push(low32(ip));
  if (isInRange(ip, sixToFourRange)) found.push((ip.value >> 80n) & 0xffffffffn);
  if (isInRange(ip, teredoRange)) found.push((ip.value >> 64n) & 0xffffffffn, low32(ip) ^ 0xffffffffn);
  const interfaceTag = (ip.value >> 32n) & 0xffffffffn;
  if (interfaceTag === 0x5efen || interfaceTag === 0x02005efen) found.push(low32(ip));
  return found.map((value) => ({ family: 4, value }));
}

function hextets(text: string, mayEndInIpv4: boolean): bigint[] | null {
  if (text === '') return [];
  const groups: bigint[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (hextet.test(part)) {
      groups.push(BigInt(`0x${part}`));
      continue;
    }
    const embedded = mayEndInIpv4 && index === parts.length - 1 ? parseIpv4(part) : null;
    if (embedded === null) return null;
    groups.push(embedded.value >> 16n, embedded.value & 0xffffn);
  }
  return groups;
}

function low32(ip: IpAddress): bigint {
  return ip.value & 0xffffffffn;
}

function range6(high: bigint, prefixBits: number): IpRange {
  return { address: { family: 6, value: high }, prefixBits };
}

const mappedRange = range6(0xffffn << 32n, 96);
const sixToFourRange = range6(0x2002n << 112n, 16);
const teredoRange = range6(0x2001_0000n << 96n, 32);
/** Ranges whose last 32 bits are an IPv4 address: compatible, mapped, translated, NAT64. */
const lowRanges = [range6(0n, 96), mappedRange, range6(0xffff_0000n << 32n, 96), range6(0x0064_ff9bn << 96n, 96)];
