/** Answers that are made while they are sent: paced by the client, given up with it, never taken for whole when cut. @module */
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sourcesErrors } from '../../../src/sources/index.js';
import { send } from '../support/client.js';
import { sendRaw } from '../support/raw.js';
import { createScriptedSources, type ScriptedSources, tableOf } from '../support/scripted-sources.js';
import { administratorKey } from '../support/sign-in.js';
import { openWorld, type World } from '../support/world.js';

const path = '/admin/v1/sources/shop/metadata';

let sources: ScriptedSources;
let world: World;
let headers: Record<string, string>;
beforeAll(async () => {
  sources = createScriptedSources();
  world = await openWorld({ sources, http: { limits: { stallMs: 500 } } });
  headers = { authorization: `Bearer ${await administratorKey(world)}`, accept: 'application/x-ndjson' };
  const body = {
    name: 'shop',
    engine: 'postgres',
    host: 'db',
    port: 5432,
    username: 'u',
    password: 'p',
    database: 'd',
  };
  expect((await send(world, { method: 'POST', path: '/admin/v1/sources', headers, body })).status).toBe(201);
});
afterAll(() => world.close());
beforeEach(() => {
  world.faults.splice(0);
  world.done.splice(0);
  Object.assign(sources.readings, { opened: 0, closed: 0 });
});

