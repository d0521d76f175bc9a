/**
 * The engine-neutral kind of a column, by what `information_schema.COLUMNS` says of it: one that holds every value the
 * column can have, so an unsigned number may need the next larger kind.
 *
 * @module
 */
import type { CanonicalType } from '../../../sources/index.js';

/**
 * @param dataType    `DATA_TYPE`: `int`.
 * @param columnType  `COLUMN_TYPE`: `int(10) unsigned`.
 */
export function canonicalTypeOf(dataType: string, columnType: string): CanonicalType {
  const type = dataType.toLowerCase();
  // What both servers make of BOOLEAN, and what only has those two values.
  if (/^(?:tinyint|bit)\(1\)$/i.test(columnType)) return 'boolean';
  const kind = kinds.get(type);
  if (kind === undefined) return 'other';
  return /\bunsigned\b/i.test(columnType) ? (unsignedKinds.get(type) ?? kind) : kind;
}

const kinds = new Map<string, CanonicalType>([
  ...names('int16', 'tinyint', 'smallint', 'year'),
  ...names('int32', 'mediumint', 'int', 'integer'),
  ...names('int64', 'bigint'),
  ...names('decimal', 'decimal', 'numeric'),
  ...names('float32', 'float'),
  ...names('float64', 'double', 'real'),
  ...names('bit', 'bit'),
  ...names('text', 'char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext'),
  ...names('bytes', 'binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob'),
  ...names('date', 'date'),
  ...names('time', 'time'),
  ...names('timestamp', 'datetime'),
  // Kept in UTC and shown in the zone of the session.
  ...names('timestamptz', 'timestamp'),
  ...names('uuid', 'uuid'),
  ...names('json', 'json'),
  ...names('enum', 'enum'),
  ...names('set', 'set'),
  ...names('network', 'inet4', 'inet6'),
  ...names('geometry', 'geometry', 'point', 'linestring', 'polygon', 'multipoint', 'multilinestring'),
  ...names('geometry', 'multipolygon', 'geometrycollection', 'geomcollection'),
  ...names('array', 'vector'),
]);

/** A signed kind of the same width would not hold the upper half. */
const unsignedKinds = new Map<string, CanonicalType>([
  ['smallint', 'int32'],
  ['int', 'int64'],
  ['integer', 'int64'],
  ['bigint', 'decimal'],
]);

function names(kind: CanonicalType, ...types: readonly string[]): [string, CanonicalType][] {
  return types.map((type) => [type, kind]);
}
