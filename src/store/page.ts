/**
 * Cursors: the sort key of the last row of a page, opaque to the caller. Whoever forges one only chooses where their
 * own list begins.
 *
 * @module
 */
import type { Page, PageRequest } from '../kernel/page.js';
import { storeErrors } from './errors.js';

const maxLimit = 1_000;
const maxCursorCharacters = 1_024;

export type CursorPart = string | number;

/** @throws `store.page_invalid` unless the limit is a whole number from 1 to 1000. */
export function pageLimit(page: PageRequest): number {
  if (!Number.isInteger(page.limit) || page.limit < 1 || page.limit > maxLimit) {
    throw storeErrors.page_invalid({ details: { field: 'limit', limit: maxLimit } });
  }
  return page.limit;
}

/**
 * @param shape  What each part must be.
 * @returns the parts, or `null` for the first page.
 * @throws `store.page_invalid` for anything {@link pageOf} did not make for a list of this shape.
 */
export function readCursor<const Shape extends readonly ('string' | 'number')[]>(
  page: PageRequest,
  shape: Shape,
): { readonly [Place in keyof Shape]: Shape[Place] extends 'number' ? number : string } | null {
  if (page.cursor === undefined) return null;
  const refuse = () =>
    storeErrors.page_invalid({ details: { field: 'cursor', fix: 'Send nextCursor of the page before, or none.' } });
  if (page.cursor.length > maxCursorCharacters) throw refuse();
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(page.cursor, 'base64url').toString('utf8'));
  } catch {
    throw refuse();
  }
  if (!Array.isArray(parts) || parts.length !== shape.length) throw refuse();
  const isShaped = parts.every(
    (part: unknown, place) =>
      typeof part === shape[place] &&
      (typeof part === 'number' ? Number.isSafeInteger(part) : !(part as string).includes('\0')),
  );
  if (!isShaped) throw refuse();
  return parts as never;
}

/** @param rows  One row more than the limit, when there is one more. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  toCursor: (row: Row) => readonly CursorPart[],
): Page<Item> {
  const items = rows.slice(0, limit).map(toItem);
  const last = rows[limit - 1];
  if (rows.length <= limit || last === undefined) return { items };
  return { items, nextCursor: cursorOf(toCursor(last)) };
}

export function cursorOf(parts: readonly CursorPart[]): string {
  return Buffer.from(JSON.stringify(parts), 'utf8').toString('base64url');
}
