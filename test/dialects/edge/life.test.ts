/** Listening, slow clients and the graceful stop. @module */
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { createHttp } from '../../../src/http/index.js';
import { send } from '../support/client.js';
import { sendRaw } from '../support/raw.js';
import { createScriptedSources } from '../support/scripted-sources.js';
import { openWorld, type World } from '../support/world.js';

async function within(ms: number, work: Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work;
  const tookMs = performance.now() - startedMs;
  expect(tookMs).toBeLessThan(ms);
  return tookMs;
}

/** Sources whose test ends when the test says so. */
function slowSources() {
  const sources = createScriptedSources();
  let release = (): void => {};
  let started = (): void => {};
  const hasStarted = new Promise<void>((resolve) => {
    started = resolve;
  });
  const signals: AbortSignal[] = [];
  const quick = sources.testConnection;
  sources.testConnection = async (input) => {
    signals.push(input.signal);
    started();
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return quick(input);
  };
  return { sources, hasStarted, signals, release: () => release() };
}

const probe = {
  method: 'POST',
  path: '/workflows/v1/auth',
  body: { authType: 'basic', host: 'db', port: 1, username: 'u', password: 'p', database: 'd' },
};

describe('listening', () => {
  test('both listeners answer alike, TLS 1.2 and 1.3 only, with forward secrecy', async () => {
    const world = await openWorld();
    const { port } = new URL(world.tlsUrl);
    const handshake = (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
      new Promise<string>((resolve) => {
        const socket = connectTls({
          port: Number(port),
          host: '127.0.0.1',
          ca: world.certificate,
          servername: 'localhost',
          minVersion: version,
          maxVersion: version,
          ...(version === 'TLSv1.1' ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
        });
        socket.on('secureConnect', () => {
          resolve(`${socket.getProtocol()} ${socket.getCipher().name}`);
          socket.destroy();
        });
        socket.on('error', () => resolve('refused'));
      });
    expect(await handshake('TLSv1.1')).toBe('refused');
    expect(await handshake('TLSv1.2')).toMatch(/^TLSv1\.2 ECDHE-/);
    expect(await handshake('TLSv1.3')).toMatch(/^TLSv1\.3 TLS_/);
    expect((await send(world, { path: '/test/unsecure', isTls: true })).body).toEqual({ message: 'Hi anonymous' });
    await world.close();
  });

  test('a port that is taken leaves nothing behind', async () => {
    const world = await openWorld();
    const taken = Number(new URL(world.tlsUrl).port);
    const second = await createHttp(world.core, {
      http: { host: '127.0.0.1', port: taken },
      https: null,
    });
    await expect(second.listen()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await world.close();
  });

  test('what was answered is told without URL, header or body', async () => {
    const world = await openWorld();
    world.done.splice(0);
    await send(world, { path: '/test/unsecure?secret=1' });
    await send(world, { path: '/user/nothing/here', isTls: true });
    await send(world, { path: '/livez?secret=1', method: 'PROPFIND' });
    await sendRaw(world, ['NONSENSE\r\n\r\n']);
    expect(world.done).toMatchObject([
      { family: 'precrime', method: 'GET', route: '/test/unsecure', status: 200, isTls: false, address: '127.0.0.1' },
      { family: 'precrime', method: 'GET', route: null, status: 404, isTls: true },
      { family: 'native', method: 'PROPFIND', route: '/livez', status: 405 },
      { family: 'native', method: null, route: null, status: 400 },
    ]);
    expect(JSON.stringify(world.done)).not.toMatch(/secret|nothing/);
    await world.close();
  });
});

test('a listener of requests that throws changes no answer', async () => {
  const world = await openWorld({
    http: {
      onRequestDone: () => {
        throw new Error('a metric is broken');
      },
    },
  });
  expect((await send(world, { path: '/livez' })).status).toBe(200);
  expect((await sendRaw(world, ['NONSENSE\r\n\r\n'])).statuses).toEqual([400]);
  expect((await send(world, { path: '/%zz' })).status).toBe(400);
  await expect.poll(() => world.faults.length).toBe(3);
  await world.close();
});

describe('clients that are slow or go away', () => {
  test('headers that do not come are 408 and closed', async () => {
    const world = await openWorld({ http: { limits: { headersTimeoutMs: 500, requestTimeoutMs: 800 } } });
    const answer = await sendRaw(world, ['POST /user/login HTTP/1.1\r\nHost: localhost\r\n'], 5_000);
    expect({ statuses: answer.statuses, isClosed: answer.isClosed }).toEqual({ statuses: [408], isClosed: true });
    await world.close();
  });

  test('a body that does not come is 408 in the shape of its path, and closed', async () => {
    const world = await openWorld({ http: { limits: { headersTimeoutMs: 500, requestTimeoutMs: 800 } } });
    const head =
      'POST /user/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{';
    const answer = await sendRaw(world, [head], 5_000);
    expect({ statuses: answer.statuses, isClosed: answer.isClosed }).toEqual({ statuses: [408], isClosed: true });
    expect(answer.text).toContain('{"message":"The request did not arrive in time."}');
    await world.close();
  });

  test('a client that hangs up stops what was done for it', async () => {
    const slow = slowSources();
    const world = await openWorld({ sources: slow.sources });
    const { hostname, port } = new URL(world.plainUrl);
    const body = JSON.stringify(probe.body);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST ${probe.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await slow.hasStarted;
    expect(slow.signals[0]?.aborted).toBe(false);
    socket.destroy();
    await expect.poll(() => slow.signals[0]?.aborted).toBe(true);
    slow.release();
    await world.close();
    expect(world.faults).toEqual([]);
  });

  test('a client that hangs up in its body is no fault of ours', async () => {
    const world = await openWorld();
    const { hostname, port } = new URL(world.plainUrl);
    for (let at = 0; at < 20; at++) {
      const socket = connect(Number(port), hostname);
      const head =
        'POST /user/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{';
      await new Promise<void>((resolve) => socket.write(head, () => resolve()));
      socket.resetAndDestroy();
    }
    await expect.poll(() => world.done.length).toBe(20);
    expect(world.faults).toEqual([]);
    expect((await send(world, { path: '/livez' })).status).toBe(200);
    await world.close();
  });
});

describe('the graceful stop', () => {
  const open = async (world: World) => {
    const { hostname, port } = new URL(world.plainUrl);
    const socket = connect(Number(port), hostname);
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
    socket.on('error', () => {});
    return socket;
  };

  test('answers what is in flight, closes idle connections, accepts nobody new', async () => {
    const slow = slowSources();
    const world = await openWorld({ sources: slow.sources });
    const silent = await open(world);
    const idle = await open(world);
    idle.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await new Promise<void>((resolve) => idle.once('data', () => resolve()));
    const idleClosed = new Promise<void>((resolve) => idle.once('close', () => resolve()));
    const inFlight = send(world, probe);
    await slow.hasStarted;
    const closing = world.http.close(10_000);
    await within(1_000, idleClosed);
    await expect(send(world, { path: '/livez' })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    slow.release();
    expect(await inFlight).toMatchObject({ status: 200, headers: { connection: 'close' } });
    silent.destroy();
    await within(1_000, closing);
    await world.close();
  });

  test('does not wait for connections on which nothing was asked', async () => {
    const world = await openWorld();
    await open(world);
    await within(2_000, world.http.close(10_000));
    await world.close();
  });

  test('cuts off what takes longer than the grace', async () => {
    const slow = slowSources();
    const world = await openWorld({ sources: slow.sources });
    const inFlight = send(world, probe).catch((error: unknown) => error);
    await slow.hasStarted;
    await within(2_000, world.http.close(300));
    expect(await inFlight).toBeInstanceOf(Error);
    await expect.poll(() => slow.signals[0]?.aborted).toBe(true);
    slow.release();
    await world.close();
  });

  test('answers 503 in the family shape to a request that still gets in', async () => {
    const slow = slowSources();
    const world = await openWorld({ sources: slow.sources });
    const inFlight = send(world, probe);
    await slow.hasStarted;
    const closing = world.http.close(10_000);
    const message = 'The service is stopping.';
    for (const [url, body] of [
      ['/user/renew', { message }],
      ['/v1/status', { code: 503, status: 'ERROR', title: 'Service Unavailable', message }],
      ['/api/authenticate', { id: 13, message, success: false }],
      ['/ready', { success: false, message, error: 'unavailable', detail: message }],
      ['/readyz', expect.objectContaining({ code: 'http.draining', status: 503 })],
      ['/nothing', expect.objectContaining({ code: 'http.draining', status: 503 })],
    ] as const) {
      const received = await world.http.inject({ url });
      expect({ status: received.statusCode, body: received.json<unknown>() }).toEqual({ status: 503, body });
      expect(received.headers).toMatchObject({ connection: 'close', 'retry-after': '1' });
    }
    slow.release();
    expect(await inFlight).toMatchObject({ status: 200 });
    await closing;
    await world.close();
  });
});
