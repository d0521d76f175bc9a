/** Randomness as a port. The generator itself is called in one place, the composition root. @module */

export interface Ids {
  /** A random UUID v4 (RFC 9562 §5.4): a label, 122 bits; never the only secret of a credential. */
  uuid(): string;
  /** Bytes from the system's CSPRNG. */
  bytes(count: number): Uint8Array;
}
