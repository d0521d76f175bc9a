import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createConnectionLeases } from '../connection-leases.js';
import type { DataSession, SessionLease } from '../data-session.js';
import { sourcesErrors } from '../errors.js';
import { type Source, standardLimits } from '../source.js';
import { PoolRetired, poolTimes, SessionPool } from './session-pool.js';

const signal = new AbortController().signal;
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no fault',
    (fault: { code?: string }) => fault.code,
  );

interface Opened extends DataSession {
  readonly number: number;
  isClosed: boolean;
  isBroken: boolean;
  pings: number;
  isDeaf: boolean;
}

let opened: Opened[];
let leases: ReturnType<typeof createConnectionLeases>;
let emptied: number;
let openFault: Error | null;
let gate: Promise<void> | null;
let pool: SessionPool;

function sessionOf(): Opened {
  const session = {
    number: opened.length + 1,
    isClosed: false,
    isBroken: false,
    isDeaf: false,
    pings: 0,
    isUsable: () => !session.isClosed && !session.isBroken,
    async ping() {
      session.pings += 1;
      if (session.isDeaf) throw new Error('no answer');
    },
    close() {
      session.isClosed = true;
    },
  } as unknown as Opened;
  opened.push(session);
  return session;
}

function poolOf(connections: number, connectMs = 1_000): SessionPool {
  const source = { id: 's-1', revision: 1, limits: { ...standardLimits, connections, connectMs } } as Source;
  return new SessionPool(source, {
    leases,
    async open() {
      await gate;
      if (openFault !== null) throw openFault;
      return sessionOf();
    },
    onEmpty: () => {
      emptied += 1;
    },
  });
}

const numberOf = (lease: SessionLease) => (lease.session as Opened).number;
const isOpen = () => opened.filter((one) => !one.isClosed).map((one) => one.number);
const isFree = (limit: number) => leases.take({ id: 's-1', limit }, 1) !== null;

beforeEach(() => {
  vi.useFakeTimers();
  opened = [];
  emptied = 0;
  openFault = null;
  gate = null;
  leases = createConnectionLeases();
  pool = poolOf(2);
  leases.keptBy({ giveUp: () => pool.giveUp(), freed: () => pool.serve() });
});
afterEach(() => vi.useRealTimers());

describe('lending', () => {
  test('a session that came back is lent again, the latest first', async () => {
    const [one, two] = [await pool.lend(signal), await pool.lend(signal)];
    one.release();
    two.release();
    expect(numberOf(await pool.lend(signal))).toBe(2);
    expect(numberOf(await pool.lend(signal))).toBe(1);
    expect(opened).toHaveLength(2);
  });

  test('one that is given back twice counts once', async () => {
    const one = await pool.lend(signal);
    one.release();
    one.release();
    expect(numberOf(await pool.lend(signal))).toBe(1);
    expect(numberOf(await pool.lend(signal))).toBe(2);
  });

  test('no more are open than the source allows, and who comes late waits in order', async () => {
    const first = await pool.lend(signal);
    await pool.lend(signal);
    const order: string[] = [];
    const waiting = ['a', 'b', 'c'].map(async (name) => {
      const lease = await pool.lend(signal);
      order.push(`${name}${numberOf(lease)}`);
      return lease;
    });
    await vi.advanceTimersByTimeAsync(10);
    expect(order).toEqual([]);
    first.release();
    await vi.advanceTimersByTimeAsync(0);
    expect(order).toEqual(['a1']);
    (await waiting[0])?.release();
    await vi.advanceTimersByTimeAsync(0);
    (await waiting[1])?.release();
    await vi.advanceTimersByTimeAsync(0);
    expect(order).toEqual(['a1', 'b1', 'c1']);
    expect(opened).toHaveLength(2);
  });

  test('who comes while others wait does not overtake them', async () => {
    const first = await pool.lend(signal);
    const second = await pool.lend(signal);
    const order: string[] = [];
    void pool.lend(signal).then(() => order.push('early'));
    await vi.advanceTimersByTimeAsync(0);
    first.release();
    void pool.lend(signal).then(() => order.push('late'));
    await vi.advanceTimersByTimeAsync(0);
    expect(order).toEqual(['early']);
    second.release();
    await vi.advanceTimersByTimeAsync(0);
    expect(order).toEqual(['early', 'late']);
  });

  test('waiting ends after a while', async () => {
    await pool.lend(signal);
    await pool.lend(signal);
    const late = codeOf(pool.lend(signal));
    await vi.advanceTimersByTimeAsync(1_001);
    expect(await late).toBe(sourcesErrors.pool_exhausted.code);
  });

  test('not everybody may wait', async () => {
    await pool.lend(signal);
    await pool.lend(signal);
    const waiting = Array.from({ length: 256 }, () => codeOf(pool.lend(signal)));
    expect(await codeOf(pool.lend(signal))).toBe(sourcesErrors.pool_exhausted.code);
    await vi.advanceTimersByTimeAsync(1_001);
    expect(new Set(await Promise.all(waiting))).toEqual(new Set([sourcesErrors.pool_exhausted.code]));
  });

  test('who goes away while waiting leaves no trace', async () => {
    const first = await pool.lend(signal);
    await pool.lend(signal);
    const leaver = new AbortController();
    const left = codeOf(pool.lend(leaver.signal));
    const next = pool.lend(signal);
    leaver.abort();
    expect(await left).toBe(sourcesErrors.cancelled.code);
    first.release();
    expect(numberOf(await next)).toBe(1);
    expect(await codeOf(pool.lend(leaver.signal))).toBe(sourcesErrors.cancelled.code);
  });

  test('a failed opening gives its place to who waits', async () => {
    openFault = sourcesErrors.unreachable();
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const [one, two] = [codeOf(pool.lend(signal)), codeOf(pool.lend(signal))];
    const three = codeOf(pool.lend(signal));
    open();
    expect(await Promise.all([one, two, three])).toEqual(Array(3).fill(sourcesErrors.unreachable.code));
    expect(isFree(1)).toBe(true);
    expect(emptied).toBeGreaterThan(0);
  });
});

