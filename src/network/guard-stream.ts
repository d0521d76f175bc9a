/**
 * A leash for drivers that read from a peer nobody vouches for: a budget of bytes, a look at what arrives before the
 * driver has it, and an exception thrown while a driver reads ends that connection instead of the process.
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
  let received = 0;
  stream.emit = (event: string | symbol, ...values: unknown[]): boolean => {
    try {
      const [chunk] = values;
      if (event !== 'data' || !(chunk instanceof Uint8Array)) return emit(event as string, ...(values as never[]));
      received += chunk.byteLength;
      if (received > maxBytes) throw new StreamGuardFault('BYTE_BUDGET');
      const admitted = admit(chunk);
      return admitted.byteLength === 0 || emit('data', admitted);
    } catch (fault) {
      stream.destroy(fault instanceof StreamGuardFault ? fault : new StreamGuardFault('DRIVER_FAULT', fault));
      return true;
    }
  };
  return stream;
}
