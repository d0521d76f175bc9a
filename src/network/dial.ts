/**
 * The one dialler: nothing else of the program opens a socket to a target. It resolves once, has every address judged,
 * connects to a judged address and to nothing else, and looks at the peer again before anybody may write.
 *
 * @module
 */
import { connect, type Socket } from 'node:net';
import type { LocatedEndpoint, TargetPolicy } from './address-policy.js';
import { type Host, isLoopbackHost, isLoopbackIp, parseHost } from './host-grammar.js';
import { formatIp, type IpAddress, isSameIp, parseIp, unmapIp } from './ip-address.js';
import { createResolver, type Resolved, type ResolveReason, type Resolver } from './resolve.js';

export type DialReason =
  | ResolveReason
  | 'TARGET_NOT_ALLOWED'
  | 'TCP_REFUSED'
  | 'TCP_TIMEOUT'
  | 'TCP_UNREACHABLE'
  | 'TCP_RESET'
  | 'STAGE_TIMEOUT'
  | 'UNCLASSIFIED';

export interface DialStep {
  readonly stage: 'policy' | 'resolve' | 'tcp';
  readonly status: 'pass' | 'fail';
  readonly reason: DialReason | null;
  readonly ms: number;
  readonly evidence: Readonly<Record<string, string | number | boolean>>;
}

export interface DialTarget {
  /** As the caller typed it; what `host-grammar.ts` does not take is not dialled. */
  readonly host: string;
  readonly port: number;
}

export interface DialLimits {
  /** For resolving, and again for connecting. */
  readonly stageMs: number;
  /** Ends everything; what is open then is closed. */
  readonly signal: AbortSignal;
  /** After the first address that answers, try the others too, side by side, and say how many do. */
  readonly isEveryAddressTried?: boolean;
}

export type DialOutcome =
  | {
      readonly ok: true;
      /** Connected and paused; errors nobody listens for are heard by the dialler. The caller closes it. */
      readonly socket: Socket;
      /** Whether the peer is this machine itself. */
      readonly isLoopback: boolean;
      readonly steps: readonly DialStep[];
    }
  | { readonly ok: false; readonly steps: readonly DialStep[] };

export interface Dialler {
  /** Never throws for what a name server, a network or a peer does. */
  dial(target: DialTarget, limits: DialLimits): Promise<DialOutcome>;
}

export interface DiallerOptions {
  readonly policy: TargetPolicy;
  /** The system's when absent. */
  readonly resolver?: Resolver;
}

