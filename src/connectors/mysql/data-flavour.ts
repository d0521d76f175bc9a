/**
 * MySQL's and MariaDB's side of the compiler. The session has its clock in UTC, `sql_mode` strict and its texts in
 * UTF-8; texts are compared by a collation that takes different ones for equal, so equality is asked for twice: by the
 * collation, which has the index, and by bytes.
 *
 * @module
 */
import type { AggregateFunction, Bound, CanonicalType, Mask } from '../../query/index.js';
import { textOf } from '../compile-expression.js';
import { type Flavour, type Operand, scaleOfAverage, signs } from '../sql-flavour.js';
import { assignedLiteral, exactLiteral, literal, textLiteral } from './data-literals.js';
import { quoteName } from './quote.js';

export interface MysqlFacts {
  /** MariaDB 10.5 and later. */
  readonly hasInsertReturning: boolean;
  /** MariaDB. */
  readonly hasDeleteReturning: boolean;
  /**
   * Columns are converted to Unicode before they are compared with texts, which costs the index: for columns of other
   * character sets and texts these do not have, which the server otherwise refuses to compare (error 1267).
   */
  readonly isConverting?: boolean;
}

export function createMysqlFlavour(facts: MysqlFacts): Flavour<never> {
  const { hasInsertReturning, hasDeleteReturning, isConverting = false } = facts;
  const comparable = ({ sql, type }: Operand) =>
    isConverting && textual.has(type) ? `CONVERT(${sql} USING utf8mb4)` : sql;
  return {
    quote: quoteName,
    table: (schema, name) => `${quoteName(schema)}.${quoteName(name)}`,
    placeholder: () => {
      throw new TypeError('values are written into the text');
    },
    column(sql, { type, nativeType }) {
      // What is not zero is true.
      if (type === 'boolean') return `(${sql} <> 0)`;
      return /zerofill/i.test(nativeType) ? `(${sql} + 0)` : sql;
    },
    operand: literal,
    replacement: (bound, column) => replacement(bound, { ...column, sql: comparable(column) }),
    assigned: assignedLiteral,
    masked,
    compare(left, operator, right) {
      const value = literal(right);
      if (operator !== 'eq' || !textual.has(left.type)) return `${comparable(left)} ${signs[operator]} ${value}`;
      const exact = `${inBytes(left.sql)} = ${exactLiteral(textOf(right))}`;
      return isColumn(left) && !isConverting ? `${left.sql} = ${value} AND ${exact}` : exact;
    },
    among(left, values) {
      const list = values.map(literal).join(', ');
      if (!textual.has(left.type)) return `${left.sql} IN (${list})`;
      const exact = `${inBytes(left.sql)} IN (${values.map((value) => exactLiteral(textOf(value))).join(', ')})`;
      return isColumn(left) && !isConverting ? `${left.sql} IN (${list}) AND ${exact}` : exact;
    },
    matches(left, match, text) {
      const bytes = inBytes(left.sql);
      const sought = exactLiteral(text);
      const length = Buffer.byteLength(text, 'utf8');
      if (match === 'contains') return `INSTR(${bytes}, ${sought}) > 0`;
      if (match === 'ends') return `RIGHT(${bytes}, ${length}) = ${sought}`;
      const exact = `LEFT(${bytes}, ${length}) = ${sought}`;
      if (!isColumn(left) || isConverting) return exact;
      return `${left.sql} LIKE ${textLiteral(`${text.replace(/[\\%_]/g, '\\$&')}%`)} AND ${exact}`;
    },
    grouped: ({ sql, type }) => (textual.has(type) ? inBytes(sql) : sql),
    ordersByGroup: false,
    aggregate,
    output,
    order(sql, direction, isNullable) {
      const term = direction === 'asc' ? sql : `${sql} DESC`;
      return isNullable ? `${sql} IS NULL, ${term}` : term;
    },
    page(limit, offset) {
      if (limit === null && offset === 0) return '';
      // There is no offset without a limit; this is the most there is.
      const first = ` LIMIT ${limit === null ? '18446744073709551615' : String(limit)}`;
      return offset === 0 ? first : `${first} OFFSET ${String(offset)}`;
    },
    write: {
      hasAlias: { insert: false, update: false, remove: false },
      hasReturning: { insert: hasInsertReturning, update: false, remove: hasDeleteReturning },
      hasDefaultWord: true,
      emptyRow: '() VALUES ()',
      maxValues: 100_000,
      maxCharacters: 524_288,
    },
  };
}

