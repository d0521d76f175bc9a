/**
 * Two definitions of one table → what changed, as typed changes. Breaking is what takes away something a reader could
 * rely on: a column, its type, its place, the absence of nulls, of duplicates, of orphans.
 *
 * @module
 */
import type {
  CatalogColumn,
  CatalogForeignKey,
  CatalogIndex,
  CatalogKey,
  CatalogTable,
  CatalogTrigger,
} from '../catalog.js';
import type { CatalogChange, ChangeKind } from '../drift.js';
import type { TableBody } from './snapshot-entry.js';

/** A change without the place of its object. */
export type InnerChange = Omit<CatalogChange, 'schema' | 'object'>;

/** Groups that one side does not have say nothing: they were not read then or now. */
export function* compareTables(before: TableBody, after: TableBody): Generator<InnerChange> {
  if (kindOf(before) !== kindOf(after)) {
    yield change('table_kind_changed', null, kindOf(before), kindOf(after), after.kind !== 'table');
  }
  if (before.comment !== after.comment) {
    yield change('table_comment_changed', null, before.comment, after.comment, false);
  }
  if (before.hasRowSecurity !== after.hasRowSecurity) {
    const said = (isOn: boolean) => (isOn ? 'on' : 'off');
    yield change(
      'row_security_changed',
      null,
      said(before.hasRowSecurity),
      said(after.hasRowSecurity),
      after.hasRowSecurity,
    );
  }
  if (before.columns !== undefined && after.columns !== undefined) {
    yield* compareColumns(before.columns, after.columns);
  }
  yield* compareKeys(before, after);
  if (before.foreignKeys !== undefined && after.foreignKeys !== undefined) {
    yield* compareForeignKeys(before.foreignKeys, after.foreignKeys);
  }
  if (before.checks !== undefined && after.checks !== undefined) {
    const { removed, added, kept } = match(before.checks, after.checks, (one) => identity(one.name, one.expression));
    for (const one of removed) yield change('check_removed', one.name, one.expression, null, true);
    for (const one of added) yield change('check_added', one.name, null, one.expression, false);
    for (const [was, is] of kept) {
      if (was.expression === is.expression) continue;
      yield change('check_changed', is.name, was.expression, is.expression, true);
    }
  }
  if (before.indexes !== undefined && after.indexes !== undefined) {
    yield* compareIndexes(before.indexes, after.indexes);
  }
  if (before.triggers !== undefined && after.triggers !== undefined) {
    const { removed, added, kept } = match(before.triggers, after.triggers, (one) => one.name);
    for (const one of removed) yield change('trigger_removed', one.name, triggerText(one), null, false);
    for (const one of added) yield change('trigger_added', one.name, null, triggerText(one), false);
    for (const [was, is] of kept) {
      if (triggerText(was) === triggerText(is)) continue;
      yield change('trigger_changed', is.name, triggerText(was), triggerText(is), false);
    }
  }
}

function kindOf({ kind, isPartitioned }: Pick<CatalogTable, 'kind' | 'isPartitioned'>): string {
  const words = kind.replaceAll('_', ' ');
  return isPartitioned ? `partitioned ${words}` : words;
}

function* compareColumns(before: readonly CatalogColumn[], after: readonly CatalogColumn[]): Generator<InnerChange> {
  const { removed, added, kept } = match(before, after, (column) => column.name);
  for (const one of removed) yield change('column_removed', one.name, columnText(one), null, true);
  for (const one of added) yield change('column_added', one.name, null, columnText(one), false);
  const steady = longestRun(kept.map(([, is]) => is.ordinal));
  for (const [index, [was, is]] of kept.entries()) {
    const { name } = is;
    if (was.nativeType !== is.nativeType) {
      yield change('column_type_changed', name, was.nativeType, is.nativeType, !isWider(was, is));
    }
    if (was.isNullable !== is.isNullable) {
      const said = (isNullable: boolean) => (isNullable ? 'NULL' : 'NOT NULL');
      yield change('column_nullability_changed', name, said(was.isNullable), said(is.isNullable), is.isNullable);
    }
    if (was.default !== is.default) yield change('column_default_changed', name, was.default, is.default, false);
    if (!steady.has(index)) yield change('column_moved', name, String(was.ordinal), String(is.ordinal), true);
    if (was.comment !== is.comment) yield change('column_comment_changed', name, was.comment, is.comment, false);
    if (traitsText(was) !== traitsText(is)) {
      yield change('column_changed', name, traitsText(was), traitsText(is), false);
    }
  }
}

