/** Bytes over a bare socket, as no well-behaved client would send them. @module */
import { connect } from 'node:net';
import type { World } from './world.js';

export interface RawAnswer {
  /** Status of every response that came, in order. */
  readonly statuses: readonly number[];
  readonly text: string;
  readonly isClosed: boolean;
}

/**
 * Sends bytes and reads until the server closes, or nothing came for `quietMs`.
 *
 * @param chunks  Sent one after another, each in a packet of its own.
 */
export async function sendRaw(world: World, chunks: readonly (string | Buffer)[], quietMs = 300): Promise<RawAnswer> {
  const { hostname, port } = new URL(world.plainUrl);
  const socket = connect(Number(port), hostname);
  const received: Buffer[] = [];
  let isClosed = false;
  let quiet: NodeJS.Timeout | undefined;
  let isSent = false;
  let end = () => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  const waitForMore = () => {
    clearTimeout(quiet);
    if (isSent) quiet = setTimeout(end, quietMs);
  };
  socket.on('data', (chunk) => {
    received.push(chunk);
    waitForMore();
  });
  socket.on('error', () => {});
  for (const event of ['end', 'close'] as const) {
    socket.on(event, () => {
      isClosed = true;
      clearTimeout(quiet);
      end();
    });
  }
  socket.setNoDelay(true);
  for (const chunk of chunks) {
    await new Promise<void>((resolve) => socket.write(chunk, () => resolve()));
    if (chunks.length > 1) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  isSent = true;
  waitForMore();
  await over;
  clearTimeout(quiet);
  socket.destroy();
  const text = Buffer.concat(received).toString('latin1');
  return { statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)), text, isClosed };
}
