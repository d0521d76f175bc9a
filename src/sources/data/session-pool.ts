/**
 * The sessions of one source at one revision: idle ones are lent again, new ones are opened while the source allows
 * more connections, and who comes after that waits in order. It knows no engine and no store.
 *
 * @module
 */
import type { ConnectionLease, ConnectionLeases } from '../connection-leases.js';
import type { DataSession, SessionLease } from '../data-session.js';
import { sourcesErrors } from '../errors.js';
import type { Source } from '../source.js';

export interface SessionPoolDeps {
  readonly leases: ConnectionLeases;
  /** @throws what the way there is refused with; `sources.cancelled` when the signal was aborted. */
  readonly open: (source: Source, signal: AbortSignal) => Promise<DataSession>;
  /** Told when nothing is lent, idle or waited for any more. */
  readonly onEmpty: (pool: SessionPool) => void;
}

/** The source is another now, or gone: who waited asks again. */
export class PoolRetired extends Error {}

export const poolTimes = {
  /** An idle session is closed after this. */
  idleMs: 60_000,
  /** One that was idle for so long is asked for a sign of life before it is lent: it may have broken unnoticed. */
  staleMs: 1_000,
  /** How long that may take. */
  pingMs: 2_000,
  /** One that was opened so long ago is closed when it comes back: its credential may be another by now. */
  lifeMs: 1_800_000,
} as const;

/** Callers that may wait for one source. */
const maxWaiting = 256;

interface Pooled {
  readonly session: DataSession;
  readonly connection: ConnectionLease;
  readonly openedAtMs: number;
  idleSinceMs: number;
}

type Granted = { readonly idle: Pooled } | { readonly connection: ConnectionLease };

interface Waiter {
  /** Else a connection of its own is wanted. */
  readonly takesIdle: boolean;
  grant(granted: Granted): void;
  refuse(fault: Error): void;
}

export class SessionPool {
  readonly source: Source;
  readonly #deps: SessionPoolDeps;
  /** The one that came back last is lent first, so that the others grow old. */
  readonly #idle: Pooled[] = [];
  readonly #waiting = new Set<Waiter>();
  /** Sessions that are lent or being opened. */
  #busy = 0;
  #isServing = false;
  #isRetired = false;
  #expiry: NodeJS.Timeout | undefined;

  constructor(source: Source, deps: SessionPoolDeps) {
    this.source = source;
    this.#deps = deps;
  }

  /** Sessions that are open, idle or lent. */
  get size(): number {
    return this.#idle.length + this.#busy;
  }

  /** Of `performance.now()`, when its oldest idle session came back; `null` without one. */
  get idleSinceMs(): number | null {
    return this.#idle[0]?.idleSinceMs ?? null;
  }

  /**
   * @throws `sources.pool_exhausted` · `sources.cancelled` · {@link PoolRetired} · what opening throws.
   */
  async lend(signal: AbortSignal): Promise<SessionLease> {
    const granted = await this.#enter(true, signal);
    try {
      const pooled = 'idle' in granted ? await this.#freshen(granted.idle, signal) : await this.#open(granted, signal);
      return this.#leaseOf(pooled);
    } catch (fault) {
      this.#busy -= 1;
      this.#settle();
      throw fault;
    }
  }

  /** A connection for something else than a session, by the same queue. @throws as {@link lend} */
  async connection(signal: AbortSignal): Promise<ConnectionLease> {
    const granted = await this.#enter(false, signal);
    if ('connection' in granted) return granted.connection;
    throw new TypeError('a session was granted where a connection was wanted');
  }

  /** Closes an idle session, the one that was idle longest. */
  giveUp(): boolean {
    const pooled = this.#idle.shift();
    if (pooled === undefined) return false;
    close(pooled);
    this.#settle();
    return true;
  }

