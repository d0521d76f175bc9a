/**
 * The filters of the atlan family (api-families.md §0.3): which `database.schema` is in and out, and which table names
 * are temporary. Expressions are a stranger's: they are compiled in the linear-time syntax of RE2, and small.
 *
 * @module
 */
import { RE2JS } from 're2js';
import type { ErrorDetails } from '../../kernel/errors.js';
import { sourcesErrors } from '../errors.js';
import type { SchemaFilter } from '../use-cases.js';

/** One database of a filter. */
export interface FilterEntry {
  /** Without its `^` and `$`. */
  readonly database: string;
  /** Without theirs; `null`: every schema. */
  readonly schemas: readonly string[] | null;
}

export interface CompiledFilter {
  readonly include: readonly FilterEntry[];
  /** Whether the tables of a schema count. */
  takesSchema(catalog: string, schema: string): boolean;
  isTemporary(table: string): boolean;
}

type Matcher = (text: string) => boolean;
type FilterField = keyof SchemaFilter;

const maxJsonCharacters = 1_000_000;
const maxEntries = 1_000;
const maxPatternCharacters = 1_000;
/** Instructions of one compiled expression, and of all of a filter; a counted repetition is written out. */
const maxProgram = 2_000;
const maxPrograms = 6_000;
/** Characters an expression may become when its repetitions are written out. */
const maxWrittenOut = 40_000;
/** Names are cut for matching: identifiers of servers are shorter, and time grows with them. */
const maxNameCharacters = 128;

/** @throws `sources.filter_invalid` with details.field and details.fix. */
export function compileFilter({ include, exclude, temporaryTables }: SchemaFilter): CompiledFilter {
  const budget = { left: maxPrograms };
  const included = readEntries('include', include);
  const excluded = readEntries('exclude', exclude);
  const isIn = anyOf(compileEntries('include', included, budget));
  const isOut = anyOf(compileEntries('exclude', excluded, budget));
  const isTemporary = compileTemporary(temporaryTables, budget);
  return {
    include: included,
    takesSchema(catalog, schema) {
      const name = `${cut(catalog)}.${cut(schema)}`;
      return (included.length === 0 || isIn(name)) && !isOut(name);
    },
    isTemporary: (table) => isTemporary(cut(table)),
  };
}

function cut(name: string): string {
  return name.slice(0, maxNameCharacters);
}

function anyOf(matchers: readonly Matcher[]): Matcher {
  return (text) => matchers.some((matches) => matches(text));
}

function readEntries(field: FilterField, raw: unknown): FilterEntry[] {
  const decoded = decode(field, raw);
  if (decoded === null) return [];
  const entries: FilterEntry[] = [];
  let count = 0;
  for (const [key, value] of Object.entries(decoded)) {
    count += 1 + (Array.isArray(value) ? value.length : 0);
    if (count > maxEntries) throw invalid(field, { limit: maxEntries, fix: 'Name fewer databases and schemas.' });
    const schemas = value === '*' || value === null ? [] : value;
    if (!Array.isArray(schemas) || !schemas.every((one): one is string => typeof one === 'string')) {
      throw invalid(field, { fix: 'Give each database a list of schemas, or "*".' });
    }
    for (const one of [key, ...schemas]) {
      if (one.length <= maxPatternCharacters) continue;
      throw invalid(field, { limit: maxPatternCharacters, fix: 'Use shorter expressions.' });
    }
    entries.push({ database: bare(key), schemas: schemas.length === 0 ? null : schemas.map(bare) });
  }
  return entries;
}

function decode(field: FilterField, raw: unknown): object | null {
  if (raw === undefined || raw === null || raw === '') return null;
  const fix = 'Send a JSON object from databases to lists of schemas, or the text of one.';
  let value = raw;
  if (typeof raw === 'string') {
    if (raw.length > maxJsonCharacters) throw invalid(field, { limit: maxJsonCharacters, fix });
    try {
      value = JSON.parse(raw);
    } catch (cause) {
      throw invalid(field, { fix }, cause);
    }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(field, { fix });
  return value;
}

/** Anchors are stripped as characters, from both ends, as the family does. */
function bare(name: string): string {
  return name.replace(/^[\^$]+/, '').replace(/[\^$]+$/, '');
}

/**
 * An expression for each schema, looked for anywhere in `catalog.schema` and ending with it: `db\.schema$`; for a
 * whole database `db\.*`.
 */
function compileEntries(field: FilterField, entries: readonly FilterEntry[], budget: { left: number }): Matcher[] {
  return entries.flatMap(({ database, schemas }) => {
    if (schemas === null) {
      return isLiteral(database)
        ? [(text: string) => text.includes(database)]
        : [compile(field, `${database}\\.*`, budget)];
    }
    return schemas.map((schema) => {
      const literal = `${database}.${schema}`;
      if (isLiteral(database) && isLiteral(schema)) return (text: string) => text.endsWith(literal);
      return compile(field, `${database}\\.${schema}$`, budget);
    });
  });
}

/** Means itself; most names do, and then there is nothing to compile. */
function isLiteral(text: string): boolean {
  return /^[\p{L}\p{N}_\- ]*$/u.test(text);
}

function compileTemporary(raw: unknown, budget: { left: number }): Matcher {
  if (raw === undefined || raw === null || raw === '') return () => false;
  const field = 'temporaryTables';
  if (typeof raw !== 'string') throw invalid(field, { fix: 'Send the expression as a text.' });
  if (raw.length > maxPatternCharacters) {
    throw invalid(field, { limit: maxPatternCharacters, fix: 'Use a shorter expression.' });
  }
  return compile(field, raw, budget);
}

function compile(field: FilterField, pattern: string, budget: { left: number }): Matcher {
  const fix = 'Use the syntax of RE2: no look-around, no back references, small repetitions.';
  // Before it is compiled, because that is what takes the time.
  if (pattern.length * writtenOut(pattern) > maxWrittenOut) throw invalid(field, { fix });
  let expression: RE2JS;
  try {
    expression = RE2JS.compile(pattern);
  } catch (cause) {
    throw invalid(field, { fix }, cause);
  }
  const size = expression.programSize();
  budget.left -= size;
  if (size > maxProgram || budget.left < 0) throw invalid(field, { fix });
  return (text) => expression.matcher(text).find();
}

/** At most so many times as long as it is written does a pattern become: the sum of its counts. */
function writtenOut(pattern: string): number {
  let sum = 1;
  for (const [, from, to] of pattern.matchAll(/\{(\d{1,4})(?:,(\d{0,4}))?\}/g)) sum += Number(to || from);
  return sum;
}

function invalid(field: FilterField, details: Omit<ErrorDetails, 'field'>, cause?: unknown) {
  return sourcesErrors.filter_invalid({ details: { field, ...details }, ...(cause === undefined ? {} : { cause }) });
}
