/**
 * Values that JSON had, as values of columns: what fits a type, and its canonical text (see {@link Bound}). A database
 * never sees a value that was not judged here, so that none is rounded, cut or read as something else on the way.
 *
 * @module
 */
import type { Bound } from './algebra.js';
import { queryErrors } from './errors.js';
import { canonicalDate, canonicalTime, canonicalTimestamp, canonicalTimestamptz } from './instants.js';
import type { CanonicalType, Column } from './relation.js';

/**
 * A value of a column.
 *
 * Numbers come as JSON numbers or as their plain digits; an integer beyond 2^53 must be text, since JSON numbers beyond
 * it have been rounded already. `true`/`false` may be texts too. A `timestamp` may name its offset and is taken in UTC;
 * a `timestamptz` must. Bytes are base64 (RFC 4648 §4, padded). A json column takes every JSON value, and `null` is
 * SQL's. Lengths and precisions are the database's to judge.
 *
 * @throws `query.value_invalid` with the column's name as `field`.
 */
export function bindValue(column: Column, value: unknown): Bound {
  return { type: column.type, nativeType: column.nativeType, text: canonicalText(column, value) };
}

function canonicalText(column: Column, value: unknown): string | null {
  if (value === null) return null;
  const text = readers[column.type](value);
  if (text === null) throw queryErrors.value_invalid({ details: { field: column.name } });
  return text;
}

type Reader = (value: unknown) => string | null;

const readers: Readonly<Record<CanonicalType, Reader>> = {
  boolean: (value) =>
    value === true || value === 'true' ? 'true' : value === false || value === 'false' ? 'false' : null,
  int16: integerWithin(-(2n ** 15n), 2n ** 15n - 1n),
  int32: integerWithin(-(2n ** 31n), 2n ** 31n - 1n),
  int64: integerWithin(-(2n ** 63n), 2n ** 63n - 1n),
  decimal: readDecimal,
  // The largest single that does not round to infinity.
  float32: floatBelow(2 ** 128 - 2 ** 103),
  float64: floatBelow(Number.POSITIVE_INFINITY),
  text: readText,
  bytes: (value) => (isBase64(value) ? value : null),
  bit: (value) => (typeof value === 'string' && /^[01]+$/.test(value) ? value : null),
  date: ofText(canonicalDate),
  time: ofText(canonicalTime),
  timestamp: ofText(canonicalTimestamp),
  timestamptz: ofText(canonicalTimestamptz),
  interval: readText,
  uuid: (value) => (typeof value === 'string' && uuid.test(value) ? value.toLowerCase() : null),
  json: readJson,
  xml: readText,
  enum: readText,
  set: readText,
  array: readText,
  struct: readText,
  map: readText,
  range: readText,
  geometry: readText,
  network: readText,
  search: readText,
  other: readText,
};

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const integer = /^(?:0|-?[1-9]\d{0,18})$/;
const decimal = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** More digits than any engine's decimals have in both parts, few enough to be read at once. */
const maxDigits = 1_000;

function ofText(read: (text: string) => string | null): Reader {
  return (value) => (typeof value === 'string' ? read(value) : null);
}

function integerWithin(least: bigint, greatest: bigint): Reader {
  return (value) => {
    if (typeof value === 'number') {
      return Number.isSafeInteger(value) && value >= least && value <= greatest ? String(value) : null;
    }
    if (typeof value !== 'string' || !integer.test(value)) return null;
    const whole = BigInt(value);
    return whole >= least && whole <= greatest ? value : null;
  };
}

function readDecimal(value: unknown): string | null {
  if (typeof value === 'string') return value.length <= maxDigits && decimal.test(value) ? value : null;
  if (typeof value !== 'number' || !Number.isFinite(value)) return null;
  // A whole number beyond 2^53 was another one before it was parsed.
  if (Number.isInteger(value)) return Number.isSafeInteger(value) ? String(value) : null;
  return plainDigits(String(value));
}

/** Of a number that is not whole: only exponents below zero occur. */
function plainDigits(text: string): string {
  const [, sign = '', first = '', rest = '', exponent = ''] = /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/.exec(text) ?? [];
  return exponent === '' ? text : `${sign}0.${'0'.repeat(Number(exponent) - 1)}${first}${rest}`;
}

function floatBelow(limit: number): Reader {
  return (value) => {
    if (typeof value === 'string' && (value.length > maxDigits || !jsonNumber.test(value))) return null;
    if (typeof value !== 'number' && typeof value !== 'string') return null;
    const number = Number(value);
    return Number.isFinite(number) && Math.abs(number) < limit ? String(number) : null;
  };
}

function readText(value: unknown): string | null {
  return typeof value === 'string' && isStorable(value) ? value : null;
}

/** PostgreSQL holds no NUL, and half of a surrogate pair has no UTF-8. */
function isStorable(text: string): boolean {
  return !/[\0\p{Cs}]/u.test(text);
}

/** Padded, and without bits that say nothing, so that equal bytes are equal texts. */
function isBase64(value: unknown): value is string {
  if (typeof value !== 'string' || value.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) return false;
  const last = value.slice(-4);
  return Buffer.from(last, 'base64').toString('base64') === last;
}

/** Deeper than anything a door parses; JSON.stringify would exhaust the stack somewhere beyond. */
const maxJsonDepth = 200;

function readJson(value: unknown): string | null {
  return isJson(value, maxJsonDepth) ? JSON.stringify(value) : null;
}

function isJson(value: unknown, depth: number): boolean {
  if (depth === 0) return false;
  if (value === null || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'string') return isStorable(value);
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth - 1));
  if (typeof value !== 'object') return false;
  return Object.entries(value).every(([key, item]) => isStorable(key) && isJson(item, depth - 1));
}
