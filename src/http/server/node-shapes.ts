/**
 * What the engine knows of Node's own objects, kept for as long as the process lives. How many fields a response has room
 * for is decided when the eighth is made, by those that are alive; the shapes of whatever is gone are forgotten. A server
 * that is asked little at first has none alive when memory is cleaned up, and then every response is a dictionary, and
 * every tick is built by the slow way, until the process ends: a third more processor time for a checked request.
 *
 * @module
 */
import { executionAsyncResource } from 'node:async_hooks';
import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** More than the engine waits for. */
const enough = 16;
const kept: object[] = [];

/** Makes a few of them, all before the first request, and never lets go of them. */
export function keepNodeShapes(): void {
  if (kept.length > 0) return;
  for (let made = 0; made < enough; made += 1) {
    // Of a socket that is nobody's: neither looks at it before there is something to send.
    const request = new IncomingMessage(new Duplex() as Socket);
    kept.push(request, new ServerResponse(request));
  }
  process.nextTick(() => kept.push(executionAsyncResource()));
}