/** Whether every value of the old type is one of the new, and looks the same. */
function isWider(was: CatalogColumn, is: CatalogColumn): boolean {
  if (was.canonicalType !== is.canonicalType) return false;
  const grows = (old: number | null, now: number | null) => now === null || (old !== null && now >= old);
  if (was.canonicalType === 'text' || was.canonicalType === 'bytes') return grows(was.length, is.length);
  return was.canonicalType === 'decimal' && was.scale === is.scale && grows(was.precision, is.precision);
}

function columnText({ nativeType, isNullable }: CatalogColumn): string {
  return isNullable ? nativeType : `${nativeType} NOT NULL`;
}

function traitsText({ generated, identity: numbered, collation }: CatalogColumn): string | null {
  const words = [
    ...(generated === null ? [] : [`generated ${generated}`]),
    ...(numbered === null ? [] : [`identity ${numbered.replaceAll('_', ' ')}`]),
    ...(collation === null ? [] : [`collate ${collation}`]),
  ];
  return words.length === 0 ? null : words.join(', ');
}

function* compareKeys(before: TableBody, after: TableBody): Generator<InnerChange> {
  const [was, is] = [before.primaryKey, after.primaryKey];
  if (was !== undefined && is !== undefined && JSON.stringify(was) !== JSON.stringify(is)) {
    const isLost = was !== null && keyText(was) !== keyText(is);
    yield change('primary_key_changed', is?.name ?? was?.name ?? null, keyText(was), keyText(is), isLost);
  }
  if (before.uniqueKeys === undefined || after.uniqueKeys === undefined) return;
  // No kind says that a unique key changed: other columns make another key.
  const { removed, added } = match(before.uniqueKeys, after.uniqueKeys, (one) =>
    JSON.stringify([one.name, one.columns]),
  );
  const stillUnique = new Set(
    [...after.uniqueKeys, ...(is == null ? [] : [is])].map((one) => sameColumns(one.columns)),
  );
  for (const one of removed) {
    const isLost = !stillUnique.has(sameColumns(one.columns));
    yield change('unique_key_removed', one.name ?? keyText(one), keyText(one), null, isLost);
  }
  for (const one of added) yield change('unique_key_added', one.name ?? keyText(one), null, keyText(one), false);
}

function sameColumns(columns: readonly string[]): string {
  return JSON.stringify([...columns].sort());
}

function* compareForeignKeys(
  before: readonly CatalogForeignKey[],
  after: readonly CatalogForeignKey[],
): Generator<InnerChange> {
  const { removed, added, kept } = match(before, after, (one) => identity(one.name, pathText(one)));
  for (const one of removed)
    yield change('foreign_key_removed', one.name ?? keyText(one), foreignText(one), null, true);
  for (const one of added) yield change('foreign_key_added', one.name ?? keyText(one), null, foreignText(one), false);
  for (const [was, is] of kept) {
    if (foreignText(was) === foreignText(is)) continue;
    const isOtherPath = pathText(was) !== pathText(is);
    yield change('foreign_key_changed', is.name ?? keyText(is), foreignText(was), foreignText(is), isOtherPath);
  }
}

function pathText(key: CatalogForeignKey): string {
  return `${keyText(key)} → ${key.toSchema}.${key.toTable} (${key.toColumns.join(', ')})`;
}

