/**
 * The key of a row as a part of a path: `7`, `7,EUR`, or a JSON array where a value has a comma in it, begins with `[`,
 * or is `count` or `describe`. Values become what JSON would have said for a column of that type.
 *
 * @module
 */
import type { DatasetView } from '../../data/index.js';
import { dataErrors } from '../../data/index.js';
import type { CanonicalType, Filter } from '../../query/index.js';
import type { DataRow } from '../../sources/index.js';
import { invalid, parseJsonParameter } from './data-words.js';

export interface RowKey {
  readonly columns: readonly { readonly name: string; readonly type: CanonicalType }[];
  readonly values: readonly unknown[];
}

/** Words that stand where a key would. */
const takenWords: ReadonlySet<string> = new Set(['count', 'describe']);

/**
 * @param segment  Decoded.
 * @throws `data.key_missing` the dataset has no key · `http.field_invalid` details.field `key`.
 */
export function readKey(view: DatasetView, segment: string): RowKey {
  const columns = keyColumns(view);
  if (columns === null) throw dataErrors.key_missing();
  if (segment.startsWith('[')) {
    const values = parseJsonParameter('key', segment);
    if (!Array.isArray(values) || !values.every(isScalar)) throw invalid('key', 'Send a JSON array of plain values.');
    return sized({ columns, values });
  }
  const texts = columns.length === 1 ? [segment] : segment.split(',');
  return sized({ columns, values: texts.map((text, at) => jsonValueOf(columns[at]?.type ?? 'text', text)) });
}

/** Columns of the primary key in their order; `null` where there is none. */
export function keyColumns({ primaryKey, columns }: DatasetView): RowKey['columns'] | null {
  const found = primaryKey.map((name) => columns.find((column) => column.name === name));
  const known = found.filter((column) => column !== undefined);
  return known.length === 0 || known.length < found.length ? null : known;
}

/** Rows of that key: at most one. */
export function keyFilter({ columns, values }: RowKey): Filter {
  const filters = columns.map(
    ({ name }, at): Filter => ({ kind: 'compare', column: name, operator: 'eq', value: values[at] }),
  );
  return filters.length === 1 && filters[0] !== undefined ? filters[0] : { kind: 'and', filters };
}

/**
 * The key of a row as it stands in a path.
 *
 * @returns `null` when the row has not all of it.
 */
export function writeKey(view: DatasetView, output: readonly { readonly name: string }[], row: DataRow): string | null {
  const columns = keyColumns(view);
  if (columns === null) return null;
  const values: string[] = [];
  for (const { name } of columns) {
    const value = row[output.findIndex((one) => one.name === name)];
    if (value === undefined || value === null) return null;
    values.push(value);
  }
  const isPlain = values.every((value) => value !== '' && !value.includes(',') && !value.startsWith('['));
  const isTaken = values.length === 1 && takenWords.has(values[0] ?? '');
  // Dots alone are places of a folder to a client that tidies URLs up (RFC 3986 §5.2.4).
  const isDots = values.length === 1 && /^\.{1,2}$/.test(values[0] ?? '');
  if (isPlain && !isTaken && !isDots) return values.map(encodeURIComponent).join(',');
  const json = values.map((value, at) => jsonValueOf(columns[at]?.type ?? 'text', value));
  return encodeURIComponent(JSON.stringify(json));
}

const integer = /^-?(?:0|[1-9][0-9]*)$/;

/** What JSON would say for a canonical text of that type; what is no such text stays a text, and is judged as one. */
export function jsonValueOf(type: CanonicalType, text: string): unknown {
  switch (type) {
    case 'int16':
    case 'int32':
    case 'int64':
      return integer.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : text;
    case 'float32':
    case 'float64':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    default:
      return text;
  }
}

function sized(key: RowKey): RowKey {
  if (key.values.length === key.columns.length) return key;
  const fix = `Send ${key.columns.length} values in the order of the key, with commas between.`;
  throw invalid('key', fix);
}

function isScalar(value: unknown): boolean {
  return value !== null && typeof value !== 'object';
}
