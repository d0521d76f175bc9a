/**
 * DuckDB's side of the compiler. Every value travels as text: what is bound is cast to the type it stands for, what is
 * sent is cast to its text. Moments with a zone are asked for as microseconds, because zones are an extension's.
 *
 * @module
 */
import type { AggregateFunction, Bound, CanonicalType, Mask } from '../../query/index.js';
import { textOf } from '../compile-expression.js';
import { quoteIdentifier } from '../file-findings.js';
import { type Flavour, type Operand, type Place, scaleOfAverage, signs } from '../sql-flavour.js';

export const duckdbFlavour: Flavour<string | null> = {
  quote: quoteIdentifier,
  table: (schema, name) => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`,
  placeholder: (index) => `$${index}`,
  column: (sql) => sql,
  operand,
  replacement: (bound, column, place) => `(CASE WHEN false THEN ${column.sql} ELSE ${operand(bound, place)} END)`,
  assigned: (_column, bound, place) => operand(bound, place),
  masked,
  compare: (left, operator, right, place) =>
    `${operator === 'eq' ? exact(left) : comparable(left)} ${signs[operator]} ${operand(right, place)}`,
  among: (left, values, place) => `${exact(left)} IN (${values.map((value) => operand(value, place)).join(', ')})`,
  matches(left, match, text, place) {
    const name = { contains: 'contains', starts: 'starts_with', ends: 'ends_with' }[match];
    return `${name}(${exact({ ...left, type: 'text' })}, ${place(text)}::VARCHAR)`;
  },
  grouped: exact,
  ordersByGroup: true,
  aggregate,
  output,
  order: (sql, direction) => `${sql} ${direction === 'asc' ? 'ASC' : 'DESC'} NULLS LAST`,
  page(limit, offset, place) {
    const first = limit === null ? '' : ` LIMIT ${place(String(limit))}::BIGINT`;
    return offset === 0 ? first : `${first} OFFSET ${place(String(offset))}::BIGINT`;
  },
  write: {
    hasAlias: { insert: true, update: true, remove: true },
    hasReturning: { insert: true, update: true, remove: true },
    hasDefaultWord: true,
    emptyRow: 'DEFAULT VALUES',
    maxValues: 65_535,
    maxCharacters: 4_194_304,
  },
};

const casts = new Map<CanonicalType, string>([
  ['boolean', 'BOOLEAN'],
  ['int16', 'BIGINT'],
  ['int32', 'BIGINT'],
  ['int64', 'BIGINT'],
  ['float32', 'FLOAT'],
  ['float64', 'DOUBLE'],
  ['bit', 'BIT'],
  ['date', 'DATE'],
  ['time', 'TIME'],
  ['timestamp', 'TIMESTAMP'],
  ['timestamptz', 'TIMESTAMP WITH TIME ZONE'],
  ['interval', 'INTERVAL'],
  ['uuid', 'UUID'],
]);

function operand(bound: Bound, place: Place<string | null>): string {
  const value = place(bound.text);
  if (bound.type === 'bytes') return `from_base64(${value}::VARCHAR)`;
  if (bound.type === 'decimal' && bound.text !== null) return `${value}::${decimalFor(textOf(bound))}`;
  return `${value}::${casts.get(bound.type) ?? 'VARCHAR'}`;
}

const mostDigits = 38;

/** As wide as the number is, so that none of it is lost and none is in the way; what is wider still, the nearest double. */
function decimalFor(text: string): string {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const width = whole.length + fraction.length;
  return width <= mostDigits ? `DECIMAL(${width}, ${fraction.length})` : 'DOUBLE';
}

/** Types that are asked about as what they are; every other one as its text. */
const ownOrder = new Set<CanonicalType>([...casts.keys(), 'decimal', 'bytes']);

function comparable({ sql, type }: Operand): string {
  return ownOrder.has(type) || type === 'text' ? sql : `CAST(${sql} AS VARCHAR)`;
}

/** Whatever collation the column was declared with. */
function exact(operand: Operand): string {
  return operand.type === 'text' ? `(${plainText(operand)} COLLATE C)` : comparable(operand);
}

function plainText({ sql, nativeType }: Operand): string {
  return nativeType === null || nativeType === 'VARCHAR' ? sql : `CAST(${sql} AS VARCHAR)`;
}

function output({ sql, type }: Operand): string {
  if (type === 'bytes') return `to_base64(${sql})`;
  if (type === 'timestamptz') return `CAST(make_timestamp(epoch_us(${sql})) AS VARCHAR)`;
  return `CAST(${sql} AS VARCHAR)`;
}

function masked(column: Operand, mask: Mask, place: Place<string | null>): string {
  const { sql, type } = column;
  const text = plainText(column);
  const stars = (keep: number) => `repeat('*', greatest(length(${text}) - ${keep}, 0))`;
  switch (mask.kind) {
    case 'keep_left':
      return `(left(${text}, ${mask.keep}) || ${stars(mask.keep)})`;
    case 'keep_right':
      return `(${stars(mask.keep)} || right(${text}, ${mask.keep}))`;
    case 'hash':
      return `left(sha256(${place(mask.salt)}::VARCHAR || ${text}), 32)`;
    case 'null':
      return `(CASE WHEN false THEN ${sql} END)`;
    case 'truncate':
      if (type === 'date') return `CAST(date_trunc('${mask.unit}', ${sql}) AS DATE)`;
      if (type === 'timestamp') return `date_trunc('${mask.unit}', ${sql})`;
      return `to_timestamp(epoch(date_trunc('${mask.unit}', make_timestamp(epoch_us(${sql})))))`;
  }
}

function aggregate(name: AggregateFunction, of: Operand | null): string {
  if (of === null) return 'count(*)';
  const { sql, type, nativeType } = of;
  switch (name) {
    case 'count':
      return `count(${sql})`;
    case 'count_distinct':
      return `count(DISTINCT ${exact(of)})`;
    case 'sum':
      return `sum(${sql})`;
    case 'avg': {
      if (type === 'float32' || type === 'float64') return `avg(${sql})`;
      const scale = Math.min(scaleOfAverage(nativeType), mostDigits - 20);
      return `CAST(avg(${sql}) AS DECIMAL(${mostDigits}, ${scale}))`;
    }
    case 'min':
    case 'max':
      return `${name}(${sql})`;
  }
}
