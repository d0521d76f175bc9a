/**
 * Rows as they stand on the wire → JSON, from bytes to bytes: what is plain is copied as it is, and no value becomes a
 * text of its own. Whatever is not plain goes the way of every engine: decoded, then written by the type of its column.
 *
 * @module
 */

import { StreamGuardFault } from '../../network/index.js';
import {
  type CanonicalRow,
  type CanonicalType,
  type JsonForm,
  type OutputColumn,
  valueWriter,
} from '../../query/index.js';
import { decoders } from './data-decode.js';

/** Type and length; then the number of columns of a row (protocol, "DataRow"). */
const headerBytes = 5;
const rowHeaderBytes = 7;

/** @returns where the value ends in the answer; −1 when the value is not as plain as that, and nothing counts. */
type PlainWriter = (bytes: Buffer, start: number, end: number, answer: Buffer, at: number) => number;

interface ColumnWriter {
  /** `{"name":` or `,"name":`. */
  readonly key: Buffer;
  readonly plain: PlainWriter | null;
  /** Of a text, decoded. */
  readonly write: (text: string | null) => string;
}

const firstBytes = 32_768;
/** `null`, or quotes and a zone. */
const perValueBytes = 8;
/** Buffers that were used before and are used again: making one costs more than filling it. */
const spare: Buffer[] = [];
const maxSpare = 32;
const maxSpareBytes = 131_072;
const none = Buffer.alloc(0);
const quote = 0x22;
const backslash = 0x5c;
const zero = 0x30;
const nine = 0x39;
const minus = 0x2d;
const point = 0x2e;

/** What is the same for every answer of one form. */
interface Prepared {
  readonly output: Output;
  readonly types: readonly CanonicalType[];
  readonly columns: readonly ColumnWriter[];
  readonly end: Buffer;
  /** What a row may come to beyond its plain values: keys, quotes, the form of moments. */
  readonly overhead: number;
  readonly hasPlainKeys: boolean;
}

type Output = readonly Pick<OutputColumn, 'type'>[];

const prepared = new WeakMap<JsonForm, Prepared>();

function prepare(output: Output, form: JsonForm): Prepared {
  const known = prepared.get(form);
  if (known?.output === output) return known;
  const types = output.map(({ type }) => type);
  const columns = form.members.map((name, at): ColumnWriter => {
    const type = types[at] ?? 'other';
    const write = valueWriter(type, form);
    const decode = decoders.get(type);
    return {
      key: Buffer.from(`${at === 0 ? '{' : ','}${JSON.stringify(name)}:`),
      plain: plainWriterOf(type, form),
      write: decode === undefined ? write : (text) => write(text === null ? null : decode(text)),
    };
  });
  const constants = (form.constants ?? []).map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',');
  const opening = columns.length === 0 ? '{' : constants === '' ? '' : ',';
  const end = Buffer.from(`${opening}${constants}}${form.isLines ? '\n' : ''}`);
  const overhead = columns.reduce((sum, { key }) => sum + key.length + perValueBytes, end.length + 1);
  const hasPlainKeys = [...columns.map(({ key }) => key), end].every(isAscii);
  const made: Prepared = { output, types, columns, end, overhead, hasPlainKeys };
  prepared.set(form, made);
  return made;
}

/** The rows of one answer. */
export class JsonRowBuffer {
  readonly #form: Prepared;
  readonly #limit: number;
  readonly #isLines: boolean;
  #answer = spare.pop() ?? Buffer.allocUnsafe(firstBytes);
  #length = 0;
  #isAscii: boolean;
  #rows = 0;
  #rowsInBatch = 0;
  /** Where the last row within the limit stands. */
  #last: { readonly bytes: Buffer; readonly start: number } | null = null;