/** Types that compare by a collation. */
const textual = new Set<CanonicalType>(['text', 'enum', 'set']);

function inBytes(sql: string): string {
  return `CAST(CONVERT(${sql} USING utf8mb4) AS BINARY)`;
}

/** Whether an index may know it; two values that are no column's have no collation in common. */
function isColumn({ nativeType, sql }: Operand): boolean {
  return nativeType !== null && !sql.startsWith('(CASE');
}

/** The branch that is never taken lends its type and its collation. */
function replacement(bound: Bound, { sql, type, nativeType }: Operand): string {
  if (bound.text === null) return 'NULL';
  const [, modifier] = /^(?:decimal|datetime|timestamp|time)(\(\d+(?:,\d+)?\))/.exec(nativeType ?? '') ?? [];
  if (type === 'decimal' && modifier !== undefined) return `CAST(${literal(bound)} AS DECIMAL${modifier})`;
  if (type === 'time') return `CAST(${literal(bound)} AS TIME${modifier ?? ''})`;
  if (type === 'timestamp' || type === 'timestamptz') return `CAST(${literal(bound)} AS DATETIME${modifier ?? ''})`;
  if (!textual.has(type)) return literal(bound);
  // CHAR(n) gives its texts back without the spaces at their end.
  const text = /^char\b/i.test(nativeType ?? '') ? bound.text.replace(/ +$/, '') : bound.text;
  return `(CASE WHEN FALSE THEN ${sql} ELSE ${textLiteral(text)} END)`;
}

function output({ sql, type, nativeType }: Operand): string {
  switch (type) {
    case 'bytes':
      return `HEX(${sql})`;
    case 'float32':
      // As a single it would be cut to six digits.
      return `(${sql} + 0e0)`;
    case 'bit': {
      const width = /^bit\((\d+)\)/i.exec(nativeType ?? '')?.[1] ?? '1';
      return `LPAD(BIN(${sql} + 0), ${width}, '0')`;
    }
    case 'geometry':
      return `ST_AsText(${sql})`;
    default:
      return sql;
  }
}

function masked({ sql, type }: Operand, mask: Mask): string {
  switch (mask.kind) {
    case 'keep_left':
      return `CONCAT(LEFT(${sql}, ${mask.keep}), REPEAT('*', GREATEST(CHAR_LENGTH(${sql}) - ${mask.keep}, 0)))`;
    case 'keep_right':
      return `CONCAT(REPEAT('*', GREATEST(CHAR_LENGTH(${sql}) - ${mask.keep}, 0)), RIGHT(${sql}, ${mask.keep}))`;
    case 'hash':
      // The branch that is never taken lends its collation.
      return `(CASE WHEN FALSE THEN ${sql} ELSE LEFT(SHA2(CONCAT(${exactLiteral(mask.salt)}, ${inBytes(sql)}), 256), 32) END)`;
    case 'null':
      // A null of the column's type.
      return `(CASE WHEN FALSE THEN ${sql} END)`;
    case 'truncate': {
      const day = `DATE_FORMAT(${sql}, '${dayForms[mask.unit]}')`;
      return type === 'date' ? `CAST(${day} AS DATE)` : `CAST(${day} AS DATETIME)`;
    }
  }
}

const dayForms = { year: '%Y-01-01', month: '%Y-%m-01', day: '%Y-%m-%d' } as const;

function aggregate(name: AggregateFunction, of: Operand | null): string {
  if (of === null) return 'COUNT(*)';
  const { sql, type, nativeType } = of;
  switch (name) {
    case 'count':
      return `COUNT(${sql})`;
    case 'count_distinct':
      return `COUNT(DISTINCT ${textual.has(type) ? inBytes(sql) : sql})`;
    case 'avg':
      return type === 'float32' || type === 'float64'
        ? `AVG(${sql})`
        : `ROUND(AVG(${sql}), ${scaleOfAverage(nativeType)})`;
    default:
      return `${name.toUpperCase()}(${sql})`;
  }
}
