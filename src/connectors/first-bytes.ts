/** Reading a few bytes off a dialled socket before any driver has it. @module */
import type { Socket } from 'node:net';

export class ClosedByPeer extends Error {}

/**
 * Reads until there are enough bytes; the rest stays in the socket, paused, for whoever comes next.
 *
 * @param count  Bytes wanted at least; what arrived together with them comes along.
 * @throws ClosedByPeer  when the peer hangs up first.
 * @throws the socket's error, or the reason of the signal.
 */
export function readAtLeast(socket: Socket, count: number, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const take = () => {
      for (let chunk: unknown = socket.read(); chunk instanceof Buffer; chunk = socket.read()) {
        chunks.push(chunk);
        length += chunk.length;
      }
      if (length >= count) settle(() => resolve(Buffer.concat(chunks)));
    };
    const onEnd = () => settle(() => reject(new ClosedByPeer()));
    const onError = (fault: Error) => settle(() => reject(fault));
    const onAbort = () => settle(() => reject(signal.reason));
    function settle(end: () => void) {
      socket.removeListener('readable', take);
      socket.removeListener('end', onEnd);
      socket.removeListener('close', onEnd);
      socket.removeListener('error', onError);
      signal.removeEventListener('abort', onAbort);
      // A socket whose error nobody listens to would end the process.
      socket.on('error', ignore);
      end();
    }
    socket.on('readable', take);
    socket.on('end', onEnd);
    socket.on('close', onEnd);
    socket.on('error', onError);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) return onAbort();
    take();
    // A peer that hung up before anybody listened says so no more; what it said before is taken.
    if (length < count && (socket.destroyed || socket.readableEnded)) onEnd();
  });
}

function ignore(): void {}
