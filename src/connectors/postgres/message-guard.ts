/**
 * Lets only whole, well-formed messages of a PostgreSQL server through to the driver, and only in an order that a
 * server may use. The driver's parser believes what it reads: an error message without its last zero keeps it reading
 * for ever, and the event loop with it; an authentication request of the wrong length counts as "authenticated"; and
 * "authenticated" in the middle of SCRAM spares the server the proof that it knows the password. Protocol 3.0.
 *
 * @module
 */
import { StreamGuardFault } from '../../network/index.js';
import { createFrameGate } from '../frame-gate.js';

export interface MessageGuardOptions {
  /** Longest message, its type and length included; a login and one row need far less than the 64 KiB assumed. */
  readonly maxMessageBytes?: number;
  /** `COPY … TO STDOUT` too. */
  readonly isCopyOut?: boolean;
  /** Rows the server may send over the whole session. */
  readonly maxRows?: number;
  /** Who reads rows past the driver just now. */
  readonly tap?: () => RowTap | null;
}

/** Reads the rows of an answer as they stand on the wire, so that the driver does not make values of them first. */
export interface RowTap {
  /** @returns whether it took the row, whose shape was judged: else it is the driver's. */
  takeRow(bytes: Buffer, start: number, end: number): boolean;
  /** The rows of a statement are over. */
  endRows(): void;
}

const headerBytes = 5;
const assumedMessageBytes = 65_536;
/** Columns of a row: what PostgreSQL can return at most (MaxTupleAttributeNumber). */
const maxColumns = 1_664;
const maxSilentMessages = 10_000;
/** What is no row of one answer: columns, notices, parameters. */
const maxSilentBytes = 4_194_304;
/** Until the first question may be asked. */
const maxLoginBytes = 1_048_576;

/** @returns what the stream's guard calls with each chunk; it gives back the messages that are complete. */
export function createMessageGuard(options: MessageGuardOptions = {}): (chunk: Uint8Array) => Uint8Array {
  const { maxMessageBytes = assumedMessageBytes, maxRows = Number.POSITIVE_INFINITY, tap = noTap } = options;
  const allowed = new Map(checks);
  if (options.isCopyOut === true) for (const [type, check] of copyOutChecks) allowed.set(type, check);
  const login = new LoginOrder();
  let rows = 0;
  let loginBytes = 0;
  let isOpen = false;
  let silent = 0;
  let silentBytes = 0;
  return createFrameGate({
    headerBytes,
    maxFrameBytes: maxMessageBytes + 1,
    lengthOf(bytes, at) {
      if (!allowed.has(bytes[at] ?? 0)) throw new StreamGuardFault('MALFORMED');
      const length = bytes.readUInt32BE(at + 1) + 1;
      // However much a session may bring, its login is short.
      if (!isOpen && length > assumedMessageBytes) throw new StreamGuardFault('MALFORMED');
      return length;
    },
    take(bytes, start, end) {
      if (bytes[start] !== rowType || !isOpen) return false;
      const reader = tap();
      if (reader === null) return false;
      judgeRow(bytes, start, end);
      if (!reader.takeRow(bytes, start, end)) return false;
      rows += 1;
      if (rows > maxRows) throw new StreamGuardFault('BYTE_BUDGET');
      return true;
    },
    inspect(frame) {
      const type = frame[0] ?? 0;
      if (type === completeType || type === emptyType) tap()?.endRows();
      const body = new Body(frame);
      login.take(type, frame);
      allowed.get(type)?.(body);
      body.mustBeRead();
      if (type === letter('D') || type === letter('d')) rows += 1;
      else if (type === letter('Z')) silent = silentBytes = 0;
      else {
        silent += 1;
        silentBytes += frame.length;
      }
      isOpen ||= type === letter('Z');
      if (!isOpen) loginBytes += frame.length;
      if (loginBytes > maxLoginBytes) throw new StreamGuardFault('BYTE_BUDGET');
      // A server that goes on with notices, parameters and results to a question it was not asked.
      if (rows > maxRows || silent > maxSilentMessages || silentBytes > maxSilentBytes)
        throw new StreamGuardFault('BYTE_BUDGET');
    },
  });
}