describe('sessions that are not good any more', () => {
  test('a broken one is not lent again, and its place is free', async () => {
    const one = await pool.lend(signal);
    (one.session as Opened).isBroken = true;
    one.release();
    expect(isOpen()).toEqual([]);
    expect(numberOf(await pool.lend(signal))).toBe(2);
  });

  test('one that broke while it was idle is dropped when it is wanted', async () => {
    const [one, two] = [await pool.lend(signal), await pool.lend(signal)];
    one.release();
    two.release();
    for (const session of opened) session.isBroken = true;
    expect(numberOf(await pool.lend(signal))).toBe(3);
    expect(isOpen()).toEqual([3]);
    expect(numberOf(await pool.lend(signal))).toBe(4);
  });

  test('one that broke while others waited serves them by another', async () => {
    const [one] = [await pool.lend(signal), await pool.lend(signal)];
    const waiting = pool.lend(signal);
    (one.session as Opened).isBroken = true;
    one.release();
    expect(numberOf(await waiting)).toBe(3);
  });

  test('after a long rest one is asked for a sign of life, and replaced when there is none', async () => {
    (await pool.lend(signal)).release();
    vi.advanceTimersByTime(poolTimes.staleMs + 1);
    const again = await pool.lend(signal);
    expect([numberOf(again), opened[0]?.pings]).toEqual([1, 1]);
    again.release();
    expect(numberOf(await pool.lend(signal))).toBe(1);
    expect(opened[0]?.pings).toBe(1);
    again.release();
    pool = poolOf(2);
    (await pool.lend(signal)).release();
    vi.advanceTimersByTime(poolTimes.staleMs + 1);
    for (const session of opened) session.isDeaf = true;
    expect(numberOf(await pool.lend(signal))).toBe(3);
    expect(opened[1]?.isClosed).toBe(true);
  });

  test('idle ones are closed after a minute, and then the pool is empty', async () => {
    const [one, two] = [await pool.lend(signal), await pool.lend(signal)];
    one.release();
    await vi.advanceTimersByTimeAsync(30_000);
    two.release();
    await vi.advanceTimersByTimeAsync(30_001);
    expect(isOpen()).toEqual([2]);
    expect(emptied).toBe(0);
    await vi.advanceTimersByTimeAsync(30_001);
    expect(isOpen()).toEqual([]);
    expect(emptied).toBe(1);
    expect(isFree(1)).toBe(true);
  });

  test('one that is old is closed when it comes back', async () => {
    const one = await pool.lend(signal);
    vi.advanceTimersByTime(poolTimes.lifeMs + 1);
    one.release();
    expect(isOpen()).toEqual([]);
  });
});

describe('a source that is another now', () => {
  test('idle sessions close at once, lent ones when they come back', async () => {
    const [one, two] = [await pool.lend(signal), await pool.lend(signal)];
    one.release();
    pool.retire();
    expect(isOpen()).toEqual([2]);
    two.release();
    expect(isOpen()).toEqual([]);
    expect(isFree(1)).toBe(true);
    await expect(pool.lend(signal)).rejects.toBeInstanceOf(PoolRetired);
  });

  test('who waits is sent to ask again', async () => {
    await pool.lend(signal);
    await pool.lend(signal);
    const waiting = pool.lend(signal);
    pool.retire();
    await expect(waiting).rejects.toBeInstanceOf(PoolRetired);
  });
});

describe('connections for something else', () => {
  test('an idle session makes room for whoever needs a connection', async () => {
    const [one, two] = [await pool.lend(signal), await pool.lend(signal)];
    one.release();
    two.release();
    const metadata = leases.take({ id: 's-1', limit: 2 }, 4);
    expect(metadata?.connections).toBe(1);
    expect(isOpen()).toEqual([]);
    expect(numberOf(await pool.lend(signal))).toBe(3);
  });

  test('who waits is served when a reading gives its connections back', async () => {
    const reading = leases.take({ id: 's-1', limit: 2 }, 1);
    await pool.lend(signal);
    const waiting = pool.lend(signal);
    const connection = pool.connection(signal);
    reading?.release();
    const lease = await waiting;
    lease.release();
    // The idle session gives way to the connection that was asked for next.
    expect((await connection).connections).toBe(1);
    expect(isOpen()).toEqual([1]);
  });
});
