/**
 * Lets only whole, well-formed messages of a PostgreSQL server through to the driver. The driver's parser believes what
 * it reads: an error message without its last zero keeps it reading for ever, and the event loop with it, and an
 * authentication request of the wrong length counts as "authenticated". Protocol 3.0, the messages a login, a simple
 * query and a portal can bring.
 *
 * @module
 */
import { StreamGuardFault } from '../../network/index.js';

const headerBytes = 5;
const usualMessageBytes = 65_536;

/**
 * @param maxMessageBytes  No message may be longer.
 * @returns what the stream's guard calls with each chunk; it gives back the messages that are complete.
 */
export function createMessageGuard(maxMessageBytes = usualMessageBytes): (chunk: Uint8Array) => Uint8Array {
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    held = Buffer.concat([held, chunk]);
    let end = 0;
    while (held.length - end >= headerBytes) {
      const length = held.readUInt32BE(end + 1);
      const check = checks.get(held[end] ?? 0);
      if (check === undefined || length < 4 || length > maxMessageBytes) throw new StreamGuardFault('MALFORMED');
      if (held.length - end < length + 1) break;
      const body = new Body(held.subarray(end + headerBytes, end + 1 + length));
      check(body);
      body.mustBeRead();
      end += length + 1;
    }
    const whole = held.subarray(0, end);
    held = held.subarray(end);
    return whole;
  };
}

/** Reads a body from its start; whatever does not fit is malformed. */
class Body {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  skip(count: number): void {
    this.#at += count;
    if (count < 0 || this.#at > this.#bytes.length) throw new StreamGuardFault('MALFORMED');
  }

  byte(): number {
    this.skip(1);
    return this.#bytes[this.#at - 1] ?? 0;
  }

  int16(): number {
    this.skip(2);
    return this.#bytes.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.skip(4);
    return this.#bytes.readInt32BE(this.#at - 4);
  }

  /** @returns its length, without the closing zero. */
  text(): number {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end === -1) throw new StreamGuardFault('MALFORMED');
    const length = end - this.#at;
    this.#at = end + 1;
    return length;
  }

  rest(): void {
    this.#at = this.#bytes.length;
  }

  mustBeRead(): void {
    if (this.#at !== this.#bytes.length) throw new StreamGuardFault('MALFORMED');
  }
}

function authentication(body: Body): void {
  const request = body.int32();
  if (request === 5) body.skip(4);
  else if (request === 10) while (body.text() > 0);
  else if (request > 5) body.rest();
}

function fields(body: Body): void {
  while (body.byte() !== 0) body.text();
}

function rowDescription(body: Body): void {
  for (let left = body.int16(); left > 0; left -= 1) {
    body.text();
    body.skip(18);
  }
}

function dataRow(body: Body): void {
  for (let left = body.int16(); left > 0; left -= 1) {
    const length = body.int32();
    if (length !== -1) body.skip(length);
  }
}

const checks = new Map<number, (body: Body) => void>(
  Object.entries<(body: Body) => void>({
    R: authentication,
    S: (body) => {
      body.text();
      body.text();
    },
    K: (body) => body.skip(8),
    Z: (body) => body.skip(1),
    E: fields,
    N: fields,
    T: rowDescription,
    D: dataRow,
    C: (body) => {
      body.text();
    },
    I: () => undefined,
    1: () => undefined,
    2: () => undefined,
    3: () => undefined,
    s: () => undefined,
    A: (body) => {
      body.skip(4);
      body.text();
      body.text();
    },
  }).map(([type, check]) => [type.charCodeAt(0), check]),
);