  /** Serves who waits, as far as there is something. */
  serve(): void {
    // What is closed on the way frees a connection, which would serve the same waiter again.
    if (this.#isServing) return;
    this.#isServing = true;
    for (const waiter of this.#waiting) {
      const granted = this.#take(waiter.takesIdle);
      if (granted === null) break;
      waiter.grant(granted);
    }
    this.#isServing = false;
  }

  /** Closes what is idle; what is lent is closed when it comes back; who waits asks again. */
  retire(): void {
    this.#isRetired = true;
    for (const waiter of this.#waiting) waiter.refuse(new PoolRetired());
    for (const pooled of this.#idle.splice(0)) close(pooled);
    this.#settle();
  }

  #enter(takesIdle: boolean, signal: AbortSignal): Promise<Granted> {
    if (signal.aborted) return Promise.reject(sourcesErrors.cancelled());
    if (this.#isRetired) return Promise.reject(new PoolRetired());
    const granted = this.#waiting.size === 0 ? this.#take(takesIdle) : null;
    if (granted !== null) return Promise.resolve(granted);
    if (this.#waiting.size >= maxWaiting) return Promise.reject(exhausted());
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(waiter);
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        takesIdle,
        grant: (one) => {
          leave();
          resolve(one);
        },
        refuse: (fault) => {
          leave();
          reject(fault);
        },
      };
      const onAbort = () => {
        waiter.refuse(sourcesErrors.cancelled());
        this.#settle();
      };
      const timer = setTimeout(() => {
        waiter.refuse(exhausted());
        this.#settle();
      }, this.source.limits.connectMs);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(waiter);
    });
  }

  #take(takesIdle: boolean): Granted | null {
    const granted = (takesIdle ? this.#takeIdle() : null) ?? this.#takeConnection();
    if (granted !== null && takesIdle) this.#busy += 1;
    return granted;
  }

  #takeIdle(): Granted | null {
    for (;;) {
      const idle = this.#idle.pop();
      if (idle === undefined) return null;
      if (idle.session.isUsable()) return { idle };
      close(idle);
    }
  }

  #takeConnection(): Granted | null {
    const { id, limits } = this.source;
    const connection = this.#deps.leases.take({ id, limit: limits.connections }, 1);
    return connection === null ? null : { connection };
  }

  /** @throws what opening another throws when this one gives no sign of life. */
  async #freshen(pooled: Pooled, signal: AbortSignal): Promise<Pooled> {
    const { session, connection, idleSinceMs } = pooled;
    if (session.ping === undefined || performance.now() - idleSinceMs < poolTimes.staleMs) return pooled;
    try {
      await session.ping(poolTimes.pingMs);
      if (session.isUsable()) return pooled;
    } catch {
      // It broke while nobody looked: another takes its place.
    }
    session.close();
    return this.#open({ connection }, signal);
  }

  async #open({ connection }: { readonly connection: ConnectionLease }, signal: AbortSignal): Promise<Pooled> {
    try {
      const session = await this.#deps.open(this.source, signal);
      const nowMs = performance.now();
      return { session, connection, openedAtMs: nowMs, idleSinceMs: nowMs };
    } catch (fault) {
      connection.release();
      throw fault;
    }
  }

  #leaseOf(pooled: Pooled): SessionLease {
    let isReleased = false;
    return {
      session: pooled.session,
      release: () => {
        if (isReleased) return;
        isReleased = true;
        this.#busy -= 1;
        this.#takeBack(pooled);
      },
    };
  }

  #takeBack(pooled: Pooled): void {
    const nowMs = performance.now();
    const isKept = !this.#isRetired && pooled.session.isUsable() && nowMs - pooled.openedAtMs < poolTimes.lifeMs;
    if (isKept) {
      pooled.idleSinceMs = nowMs;
      this.#idle.push(pooled);
      this.serve();
    } else close(pooled);
    this.#settle();
  }

  /** Looks when the next idle session is to be closed, and whether anybody is left. */
  #settle(): void {
    const sinceMs = this.idleSinceMs;
    if (sinceMs !== null) {
      if (this.#expiry !== undefined) return;
      const leftMs = sinceMs + poolTimes.idleMs - performance.now();
      this.#expiry = setTimeout(() => this.#expire(), Math.max(0, leftMs));
      this.#expiry.unref();
    } else if (this.#busy === 0 && this.#waiting.size === 0) this.#deps.onEmpty(this);
  }

  #expire(): void {
    this.#expiry = undefined;
    const dueMs = performance.now() - poolTimes.idleMs + timerSlackMs;
    while ((this.idleSinceMs ?? Number.POSITIVE_INFINITY) <= dueMs) {
      const pooled = this.#idle.shift();
      if (pooled !== undefined) close(pooled);
    }
    this.#settle();
  }
}

/** A timer may fire so much too early. */
const timerSlackMs = 5;

function close({ session, connection }: Pooled): void {
  session.close();
  connection.release();
}

export function exhausted(): Error {
  return sourcesErrors.pool_exhausted({ details: { retryAfterSeconds: 2 } });
}