function foreignText(key: CatalogForeignKey): string {
  const words = (action: string) => action.replaceAll('_', ' ');
  const deferrable = key.isDeferrable ? ', deferrable' : '';
  return `${pathText(key)}, on delete ${words(key.onDelete)}, on update ${words(key.onUpdate)}${deferrable}`;
}

function keyText(key: CatalogKey | null): string | null {
  return key === null ? null : `(${key.columns.join(', ')})`;
}

function* compareIndexes(before: readonly CatalogIndex[], after: readonly CatalogIndex[]): Generator<InnerChange> {
  const { removed, added, kept } = match(before, after, (one) => one.name);
  const stillUnique = new Set(after.filter((one) => one.isUnique).map(uniquenessOf));
  for (const one of removed) {
    const isLost = one.isUnique && !stillUnique.has(uniquenessOf(one));
    yield change('index_removed', one.name, indexText(one), null, isLost);
  }
  for (const one of added) yield change('index_added', one.name, null, indexText(one), false);
  for (const [was, is] of kept) {
    if (indexText(was) === indexText(is)) continue;
    const isLost = was.isUnique && !stillUnique.has(uniquenessOf(was));
    yield change('index_changed', is.name, indexText(was), indexText(is), isLost);
  }
}

function uniquenessOf({ columns, where }: CatalogIndex): string {
  return JSON.stringify([[...columns].sort(), where]);
}

function indexText({ method, columns, isUnique, where }: CatalogIndex): string {
  const words = [...(isUnique ? ['unique'] : []), ...(method === null ? [] : [method]), `(${columns.join(', ')})`];
  return where === null ? words.join(' ') : `${words.join(' ')} where ${where}`;
}

function triggerText({ timing, events }: CatalogTrigger): string {
  return `${timing.replaceAll('_', ' ')} ${[...events].sort().join(', ')}`;
}

/** What tells a member from its siblings: its name or, without one, what it says. */
function identity(name: string | null, otherwise: string): string {
  return JSON.stringify(name === null ? ['', otherwise] : [name]);
}

interface Matched<T> {
  readonly removed: readonly T[];
  readonly added: readonly T[];
  /** As it was and as it is, in the old order. */
  readonly kept: readonly (readonly [T, T])[];
}

function match<T>(before: readonly T[], after: readonly T[], keyOf: (one: T) => string): Matched<T> {
  const old = new Set(before.map(keyOf));
  const now = new Map(after.map((one) => [keyOf(one), one]));
  const removed: T[] = [];
  const kept: (readonly [T, T])[] = [];
  for (const one of before) {
    const is = now.get(keyOf(one));
    if (is === undefined) removed.push(one);
    else kept.push([one, is]);
  }
  return { removed, added: after.filter((one) => !old.has(keyOf(one))), kept };
}

/**
 * Indexes of a longest strictly growing run of the numbers: whatever is not in it was moved, and no fewer could have
 * been. O(n log n).
 */
function longestRun(numbers: readonly number[]): ReadonlySet<number> {
  const ends: number[] = [];
  const previous: number[] = [];
  for (const [index, value] of numbers.entries()) {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((numbers[ends[middle] ?? 0] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    previous[index] = low === 0 ? -1 : (ends[low - 1] ?? -1);
    ends[low] = index;
  }
  const run = new Set<number>();
  for (let index = ends.at(-1) ?? -1; index >= 0; index = previous[index] ?? -1) run.add(index);
  return run;
}

const maxTextCharacters = 1_000;

export function change(
  kind: ChangeKind,
  member: string | null,
  before: string | null,
  after: string | null,
  isBreaking: boolean,
): InnerChange {
  return { kind, member, before: clip(before), after: clip(after), isBreaking };
}

function clip(text: string | null): string | null {
  return text === null || text.length <= maxTextCharacters ? text : `${text.slice(0, maxTextCharacters)}…`;
}
