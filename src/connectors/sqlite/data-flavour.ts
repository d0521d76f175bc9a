/**
 * SQLite's side of the compiler. Values are bound in the storage class their type has, because a comparison converts
 * only what stands beside a column (https://sqlite.org/datatype3.html §4.2). Dates and times are texts; a timestamp is
 * compared in one spelling, `2026-01-31 23:59:59.5`, whichever of those that SQLite knows is stored.
 *
 * @module
 */
import type { AggregateFunction, Bound, Mask } from '../../query/index.js';
import { textOf } from '../compile-expression.js';
import { quoteIdentifier } from '../file-findings.js';
import { type Flavour, type Operand, type Place, scaleOfAverage, signs } from '../sql-flavour.js';

export type SqliteValue = string | number | bigint | Uint8Array | null;

/** Functions that the thread makes; see `data-functions.ts`. */
export const sqliteFunctions = {
  watch: 'in_time',
  hash: 'mask_hash',
  timestamp: 'as_timestamp',
  sum: 'exact_sum',
  average: 'exact_avg',
} as const;

export const sqliteFlavour: Flavour<SqliteValue> = {
  quote: quoteIdentifier,
  table: (schema, name) => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`,
  // The clock is looked at every thirty-second row or so: the look costs more than most rows.
  watch: `(random() & 31 OR ${sqliteFunctions.watch}())`,
  placeholder: (index) => `?${index}`,
  column: (sql, { type }) => (type === 'timestamp' ? `${sqliteFunctions.timestamp}(${sql})` : sql),
  operand: (bound, place) => place(bindingOf(bound)),
  replacement: (bound, _column, place) => place(bindingOf(bound)),
  assigned: (_column, bound, place) => place(bindingOf(bound)),
  masked,
  compare(left, operator, right, place) {
    const side = operator === 'eq' ? exact(left) : left.sql;
    return `${side} ${signs[operator]} ${place(bindingOf(right))}`;
  },
  among(left, values, place) {
    return `${exact(left)} IN (${values.map((value) => place(bindingOf(value))).join(', ')})`;
  },
  matches({ sql }, match, text, place) {
    // Every text has it; null has nothing.
    if (text === '') return `length(${sql}) >= 0`;
    if (match === 'contains') return `instr(${sql}, ${place(text)}) > 0`;
    const characters = BigInt([...text].length);
    if (match === 'starts') return `substr(${sql}, 1, ${characters}) = ${place(text)}`;
    return `substr(${sql}, -${characters}) = ${place(text)}`;
  },
  grouped: exact,
  ordersByGroup: false,
  aggregate,
  output: ({ sql }) => sql,
  order: (sql, direction) => `${sql} ${direction === 'asc' ? 'ASC' : 'DESC'} NULLS LAST`,
  page(limit, offset, place) {
    if (limit === null && offset === 0) return '';
    // There is no OFFSET without LIMIT; a negative one is none.
    const first = ` LIMIT ${limit === null ? '-1' : place(BigInt(limit))}`;
    return offset === 0 ? first : `${first} OFFSET ${place(BigInt(offset))}`;
  },
  write: {
    hasAlias: { insert: false, update: false, remove: false },
    hasReturning: { insert: true, update: true, remove: true },
    hasDefaultWord: false,
    emptyRow: 'DEFAULT VALUES',
    // https://sqlite.org/limits.html
    maxValues: 32_766,
    maxCharacters: 4_194_304,
  },
};

/** By bytes, whatever collation the column was declared with. */
function exact({ sql, type }: Operand): string {
  return type === 'text' ? `${sql} COLLATE BINARY` : sql;
}

const greatest = 2n ** 63n - 1n;

function bindingOf(bound: Bound): SqliteValue {
  if (bound.text === null) return null;
  const text = textOf(bound);
  switch (bound.type) {
    case 'boolean':
      return text === 'true' ? 1n : 0n;
    case 'int16':
    case 'int32':
    case 'int64':
      return BigInt(text);
    case 'decimal': {
      const isWhole = /^-?\d+$/.test(text);
      const whole = isWhole ? BigInt(text) : 0n;
      return isWhole && whole <= greatest && whole >= -greatest - 1n ? whole : Number(text);
    }
    case 'float32':
    case 'float64':
      return Number(text);
    case 'bytes':
      return new Uint8Array(Buffer.from(text, 'base64'));
    case 'timestamp':
      return text.replace('T', ' ');
    default:
      return text;
  }
}

function masked({ sql, type }: Operand, mask: Mask, place: Place<SqliteValue>): string {
  // Two digits of zero for every byte of nothing: as many stars as there are characters left.
  const stars = (keep: number) => `replace(hex(zeroblob(max(length(${sql}) - ${keep}, 0))), '00', '*')`;
  switch (mask.kind) {
    case 'keep_left':
      return `(substr(${sql}, 1, ${mask.keep}) || ${stars(mask.keep)})`;
    case 'keep_right':
      // Nothing of null is null.
      return `(${stars(mask.keep)} || ${mask.keep === 0 ? `substr(${sql}, 1, 0)` : `substr(${sql}, -${mask.keep})`})`;
    case 'hash':
      return `${sqliteFunctions.hash}(${place(mask.salt)}, ${sql})`;
    case 'null':
      return 'NULL';
    case 'truncate': {
      const date = { year: '%Y-01-01', month: '%Y-%m-01', day: '%Y-%m-%d' }[mask.unit];
      return `strftime('${date}${type === 'date' ? '' : ' 00:00:00'}', ${sql})`;
    }
  }
}

function aggregate(name: AggregateFunction, of: Operand | null): string {
  if (of === null) return 'count(*)';
  const { sql, type, nativeType } = of;
  const isFloat = type === 'float32' || type === 'float64';
  switch (name) {
    case 'count':
      return `count(${sql})`;
    case 'count_distinct':
      return `count(DISTINCT ${exact(of)})`;
    case 'sum':
      return type === 'decimal' ? `${sqliteFunctions.sum}(${sql})` : `sum(${sql})`;
    case 'avg':
      return isFloat ? `avg(${sql})` : `${sqliteFunctions.average}(${sql}, ${scaleOfAverage(nativeType)})`;
    case 'min':
    case 'max':
      return `${name}(${sql})`;
  }
}
