/**
 * How the family names columns: attributes in camelCase. The names of a table are made in one pass over its columns, so
 * that every caller finds the same names whatever they may see of it.
 *
 * @module
 */
import type { ColumnView, DatasetView } from '../../../data/index.js';
import type { CanonicalType } from '../../../query/index.js';

/** What decides which operators an attribute takes and how its values are written. */
export type AttributeKind = 'string' | 'number' | 'boolean' | 'date' | 'dateTime' | 'other';

export interface Attribute {
  readonly name: string;
  readonly column: ColumnView;
  readonly kind: AttributeKind;
}

/** A column by its attribute, whether the caller may see it or not: for what the service itself writes. */
export type TableColumn = Pick<ColumnView, 'name' | 'type' | 'nativeType' | 'isComputed'>;

export interface Attributes {
  /** Those the caller may read or write, in the order of the table. */
  readonly all: readonly Attribute[];
  find(name: string): Attribute | undefined;
  ofColumn(column: string): Attribute | undefined;
  columnOf(name: string): TableColumn | undefined;
}

type Columns = Pick<DatasetView, 'columns' | 'tableColumns'>;

const known = new WeakMap<Columns, Attributes>();

/** Of one view they are made once. */
export function attributesOf(view: Columns): Attributes {
  const made = known.get(view) ?? makeAttributes(view);
  known.set(view, made);
  return made;
}

function makeAttributes(view: Columns): Attributes {
  const seen = new Map(view.columns.map((column) => [column.name, column]));
  const table = new Map<string, TableColumn>();
  const numbers = new Map<string, number>();
  const byName = new Map<string, Attribute>();
  const byColumn = new Map<string, Attribute>();
  for (const [at, ofTable] of (view.tableColumns ?? view.columns).entries()) {
    const name = freeName(attributeName(ofTable.name, at), table, numbers);
    table.set(name, ofTable);
    const column = seen.get(ofTable.name);
    if (column === undefined) continue;
    const attribute = { name, column, kind: kindOf(name, column.type) };
    byName.set(name, attribute);
    byColumn.set(column.name, attribute);
  }
  return {
    all: [...byName.values()],
    find: (name) => byName.get(name),
    ofColumn: (column) => byColumn.get(column),
    columnOf: (name) => table.get(name),
  };
}

const separators = /[^\p{L}\p{N}]+/u;

/**
 * The attribute of a column: `LAST_UPDATE_DATE` and `last_update_date` are `lastUpdateDate`, `empId` stays.
 *
 * Words end at whatever is neither letter nor digit. A word without a small letter is lowered; the first word begins
 * small, each other one with a capital. A name without letters and digits has none of its own: `column3`.
 *
 * @param at  Place of the column in the table, from 0.
 */
export function attributeName(column: string, at: number): string {
  const words = column.split(separators).filter((word) => word !== '');
  const name = words.map((word, index) => cased(lowered(word), index > 0)).join('');
  return name === '' ? `column${at + 1}` : name;
}

function lowered(word: string): string {
  return /\p{Ll}/u.test(word) ? word : word.toLowerCase();
}

function cased(word: string, isCapital: boolean): string {
  const [first = ''] = word;
  return (isCapital ? first.toUpperCase() : first.toLowerCase()) + word.slice(first.length);
}

/**
 * Of two columns with one attribute the first in the table has it; the others get the next number that is free.
 *
 * @param last  The number given last, by attribute: a table whose thousand columns all fold to one is named as fast.
 */
function freeName(name: string, taken: ReadonlyMap<string, unknown>, last: Map<string, number>): string {
  if (!taken.has(name)) return name;
  let number = (last.get(name) ?? 1) + 1;
  while (taken.has(`${name}${number}`)) number += 1;
  last.set(name, number);
  return `${name}${number}`;
}

const numberTypes: ReadonlySet<CanonicalType> = new Set(['int16', 'int32', 'int64', 'decimal', 'float32', 'float64']);
/** Times of the WHO columns: where an engine or a schema keeps them as text, they are moments all the same. */
const momentsByName: ReadonlySet<string> = new Set(['lastUpdateDate', 'creationDate']);

function kindOf(name: string, type: CanonicalType): AttributeKind {
  if (numberTypes.has(type)) return 'number';
  switch (type) {
    case 'text':
      return momentsByName.has(name) ? 'dateTime' : 'string';
    case 'timestamp':
    case 'timestamptz':
      return 'dateTime';
    case 'date':
    case 'boolean':
      return type;
    default:
      return 'other';
  }
}
