/**
 * The guess budget as it is met at the doors: one budget behind all of them, keyed by the socket's address whatever the
 * headers say, and refusals that tell nothing.
 *
 * @module
 */
import { afterEach, expect, test } from 'vitest';
import { defaultIdentityPolicy } from '../../../src/identity/index.js';
import { type Received, send } from '../support/client.js';
import { openWorld, passwords, type World, type WorldOptions } from '../support/world.js';

let world: World | null = null;
afterEach(async () => {
  await world?.close();
  world = null;
});

async function open(options: WorldOptions = {}): Promise<World> {
  world = await openWorld({ guesses: defaultIdentityPolicy.guesses, ...options });
  return world;
}

type Headers = Readonly<Record<string, string | readonly string[]>>;

function basic(username: string, password: string): string {
  return `Token ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Every way a password comes in. */
const doors: Readonly<
  Record<string, (one: World, username: string, password: string, headers?: Headers) => Promise<Received>>
> = {
  precrime: (one, username, password, headers = {}) =>
    send(one, { method: 'POST', path: '/user/login', headers, body: { username, password } }),
  cloudio: (one, username, password, headers = {}) =>
    send(one, {
      method: 'POST',
      path: '/v1/auth',
      headers: { ...headers, authorization: basic(username, password) },
      body: {},
    }),
  onedb: (one, username, password, headers = {}) =>
    send(one, { method: 'POST', path: '/api/authenticate', headers, body: { username, password } }),
  console: (one, username, password, headers = {}) =>
    send(one, { method: 'POST', path: '/admin/v1/session', headers, body: { username, password } }),
};

const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));

/** What a caller sees, but for what differs between any two answers. */
function seen({ status, headers, text }: Received): string {
  const { date: _date, 'x-request-id': id = '', ...rest } = headers;
  return JSON.stringify({ status, headers: rest, text: text.replaceAll(id, 'id') });
}

const count = (answers: readonly Received[], status: number) => answers.filter((one) => one.status === status).length;

test('ten guesses are judged at all doors together', async () => {
  const one = await open();
  const ways = Object.values(doors);
  const answers = await Promise.all(times(300, (at) => ways[at % ways.length]?.(one, 'ada', `guess ${at}`)));
  const received = answers.filter((answer) => answer !== undefined);
  expect(received).toHaveLength(300);
  expect(count(received, 429)).toBe(290);
  for (const way of ways) expect((await way(one, 'ada', passwords.ada)).status).toBe(429);
});

test('a thousand invented addresses in headers are one source', async () => {
  const one = await open();
  const answers = await Promise.all(
    times(1_000, (at) => {
      const address = `198.51.${at >> 8}.${at & 255}`;
      const headers = {
        'x-forwarded-for': [address, `203.0.113.${at & 255}`],
        forwarded: `for=${address}`,
        'x-real-ip': address,
        'true-client-ip': address,
      };
      return doors['precrime']?.(one, 'ada', `guess ${at}`, headers);
    }),
  );
  const received = answers.filter((answer) => answer !== undefined);
  expect(count(received, 401)).toBe(10);
  expect(count(received, 429)).toBe(990);
});

test('behind a proxy that was named everybody has their own budget', async () => {
  const one = await open({ settings: { trustedProxies: ['127.0.0.0/8'] } });
  const from = (address: string) => ({ 'x-forwarded-for': `192.0.2.200, ${address}` });
  const guess = (address: string, password: string) => doors['precrime']?.(one, 'ada', password, from(address));
  for (const at of times(12, (n) => n)) await guess('203.0.113.1', `guess ${at}`);
  expect((await guess('203.0.113.1', passwords.ada))?.status).toBe(429);
  expect((await guess('203.0.113.2', passwords.ada))?.status).toBe(200);
});

test.each(Object.keys(doors))(
  'at %s a refusal says the same of names that nobody has, and when to come back',
  async (door) => {
    const one = await open();
    const refusals: Received[] = [];
    for (const name of ['ada', 'nightly', 'vault', 'nobody-at-all', 'x\u202Ey']) {
      for (const at of times(10, (n) => n)) await doors[door]?.(one, name, `guess ${at}`);
      const refused = await doors[door]?.(one, name, passwords.ada);
      if (refused !== undefined) refusals.push(refused);
    }
    expect(refusals.map(({ status }) => status)).toEqual(times(5, () => 429));
    expect(new Set(refusals.map(seen)).size).toBe(1);
    const seconds = Number(refusals[0]?.headers['retry-after']);
    expect(seconds).toBeGreaterThan(14 * 60);
    expect(seconds).toBeLessThanOrEqual(15 * 60 + 15);
    expect(refusals[0]?.text).not.toMatch(/ada|nobody-at-all/);
  },
);
