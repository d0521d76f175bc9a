/**
 * An object of a catalogue as a snapshot keeps it: its place, and as canonical JSON everything that is compared. What
 * changes by itself (row estimates, sizes, grants) is not kept; lists whose order means nothing are sorted.
 *
 * @module
 */
import type {
  CatalogColumn,
  CatalogFault,
  CatalogForeignKey,
  CatalogIndex,
  CatalogItem,
  CatalogKey,
  CatalogPlace,
  CatalogRoutine,
  CatalogSequence,
  CatalogTable,
  CatalogTrigger,
  CatalogTypeDefinition,
} from '../catalog.js';
import type { SnapshotEntry } from '../drift.js';
import { sourcesErrors } from '../errors.js';
import { comparePlaces } from './byte-order.js';
import { KnownFaults } from './faults.js';

export type TableBody = Omit<CatalogTable, 'schema' | 'name' | 'rowEstimate' | 'bytes' | 'grantsForCaller'>;
export type TypeBody = Omit<CatalogTypeDefinition, 'schema' | 'name'>;
export type SequenceBody = Omit<CatalogSequence, 'schema' | 'name'>;
export type RoutineBody = Omit<CatalogRoutine, 'schema' | 'name' | 'arguments'>;

type Definition = Exclude<CatalogItem, { readonly section: 'fault' }>;

export function snapshotEntry(item: Definition): SnapshotEntry {
  return { ...placeOfItem(item), body: bodyOf(item) };
}

export function placeOfItem(item: Definition): CatalogPlace {
  const { section } = item;
  switch (item.section) {
    case 'table':
      return { schema: item.table.schema, section, name: item.table.name, arguments: '' };
    case 'type':
      return { schema: item.type.schema, section, name: item.type.name, arguments: '' };
    case 'sequence':
      return { schema: item.sequence.schema, section, name: item.sequence.name, arguments: '' };
    case 'routine':
      return { schema: item.routine.schema, section, name: item.routine.name, arguments: item.routine.arguments };
  }
}

/**
 * Entries of a reading, and beside them what could not be read. What is known to be incomplete of a table when it comes
 * is left out of its entry.
 *
 * @param faults  Learns every fault before it is passed on.
 * @throws `sources.reading_failed` when objects do not come in the order of `catalog.ts`: compared like that, nothing
 *   would be true.
 */
export async function* entriesOf(
  items: AsyncIterable<CatalogItem>,
  faults = new KnownFaults(),
): AsyncGenerator<{ readonly entry: SnapshotEntry } | { readonly fault: CatalogFault }> {
  let last: CatalogPlace | null = null;
  for await (const item of items) {
    if (item.section === 'fault') {
      faults.add(item.fault);
      yield { fault: item.fault };
      continue;
    }
    const entry = snapshotEntry(item.section === 'table' ? { ...item, table: faults.trim(item.table) } : item);
    if (last !== null && comparePlaces(last, entry) >= 0) {
      throw sourcesErrors.reading_failed({ cause: new TypeError(`out of order in section ${item.section}`) });
    }
    last = entry;
    yield { entry };
  }
}

/**
 * Members are written in this order and left out when they are `null`: equal definitions are equal texts, and half as
 * long.
 */
function bodyOf(item: Definition): string {
  switch (item.section) {
    case 'table':
      return JSON.stringify(tableText(item.table));
    case 'type': {
      const { kind, values, over, comment } = item.type;
      return JSON.stringify({ kind, values: said(values), over: said(over), comment: said(comment) });
    }
    case 'sequence': {
      const { nativeType, start, increment, comment } = item.sequence;
      return JSON.stringify({
        nativeType: said(nativeType),
        start: said(start),
        increment: said(increment),
        comment: said(comment),
      });
    }
    case 'routine': {
      const { kind, returns, language, volatility, comment } = item.routine;
      return JSON.stringify({
        kind,
        returns: said(returns),
        language: said(language),
        volatility: said(volatility),
        comment: said(comment),
      });
    }
  }
}

/** What JSON leaves out. */
function said<T>(value: T | null): T | undefined {
  return value ?? undefined;
}

