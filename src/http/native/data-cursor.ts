/**
 * The cursor of a list of rows: where the next page begins, and a digest of the question it belongs to, so that it goes
 * on with no other. It holds nothing that was not in the page before, or could not have been asked for in it: a forged
 * one asks for another page of what its caller may read.
 *
 * @module
 */

import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { queryErrors } from '../../query/index.js';
import { parseStrictJson } from '../kit/strict-json.js';

export interface Continuation {
  /** Rows that came before. */
  readonly offset: number;
  /** Values of the order's columns in the last of them, canonical texts; `null` where the order says too little. */
  readonly after: readonly string[] | null;
}

/** A key that makes a longer one is left to paging by offset: a request line holds 16 KiB. */
const maxCharacters = 4_096;
const maxOffset = 999_999_999;
const base64url = /^[A-Za-z0-9_-]+$/;

/**
 * @param question  Whatever makes two lists different, in a fixed order.
 * @returns         The digest that binds a cursor to it.
 */
export function digestQuestion(question: unknown): string {
  return hash('sha256', JSON.stringify(question, textOfBigints), 'base64url').slice(0, 22);
}

/** @returns `null` when there is no such cursor: it would be too far. */
export function encodeCursor(digest: string, { offset, after }: Continuation): string | null {
  if (offset > maxOffset) return null;
  const cursor = textOf([digest, offset, ...(after === null ? [] : [after])]);
  return cursor.length > maxCharacters ? textOf([digest, offset]) : cursor;
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
  if (!Array.isArray(parts) || parts.length > 3 || parts[0] !== digest) return null;
  const [, offset, after] = parts as unknown[];
  if (typeof offset !== 'number' || !Number.isInteger(offset) || offset < 0 || offset > maxOffset) return null;
  if (after === undefined) return { offset, after: null };
  return isTexts(after) && after.length > 0 ? { offset, after } : null;
}

function textOf(parts: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function textOfBigints(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}
