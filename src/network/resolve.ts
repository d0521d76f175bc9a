/**
 * Names to addresses, once per dial: the system's resolver, bounded in time and in number, because a look-up cannot be
 * cancelled and each one holds a thread that file access needs too. Special-use names never leave the process.
 *
 * @module
 */
import { lookup } from 'node:dns/promises';
import type { Host } from './host-grammar.js';
import { type IpAddress, parseIp } from './ip-address.js';

export type ResolveReason = 'DNS_NOT_FOUND' | 'DNS_TEMPORARY' | 'STAGE_TIMEOUT';

export type Resolved =
  | { readonly ok: true; readonly addresses: readonly IpAddress[] }
  | { readonly ok: false; readonly reason: ResolveReason; readonly native: string };

/** Texts of addresses as getaddrinfo gives them. Rejects with an error whose `code` says why. */
export type NameLookup = (name: string) => Promise<readonly string[]>;

export interface Resolver {
  /** @param signal  Aborted when the time for resolving is up. */
  resolve(host: Host, signal: AbortSignal): Promise<Resolved>;
}

const maxRunningLookups = 2;

export function createResolver(look: NameLookup = systemLookup): Resolver {
  let running = 0;
  const waiting: (() => void)[] = [];

  async function bounded(name: string, signal: AbortSignal): Promise<readonly string[]> {
    while (running >= maxRunningLookups) await new Promise<void>((resolve) => waiting.push(resolve));
    if (signal.aborted) {
      waiting.shift()?.();
      throw lookupTimedOut;
    }
    running += 1;
    try {
      return await look(name);
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  }

  return {
    async resolve(host, signal) {
      if (host.literal !== null) return { ok: true, addresses: [host.literal] };
      if (isUnder(host.text, 'localhost')) return { ok: true, addresses: loopbackAddresses };
      if (isUnder(host.text, 'invalid')) return { ok: false, reason: 'DNS_NOT_FOUND', native: 'INVALID_NAME' };
      const timeUp = rejectOnAbort(signal);
      try {
        const texts = await Promise.race([bounded(host.text, signal), timeUp.promise]);
        const addresses = texts.map((text) => parseIp(text));
        // An address we cannot read (one with a zone, say) cannot be judged, and one bad address spoils the name.
        if (addresses.length === 0 || addresses.includes(null)) {
          return { ok: false, reason: 'DNS_NOT_FOUND', native: 'NO_USABLE_ADDRESS' };
        }
        return { ok: true, addresses: addresses.filter((address) => address !== null) };
      } catch (fault) {
        if (fault === lookupTimedOut) return { ok: false, reason: 'STAGE_TIMEOUT', native: 'TIMEOUT' };
        const native = codeOf(fault);
        const isMissing = notFoundCodes.has(native);
        return { ok: false, reason: isMissing ? 'DNS_NOT_FOUND' : 'DNS_TEMPORARY', native };
      } finally {
        timeUp.stop();
      }
    },
  };
}

const lookupTimedOut = new Error('look-up timed out');
const notFoundCodes = new Set(['ENOTFOUND', 'ENODATA', 'EAI_NODATA', 'EAI_NONAME']);
/** RFC 6761 §6.3: these never go to a resolver, so that nobody else can say where `localhost` is. */
const loopbackAddresses = ['127.0.0.1', '::1'].map((text) => parseIp(text)).filter((ip) => ip !== null);

function isUnder(name: string, top: string): boolean {
  return name === top || name.endsWith(`.${top}`);
}

async function systemLookup(name: string): Promise<readonly string[]> {
  const found = await lookup(name, { all: true, verbatim: true });
  return found.map((entry) => entry.address);
}

function rejectOnAbort(signal: AbortSignal): { promise: Promise<never>; stop: () => void } {
  let stop = () => {};
  const promise = new Promise<never>((_, reject) => {
    const onAbort = () => reject(lookupTimedOut);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    stop = () => signal.removeEventListener('abort', onAbort);
  });
  return { promise, stop };
}

function codeOf(fault: unknown): string {
  return fault instanceof Error && 'code' in fault && typeof fault.code === 'string' ? fault.code : 'UNKNOWN';
}
