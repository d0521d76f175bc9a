/**
 * The one JSON decoder of the front door (RFC 8259, as strict as RFC 7493 I-JSON). What it accepts has exactly one
 * meaning: no duplicate members, no lone surrogates, no byte order mark, bounded depth and width. Objects come without
 * a prototype, so that a member can never be found that was not sent.
 *
 * @module
 */
import { httpErrors } from '../errors.js';

export type JsonValue = null | boolean | number | bigint | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [member: string]: JsonValue;
}

export const jsonLimits = {
  /** Arrays and objects inside one another. */
  depth: 32,
  /** Members of one object. */
  keys: 1_000,
} as const;

/** Names that reach into JavaScript's object machinery when a value is copied carelessly. */
const refusedNames = new Set(['__proto__', 'constructor']);

const whitespace = /[\t\n\r ]*/y;
const number = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
/** Everything a string may hold unescaped (RFC 8259 §7). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly the characters that must not stand unescaped
const plainText = /[^"\\\u0000-\u001f]*/y;
/** With the `u` flag a paired surrogate is one character, so only lone ones match. */
const loneSurrogate = /\p{Surrogate}/u;
const fourHex = /[0-9a-fA-F]{4}/y;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes one JSON document.
 *
 * Integers beyond ±(2⁵³ − 1) come as `bigint`, so that none is silently changed; a number too large for a double is
 * refused.
 *
 * @param bytes  The whole body.
 * @throws `http.body_malformed` for anything that is not one well-formed document inside the limits.
 */
export function parseStrictJson(bytes: Uint8Array): JsonValue {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw httpErrors.body_malformed({ cause });
  }
  return new Reader(text).document();
}

/** As {@link parseStrictJson}, for JSON that came as text inside something else. */
export function parseStrictJsonText(text: string): JsonValue {
  return new Reader(text).document();
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One pass over the text; recursion is bounded by {@link jsonLimits}. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): JsonValue {
    this.#skipWhitespace();
    const value = this.#value(0);
    this.#skipWhitespace();
    if (this.#at !== this.#text.length) throw malformed();
    return value;
  }

  #value(depth: number): JsonValue {
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth + 1);
      case '[':
        return this.#array(depth + 1);
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): JsonObject {
    if (depth > jsonLimits.depth) throw malformed();
    const members: Record<string, JsonValue> = Object.create(null);
    let count = 0;
    this.#at++;
    this.#skipWhitespace();
    if (this.#take('}')) return members;
    do {
      this.#skipWhitespace();
      const name = this.#string();
      if (refusedNames.has(name) || Object.hasOwn(members, name) || ++count > jsonLimits.keys) throw malformed();
      this.#skipWhitespace();
      if (!this.#take(':')) throw malformed();
      this.#skipWhitespace();
      members[name] = this.#value(depth);
      this.#skipWhitespace();
    } while (this.#take(','));
    if (!this.#take('}')) throw malformed();
    return members;
  }

  #array(depth: number): JsonValue[] {
    if (depth > jsonLimits.depth) throw malformed();
    const items: JsonValue[] = [];
    this.#at++;
    this.#skipWhitespace();
    if (this.#take(']')) return items;
    do {
      this.#skipWhitespace();
      items.push(this.#value(depth));
      this.#skipWhitespace();
    } while (this.#take(','));
    if (!this.#take(']')) throw malformed();
    return items;
  }

  #string(): string {
    if (!this.#take('"')) throw malformed();
    let value = this.#match(plainText);
    while (!this.#take('"')) {
      if (!this.#take('\\')) throw malformed();
      value += this.#escape();
      value += this.#match(plainText);
    }
    // A lone surrogate has no UTF-8 form: two different strings would become the same bytes (RFC 7493 §2.1).
    if (loneSurrogate.test(value)) throw malformed();
    return value;
  }

  #escape(): string {
    const letter = this.#text[this.#at++] ?? '';
    if (letter === 'u') {
      const hex = this.#match(fourHex);
      if (hex.length === 0) throw malformed();
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const character = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
    if (character === undefined) throw malformed();
    return character;
  }

  #number(): number | bigint {
    number.lastIndex = this.#at;
    const found = number.exec(this.#text);
    if (found === null) throw malformed();
    this.#at = number.lastIndex;
    const value = Number(found[0]);
    if (!Number.isFinite(value)) throw malformed();
    const isPlainInteger = found[1] === undefined && found[2] === undefined;
    return isPlainInteger && !Number.isSafeInteger(value) ? BigInt(found[0]) : value;
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw malformed();
    this.#at += word.length;
    return value;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #skipWhitespace(): void {
    this.#match(whitespace);
  }
}

function malformed() {
  return httpErrors.body_malformed();
}
