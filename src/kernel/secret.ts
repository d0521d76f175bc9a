/**
 * A value that cannot be printed by accident. Interpolation, JSON, `util.inspect` and console all show `[redacted]`;
 * only {@link Secret.reveal} gives the value, and an architecture test lists every file that may call it.
 *
 * @module
 */

const redacted = '[redacted]';

export class Secret<T extends string | Uint8Array = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The plain value. Allowed only where plain text must exist: hashing, sealing, a driver's connect, a door's answer. */
  reveal(): T {
    return this.#value;
  }

  /** Whether the value is empty; does not reveal it. */
  get isEmpty(): boolean {
    return this.#value.length === 0;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return redacted;
  }
}
