/**
 * Values of scoped queries as SQL text. This protocol has no binding: numbers and moments are written when they are
 * nothing but that, and everything else as bytes in hexadecimal, so that nothing in them can be read as SQL.
 *
 * @module
 */
import type { Bound, CanonicalType, Column } from '../../query/index.js';
import { sourcesErrors } from '../../sources/index.js';

/** A text in UTF-8, whatever the session's character set and `sql_mode` are. */
export function textLiteral(text: string): string {
  return `_utf8mb4 ${bytesLiteral(Buffer.from(text, 'utf8'))}`;
}

/** The same bytes without a character set: equal to nothing but themselves. */
export function exactLiteral(text: string): string {
  return bytesLiteral(Buffer.from(text, 'utf8'));
}

function bytesLiteral(bytes: Buffer): string {
  return `x'${bytes.toString('hex')}'`;
}

/** @throws `sources.value_refused` for what no column of the type holds: a float that is no number, too many digits. */
export function literal({ type, text }: Bound): string {
  if (text === null) return 'NULL';
  return writers[type]?.(text) ?? textLiteral(text);
}

/** A value for a column. */
export function assignedLiteral({ type }: Column, bound: Bound): string {
  const written = literal(bound);
  return type === 'geometry' && bound.text !== null ? `ST_GeomFromText(${written})` : written;
}

const integer = /^-?\d{1,20}$/;
const decimal = /^-?\d+(?:\.\d+)?$/;
/** Of a DECIMAL (MySQL manual, "DECIMAL Data Type Characteristics"); longer ones would be read as floats. */
const maxDigits = 65;

const writers: Partial<Readonly<Record<CanonicalType, (text: string) => string>>> = {
  boolean: (text) => (text === 'true' ? '1' : '0'),
  int16: writeInteger,
  int32: writeInteger,
  int64: writeInteger,
  decimal: (text) => {
    if (!decimal.test(text) || text.replace(/[-.]/g, '').length > maxDigits) throw sourcesErrors.value_refused();
    return text;
  },
  // A column of this type compares as the double it is the nearest single of.
  float32: (text) => writeDouble(Math.fround(Number(text))),
  float64: (text) => writeDouble(Number(text)),
  bytes: (text) => bytesLiteral(Buffer.from(text, 'base64')),
  bit: (text) => checked(/^[01]{1,64}$/, text, `b'${text}'`),
  date: (text) => checked(/^\d{4}-\d\d-\d\d$/, text, `DATE'${text}'`),
  time: (text) => checked(/^\d\d:\d\d:\d\d(?:\.\d{1,6})?$/, text, `TIME'${text}'`),
  timestamp: writeInstant,
  timestamptz: writeInstant,
};

function writeInteger(text: string): string {
  return checked(integer, text, text);
}

function writeDouble(value: number): string {
  if (!Number.isFinite(value)) throw sourcesErrors.value_refused();
  const text = String(value);
  return text.includes('e') ? text : `${text}e0`;
}

/** The session's clock is in UTC. */
function writeInstant(text: string): string {
  const plain = text.replace('T', ' ').replace('Z', '');
  return checked(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?$/, plain, `TIMESTAMP'${plain}'`);
}

function checked(form: RegExp, text: string, sql: string): string {
  if (!form.test(text)) throw sourcesErrors.value_refused();
  return sql;
}
