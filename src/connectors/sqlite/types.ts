/**
 * Declared types of SQLite in neutral words. The declaration decides an affinity and little else
 * (https://sqlite.org/datatype3.html §3.1); where it names what people mean by it, that counts.
 *
 * @module
 */
import type { CanonicalType, CatalogColumn } from '../../sources/index.js';

type Typing = Pick<CatalogColumn, 'canonicalType' | 'length' | 'precision' | 'scale'>;

/** @param declared  As in the CREATE statement; empty for a column without type. */
export function typeOf(declared: string): Typing {
  const name = declared.toUpperCase();
  const [, word = '', first, second] =
    /^\s*([^(]*?)\s*(?:\(\s*(\d{1,9})\s*(?:,\s*(\d{1,9})\s*)?\))?\s*$/.exec(name) ?? [];
  const canonicalType = meant.get(word) ?? affinityOf(name);
  const sizes =
    first === undefined ? null : { first: Number(first), second: second === undefined ? 0 : Number(second) };
  const isSized = canonicalType === 'text' || canonicalType === 'bytes';
  return {
    canonicalType,
    length: isSized ? (sizes?.first ?? null) : null,
    precision: canonicalType === 'decimal' ? (sizes?.first ?? null) : null,
    scale: canonicalType === 'decimal' ? (sizes?.second ?? null) : null,
  };
}

/** Names whose affinity is NUMERIC, BLOB or INTEGER, and that say more than it. */
const meant = new Map<string, CanonicalType>([
  ['', 'other'],
  ['ANY', 'other'],
  ['BOOL', 'boolean'],
  ['BOOLEAN', 'boolean'],
  ['DATE', 'date'],
  ['TIME', 'time'],
  ['DATETIME', 'timestamp'],
  ['TIMESTAMP', 'timestamp'],
  ['UUID', 'uuid'],
  ['JSON', 'json'],
  ['JSONB', 'json'],
]);

function affinityOf(name: string): CanonicalType {
  if (name.includes('INT')) return 'int64';
  if (['CHAR', 'CLOB', 'TEXT'].some((part) => name.includes(part))) return 'text';
  if (name.includes('BLOB')) return 'bytes';
  if (['REAL', 'FLOA', 'DOUB'].some((part) => name.includes(part))) return 'float64';
  return 'decimal';
}
