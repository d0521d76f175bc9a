/**
 * The bytes a value is linked by. A value is one tag byte and its content: `n` null · `t` / `f` booleans · `i` number,
 * as its shortest decimal text (ECMA-262 Number::toString) · `s` string, UTF-8 · `a` list, the number of items and the
 * items · `o` object, the number of members and then, by key in code-unit order, key and value. Texts carry their
 * length in bytes, lists and objects their count, each as 4 bytes big-endian. So no two different values have the same
 * bytes, and the order in which a member was written does not matter.
 *
 * @module
 */

export type CanonicalValue =
  | null
  | boolean
  | number
  | string
  | readonly CanonicalValue[]
  | { readonly [key: string]: CanonicalValue };

/** @throws TypeError for a number that is not finite. */
export function canonicalBytes(value: CanonicalValue): Uint8Array {
  return writeCanonical(value).slice();
}

const tags = {
  nothing: 0x6e, // n
  yes: 0x74, // t
  no: 0x66, // f
  number: 0x69, // i
  text: 0x73, // s
  list: 0x61, // a
  object: 0x6f, // o
};
const countBytes = 4;
const firstScratchBytes = 4_096;
/** Of a code unit in UTF-8. */
const maxBytesPerUnit = 3;
/** A call into the buffer costs more than writing so much by hand. */
const shortText = 48;

/** One for all: nothing else runs while bytes are written and taken. */
let scratch = new Uint8Array(firstScratchBytes);
let written = 0;
const encoder = new TextEncoder();

/** The same bytes, which stand until the next call only. */
export function writeCanonical(value: CanonicalValue): Uint8Array {
  written = 0;
  write(value);
  return scratch.subarray(0, written);
}

function write(one: CanonicalValue): void {
  if (one === null) writeTag(tags.nothing);
  else if (one === true) writeTag(tags.yes);
  else if (one === false) writeTag(tags.no);
  else if (typeof one === 'string') writeText(tags.text, one);
  else if (typeof one === 'number') {
    if (!Number.isFinite(one)) throw new TypeError('a number to be linked must be finite');
    writeText(tags.number, String(one));
  } else if (Array.isArray(one)) {
    writeCounted(tags.list, one.length);
    for (const item of one as readonly CanonicalValue[]) write(item);
  } else {
    const members = one as { readonly [key: string]: CanonicalValue };
    const keys = Object.keys(members).sort();
    writeCounted(tags.object, keys.length);
    for (const key of keys) {
      const member = members[key];
      if (member === undefined) throw new TypeError('a member to be linked must have a value');
      writeText(tags.text, key);
      write(member);
    }
  }
}

function writeTag(tag: number): void {
  makeRoom(1);
  scratch[written++] = tag;
}

function writeCounted(tag: number, count: number): void {
  makeRoom(1 + countBytes);
  scratch[written++] = tag;
  writeCount(written, count);
  written += countBytes;
}

/** Big-endian. */
function writeCount(at: number, count: number): void {
  scratch[at] = count >>> 24;
  scratch[at + 1] = count >>> 16;
  scratch[at + 2] = count >>> 8;
  scratch[at + 3] = count;
}

function writeText(tag: number, content: string): void {
  makeRoom(1 + countBytes + content.length * maxBytesPerUnit);
  scratch[written] = tag;
  const start = written + 1 + countBytes;
  const length = writeAscii(content, start) ?? encoder.encodeInto(content, scratch.subarray(start)).written;
  writeCount(written + 1, length);
  written = start + length;
}

/** @returns how many bytes; `null`: the text is long or not all of it is ASCII. */
function writeAscii(content: string, start: number): number | null {
  const { length } = content;
  if (length > shortText) return null;
  for (let place = 0; place < length; place += 1) {
    const unit = content.charCodeAt(place);
    if (unit >= 0x80) return null;
    scratch[start + place] = unit;
  }
  return length;
}

function makeRoom(bytes: number): void {
  if (written + bytes <= scratch.length) return;
  const larger = new Uint8Array(Math.max(2 * scratch.length, written + bytes));
  larger.set(scratch.subarray(0, written));
  scratch = larger;
}