function tableText(table: CatalogTable): unknown {
  const { columns, primaryKey, uniqueKeys, foreignKeys, checks, indexes, triggers } = table;
  return {
    kind: table.kind,
    comment: said(table.comment),
    isPartitioned: table.isPartitioned,
    hasRowSecurity: table.hasRowSecurity,
    // Their order says which comes first; the numbers have gaps where columns were dropped.
    columns:
      columns === undefined
        ? undefined
        : [...columns].sort((one, other) => one.ordinal - other.ordinal).map(columnText),
    // `null` is kept: a table without one is not a table of which nobody knows.
    primaryKey: primaryKey == null ? primaryKey : keyText(primaryKey),
    uniqueKeys: uniqueKeys === undefined ? undefined : sorted(uniqueKeys.map(keyText)),
    foreignKeys: foreignKeys === undefined ? undefined : sorted(foreignKeys.map(foreignKeyText)),
    checks:
      checks === undefined
        ? undefined
        : sorted(checks.map(({ name, expression }) => ({ name: said(name), expression }))),
    indexes: indexes === undefined ? undefined : sorted(indexes.map(indexText)),
    triggers: triggers === undefined ? undefined : sorted(triggers.map(triggerText)),
  };
}

function columnText(column: CatalogColumn): unknown {
  return {
    name: column.name,
    nativeType: column.nativeType,
    canonicalType: column.canonicalType,
    length: said(column.length),
    precision: said(column.precision),
    scale: said(column.scale),
    isNullable: column.isNullable,
    default: said(column.default),
    generated: said(column.generated),
    identity: said(column.identity),
    collation: said(column.collation),
    comment: said(column.comment),
  };
}

function keyText({ name, columns }: CatalogKey): unknown {
  return { name: said(name), columns };
}

function foreignKeyText(key: CatalogForeignKey): unknown {
  const { name, columns, toSchema, toTable, toColumns, onDelete, onUpdate, isDeferrable } = key;
  return { name: said(name), columns, toSchema, toTable, toColumns, onDelete, onUpdate, isDeferrable };
}

function indexText({ name, method, columns, isUnique, where }: CatalogIndex): unknown {
  return { name, method: said(method), columns, isUnique, where: said(where) };
}

function triggerText({ name, timing, events }: CatalogTrigger): unknown {
  return { name, timing, events: [...events].sort() };
}

/** Lists whose order means nothing. */
function sorted(members: readonly unknown[]): readonly unknown[] {
  if (members.length < 2) return members;
  const texts = members.map((member) => ({ member, text: JSON.stringify(member) }));
  return texts.sort((one, other) => (one.text < other.text ? -1 : 1)).map(({ member }) => member);
}

type Written<T> = { readonly [Name in keyof T]?: T[Name] };

function readColumn(column: Written<CatalogColumn>, index: number): CatalogColumn {
  return {
    name: column.name ?? '',
    ordinal: index + 1,
    nativeType: column.nativeType ?? '',
    canonicalType: column.canonicalType ?? 'other',
    length: column.length ?? null,
    precision: column.precision ?? null,
    scale: column.scale ?? null,
    isNullable: column.isNullable ?? true,
    default: column.default ?? null,
    generated: column.generated ?? null,
    identity: column.identity ?? null,
    collation: column.collation ?? null,
    comment: column.comment ?? null,
  };
}

/** Reads what {@link snapshotEntry} wrote; what was left out is `null` again. */
export function readTableBody(body: string): TableBody {
  const table = JSON.parse(body) as TableBody;
  const columns = table.columns?.map(readColumn);
  const named = <T extends { readonly name: string | null }>(one: T): T => ({ ...one, name: one.name ?? null });
  return {
    ...table,
    comment: table.comment ?? null,
    ...(columns === undefined ? {} : { columns }),
    ...(table.primaryKey == null ? {} : { primaryKey: named(table.primaryKey) }),
    ...(table.uniqueKeys === undefined ? {} : { uniqueKeys: table.uniqueKeys.map(named) }),
    ...(table.foreignKeys === undefined ? {} : { foreignKeys: table.foreignKeys.map(named) }),
    ...(table.checks === undefined ? {} : { checks: table.checks.map(named) }),
    ...(table.indexes === undefined
      ? {}
      : { indexes: table.indexes.map((one) => ({ ...one, method: one.method ?? null, where: one.where ?? null })) }),
  };
}

export function readTypeBody(body: string): TypeBody {
  return { values: null, over: null, comment: null, ...(JSON.parse(body) as Written<TypeBody>) } as TypeBody;
}

export function readSequenceBody(body: string): SequenceBody {
  const bare = { nativeType: null, start: null, increment: null, comment: null };
  return { ...bare, ...(JSON.parse(body) as Written<SequenceBody>) };
}

export function readRoutineBody(body: string): RoutineBody {
  const bare = { returns: null, language: null, volatility: null, comment: null };
  return { ...bare, ...(JSON.parse(body) as Written<RoutineBody>) } as RoutineBody;
}
