/**
 * Bodies and queries that hold only what a route knows. A name that is not known is refused with the list of those
 * that are; what was sent is not repeated.
 *
 * @module
 */
import { httpErrors } from '../errors.js';
import type { Body } from './body.js';
import { isJsonObject, type JsonObject, type JsonValue } from './strict-json.js';
import type { Query } from './url.js';

/**
 * @throws `http.body_shape_invalid` not an object · `http.member_unknown` with details.fix.
 */
export function onlyMembers(body: Body | JsonValue, known: readonly string[], field?: string): JsonObject {
  if (!isJsonObject(body)) {
    throw field === undefined ? httpErrors.body_shape_invalid() : httpErrors.field_invalid({ details: { field } });
  }
  if (Object.keys(body).some((name) => !known.includes(name))) {
    const fix = `Send only: ${known.join(', ')}.`;
    throw httpErrors.member_unknown({ details: field === undefined ? { fix } : { field, fix } });
  }
  return body;
}

/** @throws `http.parameter_unknown` with details.fix. */
export function onlyParameters(query: Query, known: readonly string[]): void {
  for (const name of query.names()) {
    if (!known.includes(name)) {
      const fix = known.length === 0 ? 'Send no query.' : `Send only: ${known.join(', ')}.`;
      throw httpErrors.parameter_unknown({ details: { fix } });
    }
  }
}

/**
 * A whole number of the query.
 *
 * @throws `http.field_invalid` with details.field and details.fix.
 */
export function numberParameter(
  query: Query,
  name: string,
  range: { readonly from: number; readonly to: number; readonly standard: number },
): number {
  const text = query.get(name);
  if (text === undefined) return range.standard;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= range.from && value <= range.to) return value;
  const fix = `Send a whole number from ${range.from} to ${range.to}.`;
  throw httpErrors.field_invalid({ details: { field: name, fix } });
}
