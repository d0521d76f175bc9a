/**
 * Cuts what a server sends into whole frames (a header that names a length, then a body), without believing the length:
 * a frame that would be too long ends the connection when its header is read, and nothing is copied before a frame is
 * whole, so that a server that drips costs no more than one that does not.
 *
 * @module
 */
import { StreamGuardFault } from '../network/index.js';

export interface FrameRule {
  readonly headerBytes: number;
  /** Bytes of the whole frame that begins there, header and all, as its header says. */
  lengthOf(bytes: Buffer, at: number): number;
  /** Looks at a frame that is whole; throws to end the connection. */
  inspect(frame: Buffer): void;
  /** Asked first: whether the frame is somebody else's than the driver's, who does not get it. Throws like `inspect`. */
  take?(bytes: Buffer, start: number, end: number): boolean;
  /** Longest frame that is waited for, in bytes with its header. */
  readonly maxFrameBytes: number;
}

/**
 * @returns what `guardStream` calls with each chunk; it gives back the frames that are complete and nobody has taken.
 * @throws StreamGuardFault  `MALFORMED`, when a length cannot be or `inspect` says so.
 */
export function createFrameGate(rule: FrameRule): (chunk: Uint8Array) => Uint8Array {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let wantedBytes = rule.headerBytes;
  return (chunk) => {
    held.push(chunk);
    heldBytes += chunk.byteLength;
    if (heldBytes < wantedBytes) return empty;
    const bytes =
      held.length === 1
        ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
        : Buffer.concat(held, heldBytes);
    /** Runs of frames that nobody took; the last is from `left` to `end`. */
    const runs: Buffer[] = [];
    let left = 0;
    let end = 0;
    wantedBytes = rule.headerBytes;
    while (bytes.length - end >= rule.headerBytes) {
      const length = rule.lengthOf(bytes, end);
      if (length < rule.headerBytes || length > rule.maxFrameBytes) throw new StreamGuardFault('MALFORMED');
      wantedBytes = length;
      if (bytes.length - end < length) break;
      if (rule.take?.(bytes, end, end + length) === true) {
        if (left < end) runs.push(bytes.subarray(left, end));
        left = end + length;
      } else rule.inspect(bytes.subarray(end, end + length));
      end += length;
      wantedBytes = rule.headerBytes;
    }
    held = end === bytes.length ? [] : [bytes.subarray(end)];
    heldBytes = bytes.length - end;
    const last = left === end ? empty : bytes.subarray(left, end);
    return runs.length === 0 ? last : Buffer.concat([...runs, last]);
  };
}

const empty = Buffer.alloc(0);
