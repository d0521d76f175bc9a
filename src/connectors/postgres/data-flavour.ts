/**
 * PostgreSQL's side of the compiler. The session has `search_path` empty, its clock in UTC and `DateStyle` ISO; names of
 * types are those of `pg_catalog`, or qualified as the catalogue gave them.
 *
 * @module
 */
import type { AggregateFunction, Bound, CanonicalType, Column, Mask } from '../../query/index.js';
import { textOf } from '../compile-expression.js';
import { type Flavour, type Operand, type Place, scaleOfAverage, signs } from '../sql-flavour.js';
import { quoteIdentifier, quoteName } from './quote.js';

/** A value in its text; a list becomes an array. */
export type PostgresValue = string | null | readonly string[];

export interface PostgresFacts {
  /**
   * Some collation of the database calls different texts equal (`deterministic = false`): then equality is asked for
   * twice, by the collation, which has the index, and by bytes.
   */
  readonly hasLooseCollations: boolean;
}

export function createPostgresFlavour({ hasLooseCollations }: PostgresFacts): Flavour<PostgresValue> {
  const byBytes = (sql: string) => (hasLooseCollations ? `(${sql} COLLATE "C")` : sql);
  return {
    quote: quoteIdentifier,
    table: quoteName,
    placeholder: (index) => `$${index}`,
    column(sql, { nativeType }) {
      if (isMoney(nativeType)) return `${sql}::numeric`;
      // Its own operators are out of sight, and they call different texts equal.
      return /(?:^|\.)citext$/.test(nativeType) ? `${sql}::text` : sql;
    },
    operand,
    replacement,
    assigned,
    masked,
    compare(left, operator, right, place) {
      const sign = signs[operator];
      if (operator !== 'eq' || left.type !== 'text') return `${comparable(left)} ${sign} ${operand(right, place)}`;
      const value = `${place(textOf(right))}::text`;
      if (isPadded(left.nativeType)) return `${left.sql} = ${value}::bpchar AND ${left.sql}::text = ${value}`;
      if (hasLooseCollations) return `${left.sql} = ${value} AND ${byBytes(`${left.sql}::text`)} = ${value}`;
      return `${left.sql} = ${value}`;
    },
    among(left, values, place) {
      if (left.type === 'bytes') return `${left.sql} IN (${values.map((value) => operand(value, place)).join(', ')})`;
      const list = place(values.map(textOf));
      if (left.type !== 'text') {
        const [first] = values;
        return `${comparable(left)} = ANY(${list}${first === undefined ? '' : castOf(first, '[]')})`;
      }
      const texts = `${list}::text[]`;
      if (isPadded(left.nativeType)) {
        return `${left.sql} = ANY(${texts}::bpchar[]) AND ${left.sql}::text = ANY(${texts})`;
      }
      if (hasLooseCollations) {
        return `${left.sql} = ANY(${texts}) AND ${byBytes(`${left.sql}::text`)} = ANY(${texts})`;
      }
      return `${left.sql} = ANY(${texts})`;
    },
    matches(left, match, text, place) {
      const escaped = text.replace(/[\\%_]/g, '\\$&');
      const pattern = `${match === 'starts' ? '' : '%'}${escaped}${match === 'ends' ? '' : '%'}`;
      return `${byBytes(plainText(left))} LIKE ${place(pattern)}::text`;
    },
    grouped(operand) {
      if (operand.type === 'text') return byBytes(operand.sql);
      const hasNoEquality = textual.has(operand.type) && operand.nativeType !== 'jsonb';
      return hasNoEquality ? `${operand.sql}::text` : operand.sql;
    },
    ordersByGroup: true,
    aggregate: (name, of) => aggregate(name, of, byBytes),
    output(operand) {
      if (operand.type === 'boolean') return `${operand.sql}::text`;
      return operand.type === 'text' ? plainText(operand) : operand.sql;
    },
    order(sql, direction, isNullable) {
      if (direction === 'asc') return sql;
      return isNullable ? `${sql} DESC NULLS LAST` : `${sql} DESC`;
    },
    page(limit, offset, place) {
      const first = limit === null ? '' : ` LIMIT ${place(String(limit))}::int8`;
      return offset === 0 ? first : `${first} OFFSET ${place(String(offset))}::int8`;
    },
    write: {
      hasAlias: { insert: true, update: true, remove: true },
      hasReturning: { insert: true, update: true, remove: true },
      hasDefaultWord: true,
      emptyRow: 'DEFAULT VALUES',
      // The protocol counts them in 16 bits.
      maxValues: 65_535,
      maxCharacters: 4_194_304,
    },
  };
}

/** Types without an equality of their own. */
const textual = new Set<CanonicalType>(['json', 'xml', 'geometry']);

/** What the columns of a type are compared with. Integers of every width are, without losing their index, with the widest. */
const casts = new Map<CanonicalType, string>([
  ['boolean', 'bool'],
  ['int16', 'int8'],
  ['int32', 'int8'],
  ['int64', 'int8'],
  ['decimal', 'numeric'],
  ['float32', 'float4'],
  ['float64', 'float8'],
  ['text', 'text'],
  ['bit', 'varbit'],
  ['date', 'date'],
  ['time', 'time'],
  ['timestamp', 'timestamp'],
  ['timestamptz', 'timestamptz'],
  ['interval', 'interval'],
  ['uuid', 'uuid'],
  ['xml', 'text'],
]);

/** Types of the server that share a canonical type with others and do not compare with them. */
const ownCasts = new Map([
  ['oid', 'oid'],
  ['xid8', 'xid8'],
  ['jsonb', 'jsonb'],
  ['json', 'text'],
]);

