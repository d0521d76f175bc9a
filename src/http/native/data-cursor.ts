/**
 * The cursor of a list of rows: where the next page begins, and a digest of the question it belongs to, so that it goes
 * on with no other. It holds nothing that was not in the page before, or could not have been asked for in it: a forged
 * one asks for another page of what its caller may read.
 *
 * @module
 */

import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { queryErrors } from '../../query/index.js';
import { parseStrictJson } from '../kit/strict-json.js';

export type Continuation =
  /** After the row with these values of the order's columns, canonical texts. */
  { readonly kind: 'after'; readonly values: readonly string[] } | { readonly kind: 'offset'; readonly offset: number };

/** A key that makes a longer one is left to paging by offset: a request line holds 16 KiB. */
const maxCharacters = 4_096;
const maxOffset = 999_999_999;
const base64url = /^[A-Za-z0-9_-]+$/;

/**
 * @param question  Whatever makes two lists different, in a fixed order.
 * @returns         The digest that binds a cursor to it.
 */
export function digestQuestion(question: unknown): string {
  return createHash('sha256').update(JSON.stringify(question, textOfBigints)).digest('base64url').slice(0, 22);
}

/** @returns `null` when there is no such cursor: it would be too long, or too far. */
export function encodeCursor(digest: string, { kind, ...place }: Continuation): string | null {
  const where = 'values' in place ? place.values : place.offset;
  if (kind === 'offset' && typeof where === 'number' && where > maxOffset) return null;
  const cursor = Buffer.from(JSON.stringify([digest, where])).toString('base64url');
  return cursor.length > maxCharacters ? null : cursor;
}

/** @throws `query.page_invalid` for what is no cursor of that question, with details.field `cursor`. */
export function decodeCursor(digest: string, cursor: string): Continuation {
  const place = cursor.length > maxCharacters || !base64url.test(cursor) ? null : placeOf(digest, cursor);
  if (place === null) {
    const fix = 'Send the cursor of the page before as it came, with the same query besides.';
    throw queryErrors.page_invalid({ details: { field: 'cursor', fix } });
  }
  return place;
}

function placeOf(digest: string, cursor: string): Continuation | null {
  const bytes = Buffer.from(cursor, 'base64url');
  if (!isUtf8(bytes) || bytes.toString('base64url') !== cursor) return null;
  let parts: unknown;
  try {
    parts = parseStrictJson(bytes);
  } catch {
    return null;
  }
  if (!Array.isArray(parts) || parts.length !== 2 || parts[0] !== digest) return null;
  const where: unknown = parts[1];
  if (typeof where === 'number') {
    return Number.isInteger(where) && where >= 0 && where <= maxOffset ? { kind: 'offset', offset: where } : null;
  }
  return isTexts(where) && where.length > 0 ? { kind: 'after', values: where } : null;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function textOfBigints(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}
