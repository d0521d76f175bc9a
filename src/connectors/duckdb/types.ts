/** Types of DuckDB in neutral words; https://duckdb.org/docs/stable/sql/data_types/overview. @module */
import type { CanonicalType } from '../../sources/index.js';

/** @param written  As the engine writes it: `DECIMAL(10,2)`, `STRUCT(x INTEGER)[]`. */
export function canonicalTypeOf(written: string): CanonicalType {
  if (/\[\d*\]$/.test(written)) return 'array';
  const [word = ''] = /^[A-Z0-9_ ]+/.exec(written) ?? [];
  return byWord.get(word.trim()) ?? 'other';
}

const byWord = new Map<string, CanonicalType>([
  ['BOOLEAN', 'boolean'],
  ['TINYINT', 'int16'],
  ['UTINYINT', 'int16'],
  ['SMALLINT', 'int16'],
  ['USMALLINT', 'int32'],
  ['INTEGER', 'int32'],
  ['UINTEGER', 'int64'],
  ['BIGINT', 'int64'],
  // Their largest values need more than 64 bits.
  ['UBIGINT', 'decimal'],
  ['HUGEINT', 'decimal'],
  ['UHUGEINT', 'decimal'],
  ['BIGNUM', 'decimal'],
  ['DECIMAL', 'decimal'],
  ['FLOAT', 'float32'],
  ['DOUBLE', 'float64'],
  ['VARCHAR', 'text'],
  ['BLOB', 'bytes'],
  ['BIT', 'bit'],
  ['DATE', 'date'],
  ['TIME', 'time'],
  ['TIME_NS', 'time'],
  ['TIME WITH TIME ZONE', 'time'],
  ['TIMESTAMP', 'timestamp'],
  ['TIMESTAMP_S', 'timestamp'],
  ['TIMESTAMP_MS', 'timestamp'],
  ['TIMESTAMP_NS', 'timestamp'],
  ['TIMESTAMP WITH TIME ZONE', 'timestamptz'],
  ['INTERVAL', 'interval'],
  ['UUID', 'uuid'],
  ['JSON', 'json'],
  ['ENUM', 'enum'],
  ['STRUCT', 'struct'],
  ['UNION', 'struct'],
  ['MAP', 'map'],
  ['GEOMETRY', 'geometry'],
]);