export function createDialler({ policy, resolver = createResolver() }: DiallerOptions): Dialler {
  /** Where our own store and the like were last seen, by name: so that a resolver that is down opens nothing. */
  const lastSeen = new Map<string, { readonly addresses: readonly IpAddress[]; readonly atMs: number }>();

  async function locateOwn(port: number, signal: AbortSignal): Promise<readonly LocatedEndpoint[]> {
    const located: LocatedEndpoint[] = [];
    for (const endpoint of policy.ownEndpoints()) {
      if (endpoint.port !== port) continue;
      const host = parseHost(endpoint.host);
      const seen = lastSeen.get(endpoint.host);
      if (host === null || (seen !== undefined && performance.now() - seen.atMs < ownAddressTtlMs)) {
        located.push({ endpoint, addresses: seen?.addresses ?? null });
        continue;
      }
      const found = await resolver.resolve(host, signal);
      if (found.ok) lastSeen.set(endpoint.host, { addresses: found.addresses, atMs: performance.now() });
      located.push({ endpoint, addresses: found.ok ? found.addresses : (seen?.addresses ?? null) });
    }
    return located;
  }

  /** The addresses of a target, and where what is ours on that port is. */
  async function lookUp(
    host: Host,
    port: number,
    stageMs: number,
    signal: AbortSignal,
  ): Promise<[Resolved, readonly LocatedEndpoint[]]> {
    // An address needs no look-up, and no time for one.
    if (host.literal !== null && !policy.ownEndpoints().some((own) => own.port === port)) {
      return [{ ok: true, addresses: [host.literal] }, []];
    }
    const limited = limitSignal(signal, stageMs);
    try {
      return await Promise.all([resolver.resolve(host, limited.signal), locateOwn(port, limited.signal)]);
    } finally {
      limited.stop();
    }
  }

  return {
    async dial({ host: hostText, port }, { stageMs, signal, isEveryAddressTried = false }) {
      const refused: DialOutcome = { ok: false, steps: [failed('policy', 'TARGET_NOT_ALLOWED', 0)] };
      const host = parseHost(hostText);
      if (host === null || !Number.isInteger(port) || port < 1 || port > 65_535) return refused;
      if (!policy.mayResolve(host, port)) return refused;

      const resolveStartedMs = performance.now();
      const [resolved, own] = await lookUp(host, port, stageMs, signal);
      const resolveMs = performance.now() - resolveStartedMs;
      if (!resolved.ok) {
        return {
          ok: false,
          steps: [passed('policy', 0), failed('resolve', resolved.reason, resolveMs, { native: resolved.native })],
        };
      }
      const allowed = resolved.addresses.filter((address) => policy.mayDial(host, port, address, own));
      // Any refused address refuses the target: a name must not carry a forbidden place along with a good one.
      // Both addresses of `localhost` are ours by definition, so there the good one may be used.
      const isRefused = isLoopbackHost(host) ? allowed.length === 0 : allowed.length < resolved.addresses.length;
      if (isRefused) return refused;

      const steps = [passed('policy', 0), passed('resolve', resolveMs, describeAddresses(allowed))];
      const connectStartedMs = performance.now();
      const attempts: Attempt[] = [];
      const deadlineMs = connectStartedMs + stageMs;
      for (const [index, address] of allowed.entries()) {
        const leftMs = deadlineMs - performance.now();
        if (signal.aborted || (attempts.length > 0 && leftMs < minAttemptMs)) break;
        const attempt = await connectTo(
          address,
          port,
          Math.max(leftMs / (allowed.length - index), minAttemptMs),
          signal,
        );
        attempts.push(attempt);
        if (!attempt.ok) continue;
        const connectMs = performance.now() - connectStartedMs;
        if (isEveryAddressTried) {
          const leftoverMs = Math.max(deadlineMs - performance.now(), minAttemptMs);
          const others = allowed
            .slice(index + 1)
            .slice(0, maxSideBySide)
            .map((one) => connectTo(one, port, leftoverMs, signal));
          for (const other of await Promise.all(others)) {
            if (other.ok) other.socket.destroy();
            attempts.push(other);
          }
        }
        return {
          ok: true,
          socket: attempt.socket,
          isLoopback: isLoopbackIp(address),
          steps: [...steps, passed('tcp', connectMs, countAttempts(attempts))],
        };
      }
      const verdict = worthiest(attempts);
      if (verdict.reason === 'TARGET_NOT_ALLOWED') return refused;
      const evidence = { ...countAttempts(attempts), native: verdict.native };
      return {
        ok: false,
        steps: [...steps, failed('tcp', verdict.reason, performance.now() - connectStartedMs, evidence)],
      };
    },
  };
}

const ownAddressTtlMs = 30_000;
const minAttemptMs = 250;
const maxSideBySide = 16;

/** How many addresses a name has and of which kinds; the addresses themselves may be internal ones and stay here. */
function describeAddresses(addresses: readonly IpAddress[]): DialStep['evidence'] {
  const plain = addresses.map(unmapIp);
  const ipv4 = plain.filter((address) => address.family === 4).length;
  return { addresses: plain.length, ipv4, ipv6: plain.length - ipv4 };
}

/** What became of the addresses that were tried: check 4 of a preflight wants each. */
function countAttempts(attempts: readonly Attempt[]): DialStep['evidence'] {
  const count = (reason: DialReason) => attempts.filter((one) => !one.ok && one.reason === reason).length;
  return {
    attempts: attempts.length,
    reached: attempts.filter((one) => one.ok).length,
    refused: count('TCP_REFUSED'),
    timedOut: count('TCP_TIMEOUT'),
    unreachable: count('TCP_UNREACHABLE'),
  };
}

type Attempt =
  | { readonly ok: true; readonly socket: Socket }
  | { readonly ok: false; readonly reason: DialReason; readonly native: string };

