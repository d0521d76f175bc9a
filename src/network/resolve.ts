/**
 * Names to addresses, once per dial, bounded in time and in number. Special-use names never leave the process. How a
 * name is looked up stands in `system-lookup.ts`.
 *
 * @module
 */
import type { Host } from './host-grammar.js';
import { type IpAddress, parseIp } from './ip-address.js';
import { createPlaces, lookupTimedOut } from './places.js';
import { createSystemLookup, type NameLookup } from './system-lookup.js';

export type ResolveReason = 'DNS_NOT_FOUND' | 'DNS_TEMPORARY';

export type Resolved =
  | { readonly ok: true; readonly addresses: readonly IpAddress[] }
  | { readonly ok: false; readonly reason: ResolveReason; readonly native: string };

export interface Resolver {
  /** @param signal  Aborted when the time for resolving is up: the reason is then `DNS_TEMPORARY`. */
  resolve(host: Host, signal: AbortSignal): Promise<Resolved>;
}

/** Each takes sockets and no thread; more than this many names at once is nobody's honest need. */
const maxRunningLookups = 64;

export function createResolver(look: NameLookup = createSystemLookup()): Resolver {
  const places = createPlaces(maxRunningLookups);
  return {
    async resolve(host, signal) {
      if (host.literal !== null) return { ok: true, addresses: [host.literal] };
      if (isUnder(host.text, 'localhost')) return { ok: true, addresses: loopbackAddresses };
      if (isUnder(host.text, 'invalid')) return { ok: false, reason: 'DNS_NOT_FOUND', native: 'INVALID_NAME' };
      const timeUp = rejectOnAbort(signal);
      try {
        const texts = await Promise.race([places.run(() => look(host.text, signal), signal), timeUp.promise]);
        const addresses = texts.map((text) => parseIp(text));
        // An address we cannot read (one with a zone, say) cannot be judged, and one bad address spoils the name.
        if (addresses.length === 0 || addresses.includes(null)) {
          return { ok: false, reason: 'DNS_NOT_FOUND', native: 'NO_USABLE_ADDRESS' };
        }
        return { ok: true, addresses: addresses.filter((address) => address !== null) };
      } catch (fault) {
        const native = fault === lookupTimedOut ? 'TIMEOUT' : codeOf(fault);
        return { ok: false, reason: notFoundCodes.has(native) ? 'DNS_NOT_FOUND' : 'DNS_TEMPORARY', native };
      } finally {
        timeUp.stop();
      }
    },
  };
}

/** Of getaddrinfo and of c-ares. */
const notFoundCodes = new Set(['ENOTFOUND', 'ENODATA', 'EAI_NODATA', 'EAI_NONAME', 'EBADNAME']);
/** RFC 6761 §6.3: these never go to a resolver, so that nobody else can say where `localhost` is. */
const loopbackAddresses = ['127.0.0.1', '::1'].map((text) => parseIp(text)).filter((ip) => ip !== null);

function isUnder(name: string, top: string): boolean {
  return name === top || name.endsWith(`.${top}`);
}

function rejectOnAbort(signal: AbortSignal): { promise: Promise<never>; stop: () => void } {
  let stop = () => {};
  const promise = new Promise<never>((_, reject) => {
    const onAbort = () => reject(lookupTimedOut);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    stop = () => signal.removeEventListener('abort', onAbort);
  });
  promise.catch(() => undefined);
  return { promise, stop };
}

function codeOf(fault: unknown): string {
  return fault instanceof Error && 'code' in fault && typeof fault.code === 'string' ? fault.code : 'UNKNOWN';
}
