/**
 * A leash for drivers that read from a peer nobody vouches for: a budget of bytes, a look at what arrives before the
 * driver has it, a share of the event loop's turn, and an exception thrown while a driver reads ends that connection
 * instead of the process.
 *
 * @module
 */
import type { Socket } from 'node:net';

/** What a guarded stream is destroyed with. */
export class StreamGuardFault extends Error {
  readonly code: 'BYTE_BUDGET' | 'MALFORMED' | 'DRIVER_FAULT';

  constructor(code: StreamGuardFault['code'], cause?: unknown) {
    super('the connection was ended by its guard', { cause });
    this.name = 'StreamGuardFault';
    this.code = code;
  }
}

/**
 * @param maxBytes  Bytes that may arrive from here on.
 * @param admit     Gets what arrives and returns what the driver may have of it now; throws to end the connection.
 */
export function guardStream<T extends Socket>(
  stream: T,
  maxBytes: number,
  admit: (chunk: Uint8Array) => Uint8Array = (chunk) => chunk,
): T {
  const emit = stream.emit.bind(stream);
  const rest = letRest(stream);
  let received = 0;
  stream.emit = (event: string | symbol, ...values: unknown[]): boolean => {
    try {
      const [chunk] = values;
      if (event !== 'data' || !(chunk instanceof Uint8Array)) return emit(event as string, ...(values as never[]));
      received += chunk.byteLength;
      if (received > maxBytes) throw new StreamGuardFault('BYTE_BUDGET');
      const startedMs = performance.now();
      const admitted = admit(chunk);
      const isHandled = admitted.byteLength === 0 || emit('data', admitted);
      if (turn.spend(performance.now() - startedMs)) rest();
      return isHandled;
    } catch (fault) {
      stream.destroy(fault instanceof StreamGuardFault ? fault : new StreamGuardFault('DRIVER_FAULT', fault));
      return true;
    }
  };
  return stream;
}

/** Milliseconds all guarded streams together may work in one turn of the event loop, before the others have theirs. */
const turnMs = 15;

/**
 * What was worked in this turn. A socket is read up to 32 times in one turn, and a megabyte of the smallest rows takes
 * a driver longer than anybody else should wait.
 */
class Turn {
  #spentMs = 0;

  /** @returns whether it is enough for this turn. */
  spend(ms: number): boolean {
    if (this.#spentMs === 0) setImmediate(() => (this.#spentMs = 0));
    this.#spentMs += ms;
    return this.#spentMs >= turnMs;
  }
}

const turn = new Turn();

/** @returns what pauses the stream until the next turn, unless its owner paused it meanwhile. */
function letRest(stream: Socket): () => void {
  const pause = stream.pause.bind(stream);
  const resume = stream.resume.bind(stream);
  let isPausedByOwner = false;
  let isResting = false;
  stream.pause = () => {
    isPausedByOwner = true;
    return pause();
  };
  stream.resume = () => {
    isPausedByOwner = false;
    return isResting ? stream : resume();
  };
  return () => {
    if (isResting || isPausedByOwner || stream.destroyed) return;
    isResting = true;
    pause();
    setImmediate(() => {
      isResting = false;
      if (!isPausedByOwner && !stream.destroyed) resume();
    });
  };
}
