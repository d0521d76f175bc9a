/**
 * Ranges of addresses that somebody may call from, for rooms that keep such ranges and know nothing of addresses.
 *
 * @module
 */
import { formatIp, type IpRange, isInRange, parseIp, parseRange, unmapIp } from './ip-address.js';

export const networks = {
  /**
   * @param text  `10.0.0.0/8`, `2001:db8::/32`, or one address, which is a range of one.
   * @returns     The one spelling of that range; `null` for anything else, bits beyond the prefix included.
   */
  canonical(text: string): string | null {
    const range = rangeOf(text);
    return range === null ? null : `${formatIp(range.address)}/${range.prefixBits}`;
  },

  /**
   * Whether everything of `inner`, a range or an address, lies in the range `outer`. An IPv4-mapped address is the IPv4
   * address; what is no address lies nowhere.
   */
  contains(outer: string, inner: string): boolean {
    const [whole, part] = [rangeOf(outer), rangeOf(inner)];
    return whole !== null && part !== null && part.prefixBits >= whole.prefixBits && isInRange(part.address, whole);
  },
};

function rangeOf(text: string): IpRange | null {
  if (text.includes('/')) {
    const range = parseRange(text);
    // A range of mapped addresses would be compared with addresses that are unmapped, and match none.
    return range === null || unmapIp(range.address) !== range.address ? null : range;
  }
  // The zone of a link-local address names an interface of ours, not a caller.
  const address = parseIp(text.replace(/%.*$/s, ''));
  if (address === null) return null;
  const plain = unmapIp(address);
  return { address: plain, prefixBits: plain.family === 4 ? 32 : 128 };
}
