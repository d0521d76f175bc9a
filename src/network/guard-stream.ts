/**
 * A leash for drivers that read from a peer nobody vouches for: a budget of bytes, and an exception thrown while a
 * driver reads ends that connection instead of the process.
 *
 * @module
 */
import type { Socket } from 'node:net';

/** What a guarded stream is destroyed with. */
export class StreamGuardFault extends Error {
  readonly code: 'BYTE_BUDGET' | 'DRIVER_FAULT';

  constructor(code: StreamGuardFault['code'], cause?: unknown) {
    super(code === 'BYTE_BUDGET' ? 'the peer sent too much' : 'the driver failed on what the peer sent', { cause });
    this.name = 'StreamGuardFault';
    this.code = code;
  }
}

/** @param maxBytes  Bytes that may arrive from here on. */
export function guardStream<T extends Socket>(stream: T, maxBytes: number): T {
  const emit = stream.emit.bind(stream);
  let received = 0;
  stream.emit = (event: string | symbol, ...values: unknown[]): boolean => {
    if (event === 'data' && values[0] instanceof Uint8Array) {
      received += values[0].byteLength;
      if (received > maxBytes) {
        stream.destroy(new StreamGuardFault('BYTE_BUDGET'));
        return true;
      }
    }
    try {
      return emit(event as string, ...(values as never[]));
    } catch (fault) {
      stream.destroy(new StreamGuardFault('DRIVER_FAULT', fault));
      return true;
    }
  };
  return stream;
}
