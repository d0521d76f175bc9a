/**
 * Values in the model's own reading: which JSON values are of a kind, in which text, and which of two is greater.
 * Written from the documents, not from the code it is compared with.
 *
 * @module
 */
import type { Cell, Kind } from './world.js';

/** The cell a JSON value stands for; `undefined`: it does not fit. */
export function readValue(kind: Kind, value: unknown): Cell | undefined {
  if (value === null) return null;
  switch (kind) {
    case 'int32':
      return whole(value, 2n ** 31n);
    case 'int64':
      return whole(value, 2n ** 63n);
    case 'decimal':
      if (typeof value === 'number') {
        if (!Number.isFinite(value)) return undefined;
        if (Number.isInteger(value) && Math.abs(value) > 2 ** 53 - 1) return undefined;
        return tidyDecimal(value.toFixed(4));
      }
      return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? tidyDecimal(value) : undefined;
    case 'boolean':
      return value === true || value === false ? String(value) : undefined;
    case 'date':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && isDay(value) ? value : undefined;
    case 'float':
      if (typeof value === 'string' && !/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value)) return undefined;
      if (typeof value !== 'string' && typeof value !== 'number') return undefined;
      return Number.isFinite(Number(value)) ? String(Number(value)) : undefined;
    case 'time':
      return typeof value === 'string' && /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$/.test(value)
        ? tidyTimestamp(value.length === 5 ? `${value}:00` : value)
        : undefined;
    case 'uuid':
      return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)
        ? value.toLowerCase()
        : undefined;
    case 'bytes':
      return typeof value === 'string' && Buffer.from(value, 'base64').toString('base64') === value ? value : undefined;
    case 'timestamp':
      return readTimestamp(value);
    case 'timestamptz': {
      const moment = typeof value === 'string' && /(Z|[+-]\d\d:\d\d)$/.test(value) ? readTimestamp(value) : undefined;
      return typeof moment === 'string' ? `${moment}Z` : undefined;
    }
    case 'text':
    case 'loose':
      return typeof value === 'string' && !value.includes('\0') && !/\p{Cs}/u.test(value) ? value : undefined;
  }
}

function whole(value: unknown, bound: bigint): Cell | undefined {
  if (typeof value === 'number' && (!Number.isInteger(value) || Math.abs(value) > 2 ** 53 - 1)) return undefined;
  if (typeof value === 'string' ? !/^-?\d+$/.test(value) : typeof value !== 'number') return undefined;
  const number = BigInt(value as number | string);
  return number < -bound || number >= bound ? undefined : String(number);
}

function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** Generated ones have at most three digits of a fraction, and the years of `Date`. */
function readTimestamp(value: unknown): Cell | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return isDay(value) ? `${value}T00:00:00` : undefined;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)?$/.test(value)) return undefined;
  if (!isDay(value.slice(0, 10))) return undefined;
  const date = new Date(/(Z|[+-]\d\d:\d\d)$/.test(value) ? value : `${value}Z`);
  return Number.isNaN(date.getTime()) ? undefined : tidyTimestamp(date.toISOString().slice(0, -1));
}

export function tidyTimestamp(text: string): string {
  if (text.endsWith('Z')) return `${tidyTimestamp(text.slice(0, -1))}Z`;
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

export function tidyDecimal(text: string): string {
  const tidy = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return tidy === '-0' ? '0' : tidy;
}

/** One text for one value, however an engine writes it. */
export function tidy(type: string, cell: Cell): Cell {
  if (cell === null) return null;
  if (type === 'decimal') return tidyDecimal(cell);
  return type === 'timestamp' || type === 'timestamptz' || type === 'time' ? tidyTimestamp(cell) : cell;
}

const scale = 12;

/** A decimal as a whole number of its smallest parts. */
export function partsOf(text: string): bigint {
  const [before = '0', after = ''] = text.replace('-', '').split('.');
  const parts = BigInt(before + after.padEnd(scale, '0').slice(0, scale));
  return text.startsWith('-') ? -parts : parts;
}

export function decimalOf(parts: bigint): string {
  const digits = String(parts < 0n ? -parts : parts).padStart(scale + 1, '0');
  const text = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return tidyDecimal(parts < 0n ? `-${text}` : text);
}

/** A quotient with this many digits after the point, halves away from zero. */
export function averageOf(sum: bigint, count: bigint, digits: number): string {
  const unit = 10n ** BigInt(scale - digits);
  const divisor = count * unit;
  const size = sum < 0n ? -sum : sum;
  const rounded = ((2n * size + divisor) / (2n * divisor)) * unit;
  return decimalOf(sum < 0n ? -rounded : rounded);
}

/** Negative, zero, positive. Texts by their bytes. */
export function compareValues(kind: Kind, left: string, right: string): number {
  switch (kind) {
    case 'int32':
    case 'int64':
    case 'decimal': {
      const difference = partsOf(left) - partsOf(right);
      return difference < 0n ? -1 : difference > 0n ? 1 : 0;
    }
    case 'float':
      return Number(left) - Number(right);
    case 'bytes':
      return Buffer.compare(Buffer.from(left, 'base64'), Buffer.from(right, 'base64'));
    case 'timestamptz':
      return compareValues('timestamp', left.slice(0, -1), right.slice(0, -1));
    case 'boolean':
    case 'date':
    case 'time':
    case 'timestamp':
      return left < right ? -1 : left > right ? 1 : 0;
    default:
      return Buffer.compare(Buffer.from(left), Buffer.from(right));
  }
}
