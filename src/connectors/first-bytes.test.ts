import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ClosedByPeer, readAtLeast } from './first-bytes.js';

let server: Server;
let socket: Socket;
let play: (peer: Socket) => void;

beforeEach(async () => {
  server = createServer((peer) => {
    peer.on('error', () => undefined);
    play(peer);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  socket.destroy();
  server.close();
});

async function reach(how: (peer: Socket) => void): Promise<Socket> {
  play = how;
  const address = server.address();
  socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

const soon = () => AbortSignal.timeout(2_000);

test('gives what was asked for and what came with it', async () => {
  const reached = await reach((peer) => peer.write('abc'));
  expect(String(await readAtLeast(reached, 2, soon()))).toBe('abc');
});

test('a peer that hangs up before anybody listens is told like one that does later', async () => {
  for (const how of [(peer: Socket) => peer.destroy(), (peer: Socket) => peer.resetAndDestroy()]) {
    const reached = await reach((peer) => setTimeout(() => how(peer), 20));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await expect(readAtLeast(reached, 1, soon())).rejects.toBeInstanceOf(ClosedByPeer);
  }
});

test('a peer that hangs up in the middle is told', async () => {
  const reached = await reach((peer) => peer.end('a'));
  await expect(readAtLeast(reached, 2, soon())).rejects.toBeInstanceOf(ClosedByPeer);
});

test('the time that is up is told', async () => {
  const reached = await reach(() => undefined);
  await expect(readAtLeast(reached, 1, AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'TimeoutError' });
});