function connectTo(address: IpAddress, port: number, limitMs: number, signal: AbortSignal): Promise<Attempt> {
  return new Promise((resolve) => {
    const plain = unmapIp(address);
    const socket = connect({ host: formatIp(plain), port, family: plain.family, noDelay: true, lookup: neverLookup });
    const timer = setTimeout(() => give({ ok: false, reason: 'TCP_TIMEOUT', native: 'TIMEOUT' }), limitMs);
    const onAbort = () => give({ ok: false, reason: 'TCP_TIMEOUT', native: 'ABORTED' });
    const onError = (fault: Error) => give({ ok: false, ...classifyConnectFault(fault) });

    function give(attempt: Attempt) {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.removeListener('error', onError);
      // From here on until somebody listens, and while other addresses are tried: an error nobody hears ends a process.
      socket.on('error', ignore);
      if (!attempt.ok) socket.destroy();
      resolve(attempt);
    }

    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', onError);
    socket.once('connect', () => {
      const peer = socket.remoteAddress === undefined ? null : parseIp(socket.remoteAddress);
      if (peer === null || !isSameIp(unmapIp(peer), plain) || socket.remotePort !== port) {
        return give({ ok: false, reason: 'TARGET_NOT_ALLOWED', native: 'PEER' });
      }
      // TCP lets a socket connect to itself when the port it was given is the one it asks for.
      if (socket.localPort === port && socket.localAddress === socket.remoteAddress) {
        return give({ ok: false, reason: 'TCP_REFUSED', native: 'SELF' });
      }
      give({ ok: true, socket });
    });
    if (signal.aborted) onAbort();
  });
}

/** The reason of an error of a TCP socket, by its code. */
export function classifyConnectFault(fault: Error): { readonly reason: DialReason; readonly native: string } {
  const native = 'code' in fault && typeof fault.code === 'string' ? fault.code : 'UNKNOWN';
  return { reason: reasonByCode.get(native) ?? 'UNCLASSIFIED', native };
}

const reasonByCode = new Map<string, DialReason>([
  ['ECONNREFUSED', 'TCP_REFUSED'],
  ['ETIMEDOUT', 'TCP_TIMEOUT'],
  ['EHOSTUNREACH', 'TCP_UNREACHABLE'],
  ['ENETUNREACH', 'TCP_UNREACHABLE'],
  ['EHOSTDOWN', 'TCP_UNREACHABLE'],
  ['ENETDOWN', 'TCP_UNREACHABLE'],
  ['EADDRNOTAVAIL', 'TCP_UNREACHABLE'],
  ['EACCES', 'TCP_UNREACHABLE'],
  ['EPERM', 'TCP_UNREACHABLE'],
  ['ECONNRESET', 'TCP_RESET'],
  ['ECONNABORTED', 'TCP_RESET'],
  ['EPIPE', 'TCP_RESET'],
]);

/** What came furthest says most: a peer that resets was there, one that refuses too, a silence was perhaps routed. */
const worth: readonly DialReason[] = [
  'TARGET_NOT_ALLOWED',
  'TCP_RESET',
  'TCP_REFUSED',
  'TCP_TIMEOUT',
  'TCP_UNREACHABLE',
  'UNCLASSIFIED',
];

function worthiest(attempts: readonly Attempt[]): { readonly reason: DialReason; readonly native: string } {
  for (const reason of worth) {
    const found = attempts.find((attempt) => !attempt.ok && attempt.reason === reason);
    if (found !== undefined && !found.ok) return found;
  }
  return { reason: 'TCP_TIMEOUT', native: 'ABORTED' };
}

/** A literal needs no look-up; should anything ask for one all the same, it gets none. */
function neverLookup(_name: string, _options: unknown, callback: (fault: Error, address: string) => void): void {
  callback(new Error('a dialled address is never looked up'), '');
}

function ignore(): void {}

export function limitSignal(signal: AbortSignal, limitMs: number): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const onAbort = () => controller.abort();
  const timer = setTimeout(onAbort, limitMs);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const stop = () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  };
  return { signal: controller.signal, stop };
}

function passed(stage: DialStep['stage'], ms: number, evidence: DialStep['evidence'] = {}): DialStep {
  return { stage, status: 'pass', reason: null, ms, evidence };
}

function failed(
  stage: DialStep['stage'],
  reason: DialReason,
  ms: number,
  evidence: DialStep['evidence'] = {},
): DialStep {
  return { stage, status: 'fail', reason, ms, evidence };
}
