/**
 * A page of rows that SQLite itself writes as JSON: one text instead of thousands of values, each of which would have to
 * be carried over and looked at. Only what is surely the same text that our own writer makes is left to it: a row with
 * anything else in it is told as none, and whoever asked reads the page row by row instead.
 *
 * @module
 */

import type { ScopedSelect } from '../../access/index.js';
import type { Expression, JsonForm, OutputColumn } from '../../query/index.js';
import { compileRowsAs } from '../compile-query.js';
import { sqliteFlavour } from './data-flavour.js';
import type { JsonSelect } from './json-page.js';

/** Of `json-page.ts`. */
const separatorSql = 'char(30)';
/** Pages of more rows are read in batches. */
const maxRows = 1_001;
/** 2⁵³ − 1. */
const lastSafeInteger = '9007199254740991';

const compiled = new WeakMap<ScopedSelect, Map<string, JsonSelect | null>>();
/** Forms of one query that are remembered. */
const maxForms = 8;

/** As it was made before, where it was. @returns `null` where some of it is nothing for SQLite. */
export function jsonSelectOf(query: ScopedSelect, form: JsonForm): JsonSelect | null {
  const forms = compiled.get(query) ?? new Map<string, JsonSelect | null>();
  const key = JSON.stringify(form);
  const known = forms.get(key);
  if (known !== undefined) return known;
  const made = compileJsonSelect(query, form);
  if (forms.size < maxForms) compiled.set(query, forms.set(key, made));
  return made;
}

function compileJsonSelect(query: ScopedSelect, form: JsonForm): JsonSelect | null {
  const isPage = query.limit !== null && query.limit <= maxRows && (form.limit ?? maxRows) >= query.limit - 1;
  const isTable = query.origin.kind === 'table' && !query.origin.isView;
  // A page of no rows has nothing that could be cut off.
  if (!isPage || !isTable || form.numbers !== 'exact' || form.members.length === 0 || form.limit === 0) return null;
  const constants = (form.constants ?? []).map(([name, json]) => constantOf(name, json));
  if (constants.includes(null)) return null;
  const keyed = form.limit === null ? [] : keysOf(query);
  const names = [...form.members, ...(form.constants ?? []).map(([name]) => name)];
  // What every row says anyway is read from the one row it is wanted of.
  const isKeyShown = keyed.every((at) => at < form.members.length) && new Set(names).size === names.length;
  const apart = isKeyShown ? [] : keyed;
  const columns = query.output.map(columnOf);
  const needed = columns.map((column, at) => (at < form.members.length || keyed.includes(at) ? column : noColumn));
  if (needed.some((column) => column === null)) return null;
  const rows = compileRowsAs(sqliteFlavour, query, (output, of) => {
    const written = needed.map((column, at) => column?.write(output[at] ?? '') ?? '');
    const guards = needed.flatMap((column, at) => column?.guard?.(output[at] ?? '') ?? []);
    const texts = query.output.flatMap(({ expression }, at) => {
      if (needed[at]?.isAnyText !== true) return [];
      // What a mask leaves of a text has no zero where the text has none, and need not be made twice.
      const isPart = expression.kind === 'masked' && expression.column.type === 'text';
      return isPart ? of({ kind: 'column', column: expression.column }) : (output[at] ?? '');
    });
    // The engine takes a text with a zero in it for one that ends there.
    if (texts.length > 0) guards.push(`instr(concat(${texts.join(', ')}), char(0)) = 0`);
    const members = form.members.map((name, at) => `${quoted(name)}, ${written[at]}`);
    const row = `json_object(${[...members, ...constants].join(', ')})`;
    const key = apart.length === 0 ? 'NULL' : `json_array(${apart.map((at) => written[at]).join(', ')})`;
    return `${guards.length === 0 ? row : `CASE WHEN ${guards.join(' AND ')} THEN ${row} END`} AS r, ${key} AS k`;
  });
  if (rows === null) return null;
  const between = form.limit !== null ? separatorSql : form.isLines ? 'char(10)' : "','";
  const aggregates = `count(*), count(r), group_concat(r, ${between})`;
  const keys = apart.length === 0 ? 'NULL' : `group_concat(k, ${separatorSql})`;
  return {
    sql: `SELECT ${aggregates}, ${keys} FROM (${rows.sql})`,
    values: rows.values,
    ...{ keyed, isKeyShown, width: query.output.length, form },
  };
}

