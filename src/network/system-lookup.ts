/**
 * How this machine finds a name: the hosts file, then its name servers, then whatever else it is set up to ask. The
 * system's own call (getaddrinfo) comes last and one at a time, because it cannot be cancelled and holds one of two
 * threads for as long as a name server cares to be silent: a handful of names of somebody who wants that would stop
 * every other look-up of the process. Name servers are therefore asked here, without threads, and given up on time.
 *
 * @module
 */
import { lookup, Resolver } from 'node:dns/promises';
import { readFile, stat } from 'node:fs/promises';
import { createPlaces } from './places.js';

/** Texts of addresses. Rejects with an error whose `code` says why; what the signal ends may be left behind. */
export type NameLookup = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

export interface SystemLookupOptions {
  /** As `hosts(5)`. */
  readonly hostsFile?: string;
  /** As `resolv.conf(5)`: `search`, `domain` and `ndots` are read here, the servers by the resolver itself. */
  readonly resolvFile?: string;
  /** Name servers, as `address:port`; the machine's when absent. */
  readonly servers?: readonly string[];
  /** What is asked last; `null`: nothing. */
  readonly lastResort?: NameLookup | null;
}

/** Of one question to one server, and how often it is asked. */
const questionMs = 1_000;
const tries = 2;
/** When one kind of address is there, the other may take so long (RFC 8305 §3 is less patient). */
const otherKindMs = 300;
const maxFileBytes = 1_048_576;
const maxSearched = 6;

export function createSystemLookup(options: SystemLookupOptions = {}): NameLookup {
  const hosts = cachedFile(options.hostsFile ?? '/etc/hosts', parseHosts, new Map());
  const settings = cachedFile(options.resolvFile ?? '/etc/resolv.conf', parseSettings, { search: [], ndots: 1 });
  const lastResort = options.lastResort === undefined ? askSystem : options.lastResort;
  const places = createPlaces(1);
  return async (name, signal) => {
    const known = (await hosts()).get(name);
    if (known !== undefined) return known;
    let fault: unknown;
    for (const candidate of candidatesOf(name, await settings())) {
      if (signal.aborted) throw new Error('aborted');
      try {
        return await askServers(candidate, options.servers, signal);
      } catch (found) {
        fault = found;
        // A server that does not answer says nothing about the other spellings: asking on would use the time up.
        if (!isNotFound(found)) throw found;
      }
    }
    if (lastResort === null) throw fault;
    return places.run(() => lastResort(name, signal), signal);
  };
}

/** The name as it is, and below the domains of this machine, in the order that its number of dots asks for. */
function candidatesOf(name: string, { search, ndots }: Settings): readonly string[] {
  const below = search.map((domain) => `${name}.${domain}`);
  return name.split('.').length - 1 >= ndots ? [name, ...below] : [...below, name];
}

/** Both kinds of addresses of a name, side by side: IPv4 first. */
async function askServers(
  name: string,
  servers: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: questionMs, tries });
  if (servers !== undefined) resolver.setServers(servers);
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  let patience: NodeJS.Timeout | undefined;
  const hurry = (addresses: string[]) => {
    if (addresses.length > 0) patience ??= setTimeout(cancel, otherKindMs);
    return addresses;
  };
  try {
    const [four, six] = await Promise.allSettled([
      resolver.resolve4(name).then(hurry),
      resolver.resolve6(name).then(hurry),
    ]);
    const addresses = [four, six].flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    if (addresses.length > 0) return addresses;
    // "Not there" only when both kinds say so.
    const faults = [four, six].flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    throw faults.find((one) => !isNotFound(one)) ?? faults[0] ?? new Error('no addresses');
  } finally {
    clearTimeout(patience);
    signal.removeEventListener('abort', cancel);
  }
}

function isNotFound(fault: unknown): boolean {
  return fault instanceof Error && 'code' in fault && (fault.code === 'ENOTFOUND' || fault.code === 'ENODATA');
}

async function askSystem(name: string): Promise<readonly string[]> {
  const found = await lookup(name, { all: true, verbatim: true });
  return found.map((entry) => entry.address);
}

interface Settings {
  readonly search: readonly string[];
  readonly ndots: number;
}

function parseSettings(text: string): Settings {
  let search: readonly string[] = [];
  let ndots = 1;
  for (const line of text.split('\n')) {
    const [word, ...values] = line.trim().split(/\s+/);
    // The last of them counts.
    if (word === 'search' || word === 'domain') search = values.slice(0, maxSearched).map(withoutLastDot);
    for (const value of word === 'options' ? values : []) {
      const found = /^ndots:(\d{1,2})$/.exec(value)?.[1];
      if (found !== undefined) ndots = Math.min(15, Number(found));
    }
  }
  return { search: search.filter((domain) => domain !== ''), ndots };
}

function parseHosts(text: string): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const line of text.split('\n')) {
    const [address, ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    for (const name of address === undefined ? [] : names.map((one) => one.toLowerCase())) {
      found.set(name, [...(found.get(name) ?? []), address ?? '']);
    }
  }
  return found;
}

function withoutLastDot(domain: string): string {
  return domain.toLowerCase().replace(/\.$/, '');
}

/** A file that is read again when it has changed; `empty` when there is none, or when it is too long to be one. */
function cachedFile<T>(path: string, parse: (text: string) => T, empty: T): () => Promise<T> {
  let read: { readonly changedAtMs: number; readonly value: T } | undefined;
  return async () => {
    try {
      const { mtimeMs, size } = await stat(path);
      if (read?.changedAtMs !== mtimeMs) {
        read = { changedAtMs: mtimeMs, value: size > maxFileBytes ? empty : parse(await readFile(path, 'utf8')) };
      }
      return read.value;
    } catch {
      return empty;
    }
  };
}
