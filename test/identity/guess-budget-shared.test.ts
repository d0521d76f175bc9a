/**
 * The guess budget of several nodes over a real Redis: what they share, and what is left when it is killed, paused or
 * emptied.
 *
 * @module
 */
import { Redis } from 'iovalkey';
import { afterEach, expect, it } from 'vitest';
import { createPasswordPool } from '../../src/identity/index.js';
import { AppError } from '../../src/kernel/errors.js';
import { Secret } from '../../src/kernel/secret.js';
import { createValkeyCounters, type ValkeyCounters } from '../../src/store/valkey-counters.js';
import { describeWith, type RunningRedis, startRedis } from '../servers/index.js';
import { goodPassword, type House, openHouse, origin } from './house.js';

const spent = 'identity.guess_budget_spent';
const wrong = 'identity.invalid_credentials';
const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describeWith('redis', 'two nodes with one Redis', () => {
  const toClose: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of toClose.splice(0).reverse()) await close();
  });

  async function openNodes() {
    const redis = await startRedis();
    toClose.push(() => redis.stop());
    const url = `redis://:${redis.password}@${redis.host}:${redis.port}`;
    const pool = createPasswordPool({ threads: 2, maxQueued: 4_000 });
    const counted = { verified: 0 };
    const counters: ValkeyCounters[] = [];
    const node = () => {
      const made = createValkeyCounters({ url });
      counters.push(made);
      toClose.push(() => made.close());
      return made;
    };
    const house = await openHouse({
      sharedGuesses: node,
      hasher: {
        assertRoom: () => pool.assertRoom(),
        hash: (password, parameters) => pool.hash(password, parameters),
        verify: (hash, password) => {
          counted.verified += 1;
          return pool.verify(hash, password);
        },
        close: () => pool.close(),
      },
    });
    toClose.push(() => house.close().finally(() => pool.close()));
    const other: House = { ...house, identity: house.another() };
    await house.addUser('steve');
    await until(() => counters.every((one) => one.isAnswering()));
    return { redis, url, house, other, nodes: [house, other] as const, counted, counters };
  }

  const signIn = (house: House, password: string, address = '192.0.2.1', username = 'steve') =>
    house.identity.login({
      family: 'precrime',
      username,
      password: new Secret(password),
      origin: { ...origin, address },
    });

  async function tally(work: readonly Promise<unknown>[]): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const result of await Promise.allSettled(work)) {
      const answer =
        result.status === 'fulfilled' ? 'in' : result.reason instanceof AppError ? result.reason.code : 'fault';
      counts[answer] = (counts[answer] ?? 0) + 1;
    }
    return counts;
  }

  async function until(isSo: () => boolean): Promise<void> {
    const deadline = performance.now() + 10_000;
    while (!isSo()) {
      if (performance.now() > deadline) throw new Error('it did not come about');
      await sleep(20);
    }
  }

  const guesses = (nodes: readonly House[], count: number) =>
    tally(times(count, (at) => signIn(nodes[at % nodes.length] as House, `guess ${at}`)));

  it('judge ten of five hundred wrong passwords together', async () => {
    const { nodes, counted } = await openNodes();
    expect(await guesses(nodes, 500)).toEqual({ [wrong]: 10, [spent]: 490 });
    expect(counted.verified).toBe(10);
  });

  it('let fifty right ones in that come at once, and keep nothing of them', async () => {
    const { nodes, url } = await openNodes();
    const work = times(50, (at) => signIn(nodes[at % 2] as House, goodPassword));
    expect(await tally(work)).toEqual({ in: 50 });
    await sleep(100);
    const client = new Redis(url);
    toClose.push(async () => client.disconnect());
    expect(await client.keys('*')).toEqual([]);
  });

  it('keep only digests there, and only for as long as they count', async () => {
    const { nodes, url } = await openNodes();
    await guesses(nodes, 4);
    await sleep(100);
    const client = new Redis(url);
    toClose.push(async () => client.disconnect());
    const keys = await client.keys('*');
    expect(keys).toHaveLength(3);
    for (const key of keys) {
      expect(key).toMatch(/^\{latchkey:guesses\}:[0-9a-f]{32}(:[0-9a-f]{32})?:f$/);
      const ttlMs = await client.pttl(key);
      expect(ttlMs).toBeGreaterThan(14 * 60_000);
      expect(ttlMs).toBeLessThanOrEqual(25 * 60 * 60_000);
    }
  });

  it.each([
    ['killed', (redis: RunningRedis) => redis.kill()],
    ['paused', async (redis: RunningRedis) => redis.pause()],
  ])('judge at most ten each when it is %s, and let everybody in who knows the password', async (_what, harm) => {
    const { redis, nodes, counted, counters } = await openNodes();
    await guesses(nodes, 4);
    await harm(redis);
    const answers = await guesses(nodes, 200);
    expect((answers[wrong] ?? 0) + 4).toBeLessThanOrEqual(20);
    expect(counted.verified).toBeLessThanOrEqual(20);
    expect(counted.verified).toBeGreaterThanOrEqual(10);
    expect(Object.keys(answers).sort()).toEqual([spent, wrong].sort());
    // From elsewhere, with the password.
    const work = times(100, (at) => signIn(nodes[at % 2] as House, goodPassword, '192.0.2.2'));
    expect(await tally(work)).toEqual({ in: 100 });

    redis.resume();
    if (_what === 'killed') await redis.restart();
    await until(() => counters.some((one) => one.isAnswering()) || redisIsBack(counters));
    expect(await tally(times(50, (at) => signIn(nodes[at % 2] as House, goodPassword, '192.0.2.2')))).toEqual({
      in: 50,
    });
    expect(await guesses(nodes, 50)).toEqual({ [spent]: 50 });
  });

  const redisIsBack = (counters: readonly ValkeyCounters[]) => {
    for (const one of counters) void one.take('probe', []);
    return false;
  };

  it('judge at most ten each when it is emptied in between', async () => {
    const { nodes, url, counted } = await openNodes();
    const client = new Redis(url);
    toClose.push(async () => client.disconnect());
    for (const _ of times(5, () => 0)) {
      await guesses(nodes, 60);
      await client.flushall();
    }
    expect(counted.verified).toBeGreaterThanOrEqual(10);
    expect(counted.verified).toBeLessThanOrEqual(20);
  });
});