function castOf({ type, nativeType }: Bound, suffix = ''): string {
  const own = ownCasts.get(nativeType ?? '');
  if (own !== undefined) return `::${own}${suffix}`;
  if (type === 'time' && nativeType?.endsWith('with time zone') === true) return `::timetz${suffix}`;
  const cast = casts.get(type) ?? safeName(nativeType);
  return cast === null ? '' : `::${cast}${suffix}`;
}

const identifier = '(?:[a-z_][a-z0-9_$]*|"(?:[^"]|"")+")';
const typeName = new RegExp(`^(?:[a-z]+(?: [a-z]+)+|${identifier}(?:\\.${identifier})?)(?:\\[\\])*$`, 'u');

/** The catalogue's name of a type without its modifier, which would cut a value down; `null` for what is no name. */
function safeName(nativeType: string | null): string | null {
  const name = nativeType?.replace(/\(\d+(?:,\s?-?\d+)?\)/, '') ?? '';
  return typeName.test(name) ? name : null;
}

function operand(bound: Bound, place: Place<PostgresValue>): string {
  const value = place(bound.text);
  return bound.type === 'bytes' ? `decode(${value}, 'base64')` : `${value}${castOf(bound)}`;
}

/** The branch that is never taken lends its type and its collation. */
function replacement(bound: Bound, { sql, nativeType }: Operand, place: Place<PostgresValue>): string {
  const rounds = nativeType !== null && /^(?:numeric|time|timestamp|interval)\b[a-z ]*\(/.test(nativeType);
  const value = rounds && bound.text !== null ? roundedTo(nativeType, place(bound.text)) : operand(bound, place);
  return `(CASE WHEN false THEN ${sql} ELSE ${isPadded(nativeType) ? `${value}::bpchar` : value} END)`;
}

/** By the type's own modifier, which the catalogue writes in digits: `numeric(10,2)`, `timestamp(3) with time zone`. */
function roundedTo(nativeType: string, value: string): string {
  const isModifier = /^[a-z]+(?: [a-z]+)*\(\d+(?:,\s?-?\d+)?\)(?: [a-z]+)*$/.test(nativeType);
  return isModifier ? `${value}::${nativeType}` : value;
}

/** Without a cast the place has the type of the column it is for. */
function assigned({ nativeType }: Column, bound: Bound, place: Place<PostgresValue>): string {
  const value = place(bound.text);
  if (bound.type === 'bytes') return `decode(${value}, 'base64')`;
  return isMoney(nativeType) ? `${value}::numeric::money` : value;
}

/** `json` and `xml` compare as texts. */
function comparable({ sql, type, nativeType }: Operand): string {
  return type === 'xml' || nativeType === 'json' ? `${sql}::text` : sql;
}

/** CHAR(n): the spaces it is filled up with are no part of the value. */
function isPadded(nativeType: string | null): boolean {
  return nativeType !== null && /^(?:character|bpchar)(?:\(|$)/.test(nativeType);
}

function isMoney(nativeType: string): boolean {
  return nativeType === 'money';
}

/** As `text`: domains, `name`, `"char"` and CHAR(n) are, after a cast. */
function plainText({ sql, nativeType }: Operand): string {
  const isPlain = nativeType === null || /^(?:text$|character varying)/.test(nativeType);
  return isPlain ? sql : `${sql}::text`;
}

function masked(column: Operand, mask: Mask, place: Place<PostgresValue>): string {
  const { sql, type } = column;
  switch (mask.kind) {
    case 'keep_left': {
      const text = plainText(column);
      return `(left(${text}, ${mask.keep}) || repeat('*', greatest(char_length(${text}) - ${mask.keep}, 0)))`;
    }
    case 'keep_right': {
      const text = plainText(column);
      return `(repeat('*', greatest(char_length(${text}) - ${mask.keep}, 0)) || right(${text}, ${mask.keep}))`;
    }
    case 'hash': {
      const text = plainText(column);
      const digest = `left(encode(sha256(convert_to(${place(mask.salt)}::text || ${text}, 'UTF8')), 'hex'), 32)`;
      // The branch that is never taken lends its collation.
      return `(CASE WHEN false THEN ${text} ELSE ${digest} END)`;
    }
    case 'null':
      // A null of the column's type.
      return `(CASE WHEN false THEN ${sql} END)`;
    case 'truncate':
      if (type === 'date') return `date_trunc('${mask.unit}', ${sql}::timestamp)::date`;
      return type === 'timestamptz'
        ? `(date_trunc('${mask.unit}', ${sql} AT TIME ZONE 'UTC') AT TIME ZONE 'UTC')`
        : `date_trunc('${mask.unit}', ${sql})`;
  }
}

function aggregate(name: AggregateFunction, of: Operand | null, byBytes: (sql: string) => string): string {
  if (of === null) return 'count(*)';
  const { sql, type, nativeType } = of;
  const isFloat = type === 'float32' || type === 'float64';
  switch (name) {
    case 'count':
      return `count(${sql})`;
    case 'count_distinct': {
      const isText = textual.has(type) && nativeType !== 'jsonb';
      return `count(DISTINCT ${type === 'text' ? byBytes(sql) : isText ? `${sql}::text` : sql})`;
    }
    case 'sum':
      return isFloat ? `sum(${sql}::float8)` : `sum(${sql})`;
    case 'avg':
      return isFloat ? `avg(${sql}::float8)` : `round(avg(${sql}), ${scaleOfAverage(nativeType)})`;
    case 'min':
    case 'max':
      if (type === 'boolean') return `${name === 'min' ? 'bool_and' : 'bool_or'}(${sql})`;
      return type === 'uuid' ? `${name}(${sql}::text)` : `${name}(${sql})`;
  }
}
