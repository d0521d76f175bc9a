/**
 * What SQLite stores as canonical texts. A column's declared type says what its values are meant to be; what a value is
 * says how it is written. What does not fit its type is told as it is, never left out. Runs in the worker thread.
 *
 * @module
 */
import type { CanonicalType } from '../../query/index.js';
import type { FileColumn } from '../file-session.js';

/** What the driver reads; integers as they are, never rounded. */
export type Stored = null | bigint | number | string | Uint8Array;

export type Tell = (stored: Stored) => string | null;

/** @returns what tells the values of a column. */
export function tellerOf({ type, scale }: FileColumn): Tell {
  const tell =
    scale > 0 ? (stored: Exclude<Stored, null>) => withScale(stored, scale) : (tellers.get(type) ?? tellPlain);
  return (stored) => (stored === null ? null : tell(stored));
}

type TellStored = (stored: Exclude<Stored, null>) => string;

const tellers = new Map<CanonicalType, TellStored>([
  ['boolean', tellBoolean],
  ['float32', tellFloat],
  ['float64', tellFloat],
  ['bytes', (stored) => bytesOf(stored).toString('base64')],
  ['date', (stored) => (typeof stored === 'string' ? dateOf(stored) : tellPlain(stored))],
  ['timestamp', (stored) => (typeof stored === 'string' ? spaced(stored).replace(' ', 'T') : tellPlain(stored))],
  ['uuid', (stored) => tellPlain(stored).toLowerCase()],
]);

function tellPlain(stored: Exclude<Stored, null>): string {
  if (typeof stored === 'number') return plainDigits(stored);
  return typeof stored === 'object' ? bytesOf(stored).toString('utf8') : String(stored);
}

/** As many digits after the point as the column is declared with; more where more are stored. */
function withScale(stored: Exclude<Stored, null>, scale: number): string {
  const text = tellPlain(stored);
  if (typeof stored !== 'bigint' && typeof stored !== 'number') return text;
  const [whole = '', fraction = ''] = text.split('.');
  return Number.isFinite(Number(text)) ? `${whole}.${fraction.padEnd(scale, '0')}` : text;
}

/** Zero is false and every other number true, as the engine has it. */
function tellBoolean(stored: Exclude<Stored, null>): string {
  if (typeof stored === 'bigint' || typeof stored === 'number') return Number(stored) === 0 ? 'false' : 'true';
  return tellPlain(stored);
}

function tellFloat(stored: Exclude<Stored, null>): string {
  return typeof stored === 'number' ? String(Object.is(stored, -0) ? 0 : stored) : tellPlain(stored);
}

function bytesOf(stored: Exclude<Stored, null>): Buffer {
  if (typeof stored !== 'object') return Buffer.from(String(stored));
  return Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
}

/** A number without exponent: `1e21` → `1000000000000000000000`. */
export function plainDigits(value: number): string {
  const text = String(Object.is(value, -0) ? 0 : value);
  const [, sign = '', first = '', rest = '', exponent = ''] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? [];
  if (exponent === '') return text;
  const shift = Number(exponent);
  if (shift < 0) return `${sign}0.${'0'.repeat(-shift - 1)}${first}${rest}`;
  return `${sign}${first}${rest.padEnd(shift, '0')}`;
}

const form = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2})(?::(\d{2})(?:\.(\d+))?)?Z?)?$/;

/**
 * A date and time in the one spelling that is compared: with a space, with seconds, without zeros at the end of their
 * fraction. What is spelled otherwise, or names an offset, stays as it is.
 */
export function spaced(text: string): string {
  if (text.length === 19 && text[10] === ' ') return text;
  const [, date, minutes = '00:00', seconds = '00', digits = ''] = form.exec(text) ?? [];
  if (date === undefined) return text;
  const fraction = digits.replace(/0+$/, '');
  return `${date} ${minutes}:${seconds}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Of a day's first moment only the day is told. */
function dateOf(text: string): string {
  const [, date, minutes = '00:00', seconds = '00', digits = ''] = form.exec(text) ?? [];
  const isWhole = date !== undefined && minutes === '00:00' && seconds === '00' && /^0*$/.test(digits);
  return isWhole ? date : text;
}
