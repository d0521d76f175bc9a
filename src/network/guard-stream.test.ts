import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { guardStream, StreamGuardFault } from './guard-stream.js';

let server: Server;
let stream: Socket;
let peer: Socket;

beforeEach(async () => {
  server = createServer((socket) => {
    peer = socket;
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  stream = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
  await Promise.all([once(stream, 'connect'), once(server, 'connection')]);
  stream.on('error', () => undefined);
});

afterEach(() => {
  stream.destroy();
  peer.destroy();
  server.close();
});

/** What the stream is destroyed with. */
const fault = async () => ((await once(stream, 'error')) as [unknown])[0];

function busyFor(ms: number): void {
  for (const endMs = performance.now() + ms; performance.now() < endMs; );
}

describe('a guarded stream', () => {
  test('hands on what the guard admits, and holds the rest back', async () => {
    guardStream(stream, 1_000, (chunk) => chunk.subarray(0, 3));
    const read = once(stream, 'data');
    peer.write('abcdef');
    expect(String((await read)[0])).toBe('abc');
  });

  test('ends when more arrives than may', async () => {
    guardStream(stream, 10).on('data', () => undefined);
    peer.write('x'.repeat(11));
    expect(await fault()).toMatchObject({ code: 'BYTE_BUDGET' });
  });

  test('ends instead of the process when the guard or the driver throws', async () => {
    const thrown = new Error('of the driver');
    guardStream(stream, 10).on('data', () => {
      throw thrown;
    });
    peer.write('x');
    const found = await fault();
    expect(found).toBeInstanceOf(StreamGuardFault);
    expect(found).toMatchObject({ code: 'DRIVER_FAULT', cause: thrown });
  });

  test('leaves the event loop to others while much arrives', async () => {
    let longestMs = 0;
    let lastMs = performance.now();
    let turns = 0;
    const timer = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - lastMs);
      lastMs = performance.now();
      turns += 1;
    }, 1);
    let received = 0;
    const total = 8 * 1_048_576;
    guardStream(stream, total).on('data', (chunk: Buffer) => {
      received += chunk.length;
      busyFor(10);
    });
    peer.write(Buffer.alloc(total));
    await expect.poll(() => received, { timeout: 20_000 }).toBe(total);
    clearInterval(timer);
    // 128 chunks of 64 KiB and more, two a turn: without the rest it would be a handful of turns.
    expect(turns).toBeGreaterThan(20);
    expect(longestMs).toBeLessThan(200);
  });

  test('that its owner pauses stays paused, and goes on when the owner says so', async () => {
    let received = 0;
    guardStream(stream, 8_388_608).on('data', (chunk: Buffer) => {
      received += chunk.length;
      busyFor(20);
      stream.pause();
    });
    peer.write(Buffer.alloc(1_048_576));
    await expect.poll(() => received).toBeGreaterThan(0);
    const before = received;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(received).toBe(before);
    stream.resume();
    await expect.poll(() => received).toBeGreaterThan(before);
  });
});