/** Tables without an end. */
function endless() {
  const made = { count: 0 };
  sources.items = async function* () {
    for (;;) {
      made.count += 1;
      yield tableOf(`t${made.count}`);
      if (made.count % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return made;
}

const failing = (after: number, fault: unknown) => {
  sources.items = async function* () {
    for (let at = 0; at < after; at += 1) yield tableOf(`t${at}`);
    throw fault;
  };
};

const isCut = () => world.done.find(({ route }) => route?.endsWith('/metadata') === true)?.isCut;

test('a whole answer ends with its line, in chunks of its own', async () => {
  sources.items = async function* () {
    for (let at = 0; at < 5_000; at += 1) yield tableOf(`t${at}`);
  };
  const received = await send(world, { path, headers });
  expect(received.headers['transfer-encoding']).toBe('chunked');
  const lines = received.text.trimEnd().split('\n');
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ kind: 'end', objects: 5_000, faults: 0 });
  expect(sources.readings).toMatchObject({ opened: 1, closed: 1 });
  await expect.poll(isCut).toBe(false);
});

describe('what fails', () => {
  test('before the first byte is a refusal like any other', async () => {
    failing(10, sourcesErrors.reading_failed());
    expect(await send(world, { path, headers })).toMatchObject({
      status: 503,
      headers: { 'content-type': 'application/problem+json; charset=utf-8', 'retry-after': '1' },
      body: { code: 'sources.reading_failed' },
    });
    failing(10, new Error('SELECT secret'));
    const received = await send(world, { path, headers });
    expect(received).toMatchObject({ status: 500, body: { code: 'http.fault' } });
    expect(received.headers).not.toHaveProperty('vary');
    expect(received.text).not.toContain('SELECT');
    expect(world.faults).toHaveLength(1);
    expect(sources.readings).toMatchObject({ opened: 2, closed: 2 });
  });

  test.each(['application/x-ndjson', 'application/json'])(
    'later cuts the connection and is told to the log: %s',
    async (accept) => {
      const fault = sourcesErrors.reading_failed();
      failing(4_000, fault);
      const query = accept.includes('ndjson') ? '' : '?limit=5000';
      const raw = await sendRaw(world, [
        `GET ${path}${query} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${headers['authorization']}\r\nAccept: ${accept}\r\n\r\n`,
      ]);
      expect(raw.statuses).toEqual([200]);
      expect(raw.isClosed).toBe(true);
      expect(raw.text).toContain('"t100"');
      // Neither the closing chunk nor anything that says it was all.
      expect(raw.text.endsWith('\r\n0\r\n\r\n')).toBe(false);
      expect(raw.text).not.toContain('"kind":"end"');
      expect(raw.text).not.toContain('nextCursor');
      await expect.poll(() => world.faults.map((one) => one.fault)).toEqual([fault]);
      expect(sources.readings.closed).toBe(1);
      await expect.poll(isCut).toBe(true);
      await expect(send(world, { path, headers })).rejects.toThrow();
    },
  );
});

describe('a client', () => {
  function open(read: boolean) {
    const { hostname, port } = new URL(world.plainUrl);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${headers['authorization']}\r\nAccept: application/x-ndjson\r\n\r\n`,
    );
    if (!read) socket.pause();
    return socket;
  }

  test('that goes away ends the reading', async () => {
    const made = endless();
    const socket = open(true);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    await expect.poll(() => sources.readings.closed).toBe(1);
    const { count } = made;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(made.count).toBe(count);
    await expect.poll(isCut).toBe(true);
    expect(world.faults).toEqual([]);
  });

  test('that goes away before the first chunk ends it too', async () => {
    sources.items = async function* () {
      await new Promise((resolve) => setTimeout(resolve, 100));
      yield tableOf('late');
    };
    const socket = open(true);
    await expect.poll(() => sources.readings.opened).toBe(1);
    socket.destroy();
    await expect.poll(() => sources.readings.closed).toBe(1);
    expect(world.faults).toEqual([]);
  });

  test('that stops reading holds the source back, and is given up', async () => {
    const made = endless();
    const socket = open(false);
    await expect.poll(() => made.count).toBeGreaterThan(0);
    let before = -1;
    // Buffers of both ends fill up; then nothing more is taken.
    await expect
      .poll(
        () => {
          const isStill = made.count === before;
          before = made.count;
          return isStill;
        },
        { interval: 100, timeout: 5_000 },
      )
      .toBe(true);
    expect(made.count).toBeLessThan(200_000);
    await expect.poll(() => sources.readings.closed, { timeout: 5_000 }).toBe(1);
    expect(world.faults).toEqual([]);
    socket.destroy();
  });

  test('that reads slowly gets everything', async () => {
    sources.items = async function* () {
      for (let at = 0; at < 3_000; at += 1) yield tableOf(`t${at}`);
    };
    const { hostname, port } = new URL(world.plainUrl);
    const text = await new Promise<string>((resolve, reject) => {
      const asked = request({ hostname, port, path, headers }, async (response) => {
        const chunks: Buffer[] = [];
        try {
          for await (const chunk of response) {
            chunks.push(chunk as Buffer);
            await new Promise((done) => setTimeout(done, 5));
          }
          resolve(Buffer.concat(chunks).toString());
        } catch (fault) {
          reject(fault as Error);
        }
      });
      asked.on('error', reject);
      asked.end();
    });
    expect(text.trimEnd().split('\n')).toHaveLength(3_000 + 4);
  });

  test('does not hold up others while a large answer is made', async () => {
    sources.items = async function* () {
      for (let at = 0; at < 60_000; at += 1) yield tableOf(`t${at}`);
    };
    const large = send(world, { path, headers });
    // Time of the processor and not of the clock: other programs of the machine must not fail this test.
    let longestMs = 0;
    let isDone = false;
    void large.then(() => {
      isDone = true;
    });
    while (!isDone) {
      const before = process.cpuUsage();
      await new Promise((resolve) => setImmediate(resolve));
      longestMs = Math.max(longestMs, process.cpuUsage(before).user / 1_000);
    }
    expect((await large).text).toContain('"objects":60000');
    expect(longestMs).toBeLessThan(100);
  });
});

test('a graceful stop lets a streamed answer end', async () => {
  const slow = createScriptedSources();
  slow.items = async function* () {
    for (let at = 0; at < 20; at += 1) {
      yield tableOf('x'.repeat(20_000));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const stopping = await openWorld({ sources: slow });
  const authorization = `Bearer ${await administratorKey(stopping)}`;
  const body = { name: 'shop', engine: 'postgres', host: 'db', port: 1, username: 'u', password: 'p', database: 'd' };
  await send(stopping, { method: 'POST', path: '/admin/v1/sources', headers: { authorization }, body });
  const answer = send(stopping, { path, headers: { authorization, accept: 'application/x-ndjson' } });
  await expect.poll(() => slow.readings.opened).toBe(1);
  await stopping.close();
  expect((await answer).text).toContain('"objects":20');
});