type LoginStep = 'request' | 'ok' | 'sasl_continue' | 'sasl_final' | 'nothing';

/**
 * The order of a login: requests, "authenticated", then everything else (protocol flow, "Start-up"). A server asks for
 * one kind of proof; SASL has its own three steps, and only its last lets the client see that the server knew the
 * password (RFC 5802 §5, server-final-message).
 */
class LoginOrder {
  #expected: LoginStep = 'request';

  take(type: number, frame: Buffer): void {
    if (type !== letter('R')) {
      // Errors and notices may come at any time.
      const isEarly = this.#expected !== 'nothing' && type !== letter('E') && type !== letter('N');
      if (isEarly) throw new StreamGuardFault('MALFORMED');
      return;
    }
    const request = frame.length < headerBytes + 4 ? -1 : frame.readInt32BE(headerBytes);
    const next = this.#next(request);
    if (next === null) throw new StreamGuardFault('MALFORMED');
    this.#expected = next;
  }

  #next(request: number): LoginStep | null {
    switch (this.#expected) {
      case 'request':
        if (request === 0) return 'nothing';
        if (request === 10) return 'sasl_continue';
        // 11 and 12 answer what was not begun. What the driver has no name for it says itself.
        return request === 11 || request === 12 || request < 0 ? null : 'ok';
      case 'ok':
        return request === 0 ? 'nothing' : null;
      case 'sasl_continue':
        return request === 11 ? 'sasl_final' : null;
      case 'sasl_final':
        return request === 12 ? 'ok' : null;
      case 'nothing':
        return null;
    }
  }
}

/** Reads the body of a frame from its start; whatever does not fit is malformed. */
class Body {
  readonly #bytes: Buffer;
  #at = headerBytes;

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

function columnCount(body: Body): number {
  const count = body.int16();
  if (count < 0 || count > maxColumns) throw new StreamGuardFault('MALFORMED');
  return count;
}

function rowDescription(body: Body): void {
  for (let left = columnCount(body); left > 0; left -= 1) {
    body.text();
    body.skip(18);
  }
}

function dataRow(body: Body): void {
  for (let left = columnCount(body); left > 0; left -= 1) {
    const length = body.int32();
    if (length !== -1) body.skip(length);
  }
}

/** As {@link dataRow}, of a frame that stands among others. */
function judgeRow(bytes: Buffer, start: number, end: number): void {
  let at = start + headerBytes + 2;
  if (at > end) throw new StreamGuardFault('MALFORMED');
  const count = bytes.readInt16BE(at - 2);
  if (count < 0 || count > maxColumns) throw new StreamGuardFault('MALFORMED');
  for (let left = count; left > 0; left -= 1) {
    if (at + 4 > end) throw new StreamGuardFault('MALFORMED');
    const length = bytes.readInt32BE(at);
    if (length < -1) throw new StreamGuardFault('MALFORMED');
    at += length === -1 ? 4 : 4 + length;
  }
  if (at !== end) throw new StreamGuardFault('MALFORMED');
}

function letter(type: string): number {
  return type.charCodeAt(0);
}

function tableOf(rows: Readonly<Record<string, (body: Body) => void>>): Map<number, (body: Body) => void> {
  return new Map(Object.entries(rows).map(([type, check]) => [letter(type), check]));
}

const nothing = () => undefined;
const noTap = () => null;
const rowType = letter('D');
const completeType = letter('C');
const emptyType = letter('I');

const copyOutChecks = tableOf({
  H: (body) => {
    body.byte();
    body.skip(2 * columnCount(body));
  },
  d: (body) => body.rest(),
  c: nothing,
});

const checks = tableOf({
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
  I: nothing,
  1: nothing,
  2: nothing,
  3: nothing,
  n: nothing,
  s: nothing,
  t: (body) => body.skip(4 * columnCount(body)),
  A: (body) => {
    body.skip(4);
    body.text();
    body.text();
  },
});