/** A member that is a text; `null` for another. */
function constantOf(name: string, json: string): string | null {
  const value: unknown = JSON.parse(json);
  const isText = typeof value === 'string' && !value.includes('\0') && JSON.stringify(value) === json;
  return isText ? `${quoted(name)}, ${quoted(value)}` : null;
}

/** What the rows are ordered by, where it is in the output. */
function keysOf({ output, orderBy }: ScopedSelect): readonly number[] {
  const places = new Map(output.map(({ expression }, at) => [JSON.stringify(expression), at]));
  return orderBy.flatMap(({ expression }) => places.get(JSON.stringify(expression)) ?? []);
}

interface JsonColumn {
  /** A value of which `json_object` makes the same text as our writer, where the guard holds. */
  write(sql: string): string;
  guard?(sql: string): string;
  /** Any text may stand in it. */
  readonly isAnyText?: true;
}

const noColumn: JsonColumn = { write: () => 'NULL' };

function columnOf({ expression, type }: OutputColumn): JsonColumn | null {
  // Functions of ours are asked once for each value, and no more.
  if (expression.kind === 'bound' || expression.kind === 'aggregate' || hasHash(expression)) {
    return expression.kind === 'masked' ? plain : null;
  }
  switch (type) {
    case 'text':
      // By its affinity it holds no numbers, and bytes are nothing for JSON.
      return text;
    case 'int64':
      return integer;
    case 'float64':
      return number("= 'real'");
    case 'decimal':
      return scaleOf(expression) === 0 ? number("IN ('integer', 'real')") : null;
    case 'date':
      return day;
    default:
      return null;
  }
}

const plain: JsonColumn = { write: (sql) => sql };
const text: JsonColumn = { write: (sql) => sql, isAnyText: true };

const integer: JsonColumn = {
  write: (sql) => sql,
  guard: (sql) =>
    `(${sql} IS NULL OR (typeof(${sql}) = 'integer' AND ${sql} BETWEEN -${lastSafeInteger} AND ${lastSafeInteger}))`,
};

/**
 * Numbers that are hundredths: the quotient is the one double that is next to them, so no shorter digits than theirs
 * name it, and these are fewer than fifteen. Whole ones are written without a point.
 */
function number(isOfType: string): JsonColumn {
  return {
    write: (sql) => `CASE WHEN ${sql} = CAST(${sql} AS INTEGER) THEN CAST(${sql} AS INTEGER) ELSE ${sql} END`,
    guard: (sql) =>
      `(${sql} IS NULL OR (typeof(${sql}) ${isOfType} AND abs(${sql}) < 1e12 AND round(${sql} * 100) / 100.0 = ${sql}))`,
  };
}

/** A day alone is told as it is. */
const day: JsonColumn = {
  write: (sql) => sql,
  guard: (sql) => `(${sql} IS NULL OR (typeof(${sql}) = 'text' AND length(${sql}) = 10))`,
  isAnyText: true,
};

function hasHash(expression: Expression): boolean {
  if (expression.kind === 'masked') return expression.mask.kind === 'hash';
  return expression.kind === 'cases' && expression.cases.some(({ then }) => hasHash(then));
}

function scaleOf(expression: Expression): number {
  if (expression.kind === 'cases') return Math.max(0, ...expression.cases.map(({ then }) => scaleOf(then)));
  if (expression.kind !== 'column' && expression.kind !== 'masked') return 0;
  return Number(/\(\d+,\s?(\d+)\)/.exec(expression.column.nativeType)?.[1] ?? 0);
}

function quoted(name: string): string {
  return `'${name.replaceAll("'", "''")}'`;
}
