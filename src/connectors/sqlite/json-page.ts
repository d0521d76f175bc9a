/**
 * What comes of a page that SQLite wrote as JSON: see `json-select.ts`. Runs in the worker thread, and loads nothing there.
 *
 * @module
 */
import type { CanonicalRow, JsonForm } from '../../query/index.js';
import type { Compiled } from '../sql-flavour.js';
import type { SqliteValue } from './data-flavour.js';

export interface JsonSelect extends Compiled<SqliteValue> {
  /** Of the output, which the key of a row is made of, in this order. */
  readonly keyed: readonly number[];
  /** Whether they stand in each row, and are not told apart. */
  readonly isKeyShown: boolean;
  readonly width: number;
  readonly form: JsonForm;
}

/** Stands between rows: no JSON has it, because strings escape it. */
const separator = '\u001e';

/** @returns `null` when a row is told as none, or there are more than there can be. */
export function readJsonSelect(
  page: Omit<JsonSelect, 'sql' | 'values'>,
  answer: readonly unknown[],
): { readonly text: string; readonly rows: number; readonly turning: CanonicalRow | null } | null {
  const { form } = page;
  const [counted, told, joined, keys] = answer;
  const rows = Number(counted);
  const limit = form.limit ?? Number.POSITIVE_INFINITY;
  if (counted !== told || rows > limit + 1) return null;
  if (rows === 0) return { text: '', rows, turning: null };
  const ended = form.isLines ? '\n' : '';
  if (form.limit === null) return { text: `${joined}${ended}`, rows, turning: null };
  const all = String(joined);
  const within = rows > limit ? all.slice(0, all.lastIndexOf(separator)) : all;
  const text = within.replaceAll(separator, form.isLines ? '\n' : ',');
  const turning = rows > limit ? turningOf(page, within, String(keys)) : null;
  return { text: `${text}${ended}`, rows, turning };
}

function turningOf({ form, keyed, isKeyShown, width }: Omit<JsonSelect, 'sql' | 'values'>, rows: string, keys: string) {
  const told: unknown = JSON.parse(
    isKeyShown ? rows.slice(rows.lastIndexOf(separator) + 1) : (keys.split(separator).at(-2) ?? '[]'),
  );
  const values = new Map(Object.entries(told ?? {}));
  const row: (string | null)[] = Array.from({ length: width }, () => null);
  keyed.forEach((at, place) => {
    const value: unknown = values.get(isKeyShown ? (form.members[at] ?? '') : String(place));
    row[at] = value === null || value === undefined ? null : String(value);
  });
  return row;
}
