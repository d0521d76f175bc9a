/**
 * Lets only whole packets of a MySQL or MariaDB server through to the driver, none longer than a session of ours needs,
 * during the login only those a login has, and in an answer no more columns and results than there can be. The driver
 * would put a packet of any length together in memory, keeps what it is told of columns and results, and follows a
 * server that switches plugins for ever.
 *
 * @module
 */
import { StreamGuardFault } from '../../network/index.js';
import { createFrameGate } from '../frame-gate.js';

const headerBytes = 4;
/** Requests to switch the plugin, and steps of one: no login of ours takes more. */
const maxLoginPackets = 8;
const maxLoginPacketBytes = 65_536;

/** First bytes of a packet during the login (Protocol::AuthSwitchRequest, AuthMoreData, OK_Packet, ERR_Packet). */
const kinds = { authSwitch: 0xfe, authMore: 0x01, ok: 0x00, error: 0xff } as const;

/**
 * @param maxPacketBytes  Of a payload; below 2^24 - 1, so that no packet goes on in a second one.
 * @param maxPackets      Of the whole session.
 * @param onEnd           Told how many warnings an answer ended with.
 * @param isPreparing     Whether what the server answers now is the wish to prepare a statement.
 * @returns what the stream's guard calls with each chunk; it gives back the packets that are complete.
 */
export function createPacketGuard(
  maxPacketBytes: number,
  maxPackets = Number.POSITIVE_INFINITY,
  onEnd: (warnings: number) => void = ignore,
  isPreparing: () => boolean = () => false,
): (chunk: Uint8Array) => Uint8Array {
  const answer = new AnswerShape(onEnd, isPreparing);
  let packets = 0;
  let isLoggedIn = false;
  return createFrameGate({
    headerBytes,
    maxFrameBytes: maxPacketBytes + headerBytes,
    lengthOf(bytes, at) {
      const length = bytes.readUIntLE(at, 3) + headerBytes;
      // However much a session may bring, its login is short.
      if (!isLoggedIn && length > maxLoginPacketBytes) throw new StreamGuardFault('MALFORMED');
      return length;
    },
    inspect(frame) {
      packets += 1;
      if (packets > maxPackets) throw new StreamGuardFault('BYTE_BUDGET');
      if (frame.length === headerBytes) throw new StreamGuardFault('MALFORMED');
      if (isLoggedIn) return answer.take(frame);
      // The greeting was read before and comes by here once more.
      if (packets === 1) return;
      const kind = frame[headerBytes];
      if (kind === kinds.ok) isLoggedIn = true;
      else if (packets > maxLoginPackets) throw new StreamGuardFault('MALFORMED');
      else if (kind !== kinds.authSwitch && kind !== kinds.authMore && kind !== kinds.error) {
        throw new StreamGuardFault('MALFORMED');
      }
    },
  });
}

/** Columns of a table, and so of an answer of ours, at most (MySQL manual, "Limits on Table Column Count"). */
const maxColumns = 4_096;
/** Results of one answer; we call nothing that gives several. */
const maxResults = 4;
const moreResults = 0x0008;
const preparedBytes = 9;

/** Where in an answer to a query a packet stands (Text Resultset, without CLIENT_DEPRECATE_EOF). */
class AnswerShape {
  #place: 'begin' | 'columns' | 'end of columns' | 'rows' | 'definitions' = 'begin';
  #columnsLeft = 0;
  #results = 0;
  readonly #onEnd: (warnings: number) => void;
  readonly #isPreparing: () => boolean;

  constructor(onEnd: (warnings: number) => void, isPreparing: () => boolean) {
    this.#onEnd = onEnd;
    this.#isPreparing = isPreparing;
  }

  take(frame: Buffer): void {
    const body = frame.subarray(headerBytes);
    const kind = body[0];
    if (kind === kinds.error) {
      this.#end(0);
      return;
    }
    const isEof = kind === 0xfe && body.length < 9;
    switch (this.#place) {
      case 'begin':
        if (kind === kinds.ok && this.#isPreparing()) this.#beginPrepared(body);
        else if (kind === kinds.ok) this.#end(statusOfOk(body));
        // 251 asks for a file: the driver hands that on to be declined.
        else if (kind !== 0xfb && !isEof) this.#begin(body);
        return;
      case 'columns':
        this.#columnsLeft -= 1;
        if (this.#columnsLeft === 0) this.#place = 'end of columns';
        return;
      case 'definitions':
        this.#columnsLeft -= 1;
        if (this.#columnsLeft === 0) this.#place = 'begin';
        return;
      case 'end of columns':
        if (!isEof) throw new StreamGuardFault('MALFORMED');
        this.#place = 'rows';
        return;
      case 'rows':
        if (!isEof) return;
        this.#onEnd(body.length >= 3 ? body.readUInt16LE(1) : 0);
        this.#end(body.length >= 5 ? body.readUInt16LE(3) : 0);
    }
  }

  #begin(body: Buffer): void {
    const count = body[0] === 0xfc && body.length >= 3 ? body.readUInt16LE(1) : (body[0] ?? 0);
    if (count === 0 || count > maxColumns || body[0] === 0xfd || body[0] === 0xfe)
      throw new StreamGuardFault('MALFORMED');
    this.#columnsLeft = count;
    this.#place = 'columns';
  }

  /** COM_STMT_PREPARE_OK: its number, then how many columns and how many parameters; each kind ends with an EOF. */
  #beginPrepared(body: Buffer): void {
    if (body.length < preparedBytes) throw new StreamGuardFault('MALFORMED');
    const counts = [body.readUInt16LE(5), body.readUInt16LE(7)];
    if (counts.some((count) => count > maxColumns)) throw new StreamGuardFault('MALFORMED');
    this.#columnsLeft = counts.reduce((sum, count) => sum + (count === 0 ? 0 : count + 1), 0);
    if (this.#columnsLeft > 0) this.#place = 'definitions';
  }

  #end(status: number): void {
    this.#place = 'begin';
    this.#results = (status & moreResults) === 0 ? 0 : this.#results + 1;
    if (this.#results > maxResults) throw new StreamGuardFault('MALFORMED');
  }
}

/** Behind the two numbers of an OK packet. */
function statusOfOk(body: Buffer): number {
  let at = 1;
  for (let number = 0; number < 2; number += 1) at += lengths.get(body[at] ?? 0) ?? 1;
  return at + 2 <= body.length ? body.readUInt16LE(at) : 0;
}

/** Bytes of a length-encoded number, by its first. */
const lengths = new Map([
  [0xfc, 3],
  [0xfd, 4],
  [0xfe, 9],
]);

function ignore(): void {}
