/**
 * The key of a row as a part of a path: `7`, `7,EUR`, or a JSON array where a value has a comma in it, begins with `[`,
 * or is `count` or `describe`. Numbers and booleans may be texts wherever a value is compared, so parts of a path are taken
 * as they are.
 *
 * @module
 */
import { type DatasetView, dataErrors } from '../../data/index.js';
import type { Filter } from '../../query/index.js';
import type { DataRow } from '../../sources/index.js';
import { httpErrors } from '../errors.js';
import { invalid, parseJsonParameter } from './data-words.js';

export interface RowKey {
  /** Names. */
  readonly columns: readonly string[];
  readonly values: readonly unknown[];
}

/** Words that stand where a key would. */
const takenWords: ReadonlySet<string> = new Set(['count', 'describe']);

/**
 * @param segment  Decoded.
 * @throws `http.not_found` for no segment at all · `data.key_missing` the dataset has no key · `http.field_invalid` details.field `key`.
 */
export function readKey(view: DatasetView, segment: string): RowKey {
  if (segment === '') throw httpErrors.not_found();
  const columns = keyColumns(view);
  if (columns === null) throw dataErrors.key_missing();
  if (segment.startsWith('[')) {
    const values = parseJsonParameter('key', segment);
    if (!Array.isArray(values) || !values.every(isScalar)) throw invalid('key', 'Send a JSON array of plain values.');
    return sized({ columns, values });
  }
  return sized({ columns, values: columns.length === 1 ? [segment] : segment.split(',') });
}

/** Columns of the primary key in their order; `null` where there is none, or some of it is hidden or masked. */
export function keyColumns({ primaryKey, columns }: DatasetView): RowKey['columns'] | null {
  const isPlain = (name: string) => columns.some((one) => one.name === name && one.isReadable && !one.isMasked);
  return primaryKey.length > 0 && primaryKey.every(isPlain) ? primaryKey : null;
}

/** Rows of that key: at most one. */
export function keyFilter({ columns, values }: RowKey): Filter {
  const filters = columns.map((column, at): Filter => ({ kind: 'compare', column, operator: 'eq', value: values[at] }));
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
  for (const column of columns) {
    const value = row[output.findIndex(({ name }) => name === column)];
    if (value === undefined || value === null) return null;
    values.push(value);
  }
  const isPlain = values.every((value) => value !== '' && !value.includes(',') && !value.startsWith('['));
  const isTaken = values.length === 1 && takenWords.has(values[0] ?? '');
  // Dots alone are places of a folder to a client that tidies URLs up (RFC 3986 §5.2.4).
  const isDots = values.length === 1 && /^\.{1,2}$/.test(values[0] ?? '');
  if (isPlain && !isTaken && !isDots) return values.map(encodeURIComponent).join(',');
  return encodeURIComponent(JSON.stringify(values));
}

function sized(key: RowKey): RowKey {
  if (key.values.length === key.columns.length) return key;
  const fix = `Send ${key.columns.length} values in the order of the key, with commas between.`;
  throw invalid('key', fix);
}

function isScalar(value: unknown): boolean {
  return value !== null && typeof value !== 'object';
}