  constructor(output: Output, form: JsonForm) {
    this.#form = prepare(output, form);
    this.#isAscii = this.#form.hasPlainKeys;
    this.#limit = form.limit ?? Number.POSITIVE_INFINITY;
    this.#isLines = form.isLines;
  }

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.#length;
  }

  /**
   * @param start  Of the row's message, which is whole.
   * @throws StreamGuardFault  when it has not as many columns as were asked for.
   */
  add(bytes: Buffer, start: number, end: number): void {
    if (bytes.readInt16BE(start + headerBytes) !== this.#form.types.length) throw new StreamGuardFault('MALFORMED');
    this.#rowsInBatch += 1;
    this.#rows += 1;
    if (this.#rows > this.#limit) return;
    if (this.#limit !== Number.POSITIVE_INFINITY) this.#last = { bytes, start };
    // Twice as much as there is has room for every plain value; what is not plain makes its own.
    const { columns, end: closing, overhead } = this.#form;
    this.#makeRoom(2 * (end - start) + overhead);
    let answer = this.#answer;
    let at = this.#length;
    if (!this.#isLines && this.#rows > 1) answer[at++] = 0x2c;
    let place = start + rowHeaderBytes;
    for (let index = 0; index < columns.length; index += 1) {
      const { key, plain, write } = columns[index] as ColumnWriter;
      at = copy(key, 0, key.length, answer, at);
      const length = bytes.readInt32BE(place);
      place += 4;
      if (length === -1) {
        answer[at] = 0x6e;
        answer[at + 1] = 0x75;
        answer[at + 2] = 0x6c;
        answer[at + 3] = 0x6c;
        at += 4;
        continue;
      }
      const written = plain === null ? -1 : plain(bytes, place, place + length, answer, at);
      if (written !== -1) at = written;
      else {
        const text = write(bytes.toString('utf8', place, place + length));
        this.#length = at;
        this.#makeRoom(3 * text.length + 2 * (end - place) + overhead);
        answer = this.#answer;
        const count = answer.write(text, at, 'utf8');
        if (count !== text.length) this.#isAscii = false;
        at += count;
      }
      place += length;
    }
    this.#length = copy(closing, 0, closing.length, answer, at);
  }

  /** What was written since it was taken before. */
  take(): { readonly text: string; readonly rows: number; readonly turning: CanonicalRow | null } {
    const length = this.#length;
    const text = this.#answer.toString(this.#isAscii ? 'latin1' : 'utf8', 0, length);
    const rows = this.#rowsInBatch;
    this.#length = 0;
    this.#rowsInBatch = 0;
    this.#isAscii = this.#form.hasPlainKeys;
    return { text, rows, turning: this.#rows > this.#limit ? this.#lastRow() : null };
  }

  /** Nothing comes any more. */
  release(): void {
    if (this.#answer.length <= maxSpareBytes && spare.length < maxSpare) spare.push(this.#answer);
    this.#answer = none;
    this.#length = 0;
    this.#last = null;
  }

  #lastRow(): CanonicalRow | null {
    if (this.#last === null) return null;
    const { bytes, start } = this.#last;
    let place = start + rowHeaderBytes;
    return this.#form.types.map((type) => {
      const length = bytes.readInt32BE(place);
      place += 4;
      if (length === -1) return null;
      const text = bytes.toString('utf8', place, place + length);
      place += length;
      return decoders.get(type)?.(text) ?? text;
    });
  }

  #makeRoom(bytes: number): void {
    const wanted = this.#length + bytes;
    if (wanted <= this.#answer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(wanted, 2 * this.#answer.length));
    this.#answer.copy(larger, 0, 0, this.#length);
    this.#answer = larger;
  }
}

function isAscii(bytes: Buffer): boolean {
  return bytes.every((byte) => byte < 0x80);
}

function copy(from: Buffer, start: number, end: number, answer: Buffer, at: number): number {
  let place = at;
  for (let index = start; index < end; index += 1) answer[place++] = from[index] as number;
  return place;
}

function plainWriterOf(type: CanonicalType, form: Pick<JsonForm, 'numbers' | 'zone'>): PlainWriter | null {
  switch (type) {
    case 'boolean':
      return writeBoolean;
    case 'int16':
    case 'int32':
      return writeInteger;
    case 'int64':
      return form.numbers === 'text' ? writeText : writeInteger;
    case 'decimal':
      return form.numbers === 'text' ? writeText : writeNumber;
    case 'float32':
    case 'float64':
      return writeNumber;
    case 'timestamp':
      return form.zone === undefined ? writeMoment : writeZonedMoment;
    case 'timestamptz':
      return writeMomentOfUtc;
    case 'json':
    case 'bytes':
      return null;
    default:
      return writeText;
  }
}

/** Without a character that would have to be escaped or looked at: ASCII, but for quotes, backslashes and controls. */
function writeText(bytes: Buffer, start: number, end: number, answer: Buffer, at: number): number {
  let place = at;
  answer[place++] = quote;
  for (let index = start; index < end; index += 1) {
    const byte = bytes[index] as number;
    if (byte < 0x20 || byte >= 0x80 || byte === quote || byte === backslash) return -1;
    answer[place++] = byte;
  }
  answer[place++] = quote;
  return place;
}

/** Every integer of so many characters is a double of its own, and every decimal survives the way through one. */
const plainCharacters = 15;

function writeInteger(bytes: Buffer, start: number, end: number, answer: Buffer, at: number): number {
  const digits = bytes[start] === minus ? start + 1 : start;
  if (end - start > plainCharacters || !isWhole(bytes, digits, end)) return -1;
  return copy(bytes, start, end, answer, at);
}

/** Also of a float: its digits are the shortest already. `-0` is none of the plain ones. */
function writeNumber(bytes: Buffer, start: number, end: number, answer: Buffer, at: number): number {
  if (end - start > plainCharacters) return -1;
  const digits = bytes[start] === minus ? start + 1 : start;
  let dot = digits;
  while (dot < end && bytes[dot] !== point) dot += 1;
  if (!isWhole(bytes, digits, dot)) return -1;
  if (dot === end) {
    if (digits !== start && bytes[digits] === zero) return -1;
  } else if (dot + 1 === end || !areDigits(bytes, dot + 1, end)) return -1;
  return copy(bytes, start, end, answer, at);
}

/** Digits, and no zero before others. */
function isWhole(bytes: Buffer, start: number, end: number): boolean {
  if (start >= end || (bytes[start] === zero && end - start > 1)) return false;
  return areDigits(bytes, start, end);
}

function areDigits(bytes: Buffer, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) {
    const byte = bytes[index] as number;
    if (byte < zero || byte > nine) return false;
  }
  return true;
}

function writeBoolean(bytes: Buffer, start: number, end: number, answer: Buffer, at: number): number {
  const word = bytes[start] === 0x74 ? trueWord : falseWord;
  if (end - start !== word.length) return -1;
  for (let index = 0; index < word.length; index += 1) if (bytes[start + index] !== word[index]) return -1;
  return copy(word, 0, word.length, answer, at);
}

const trueWord = Buffer.from('true');
const falseWord = Buffer.from('false');

function writeMoment(bytes: Buffer, start: number, end: number, answer: Buffer, at: number): number {
  return moment(bytes, start, end, answer, at, false);
}

function writeZonedMoment(bytes: Buffer, start: number, end: number, answer: Buffer, at: number): number {
  return moment(bytes, start, end, answer, at, true);
}

/** Ends in `+00`: the clock of the session is in UTC. */
function writeMomentOfUtc(bytes: Buffer, start: number, end: number, answer: Buffer, at: number): number {
  const zone = end - 3;
  if (zone < start || bytes[zone] !== 0x2b || bytes[zone + 1] !== zero || bytes[zone + 2] !== zero) return -1;
  return moment(bytes, start, zone, answer, at, true);
}

/** `2026-01-31 23:59:59`, with a fraction or without, becomes `"2026-01-31T23:59:59"`, with a `Z` or without. */
function moment(bytes: Buffer, start: number, end: number, answer: Buffer, at: number, isZoned: boolean): number {
  const length = end - start;
  if (length < momentForm.length || length > momentForm.length + 10) return -1;
  for (let index = 0; index < momentForm.length; index += 1) {
    const byte = bytes[start + index] as number;
    const wanted = momentForm[index] as number;
    if (wanted === zero ? byte < zero || byte > nine : byte !== wanted) return -1;
  }
  const fraction = start + momentForm.length;
  if (fraction < end && (bytes[fraction] !== point || fraction + 1 === end || !areDigits(bytes, fraction + 1, end))) {
    return -1;
  }
  let place = at;
  answer[place++] = quote;
  place = copy(bytes, start, end, answer, place);
  answer[at + 1 + dayCharacters] = 0x54;
  if (isZoned) answer[place++] = 0x5a;
  answer[place++] = quote;
  return place;
}

const momentForm = Buffer.from('0000-00-00 00:00:00');
const dayCharacters = 10;
