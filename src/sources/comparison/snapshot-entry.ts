/**
 * An object of a catalogue as a snapshot keeps it: its place, and as canonical JSON everything that is compared. What
 * changes by itself (row estimates, sizes, grants) is not kept; lists whose order means nothing are sorted.
 *
 * @module
 */
import type {
  CatalogFault,
  CatalogItem,
  CatalogPlace,
  CatalogRoutine,
  CatalogSequence,
  CatalogTable,
  CatalogTypeDefinition,
} from '../catalog.js';
import type { SnapshotEntry } from '../drift.js';
import { sourcesErrors } from '../errors.js';
import { compareBytes, comparePlaces } from './byte-order.js';

export type TableBody = Omit<CatalogTable, 'schema' | 'name' | 'rowEstimate' | 'bytes' | 'grantsForCaller'>;
export type TypeBody = Omit<CatalogTypeDefinition, 'schema' | 'name'>;
export type SequenceBody = Omit<CatalogSequence, 'schema' | 'name'>;
export type RoutineBody = Omit<CatalogRoutine, 'schema' | 'name' | 'arguments'>;

type Definition = Exclude<CatalogItem, { readonly section: 'fault' }>;

export function snapshotEntry(item: Definition): SnapshotEntry {
  return { ...placeOfItem(item), body: canonicalJson(bodyOf(item)) };
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
 * Entries of a reading, and beside them what could not be read.
 *
 * @throws `sources.reading_failed` when objects do not come in the order of `catalog.ts`: compared like that, nothing
 *   would be true.
 */
export async function* entriesOf(
  items: AsyncIterable<CatalogItem>,
): AsyncGenerator<{ readonly entry: SnapshotEntry } | { readonly fault: CatalogFault }> {
  let last: CatalogPlace | null = null;
  for await (const item of items) {
    if (item.section === 'fault') {
      yield { fault: item.fault };
      continue;
    }
    const entry = snapshotEntry(item);
    if (last !== null && comparePlaces(last, entry) >= 0) {
      throw sourcesErrors.reading_failed({ cause: new TypeError(`out of order in section ${item.section}`) });
    }
    last = entry;
    yield { entry };
  }
}

function bodyOf(item: Definition): TableBody | TypeBody | SequenceBody | RoutineBody {
  switch (item.section) {
    case 'table':
      return tableBody(item.table);
    case 'type': {
      const { schema: _, name: __, ...body } = item.type;
      return body;
    }
    case 'sequence': {
      const { schema: _, name: __, ...body } = item.sequence;
      return body;
    }
    case 'routine': {
      const { schema: _, name: __, arguments: ___, ...body } = item.routine;
      return body;
    }
  }
}

function tableBody(table: CatalogTable): TableBody {
  const { schema: _, name: __, rowEstimate: ___, bytes: ____, grantsForCaller: _____, ...rest } = table;
  return {
    ...rest,
    // Engines leave gaps where columns were dropped; only the order says something.
    ...(rest.columns === undefined
      ? {}
      : {
          columns: [...rest.columns]
            .sort((one, other) => one.ordinal - other.ordinal)
            .map((column, index) => ({ ...column, ordinal: index + 1 })),
        }),
    ...(rest.uniqueKeys === undefined ? {} : { uniqueKeys: sorted(rest.uniqueKeys) }),
    ...(rest.foreignKeys === undefined ? {} : { foreignKeys: sorted(rest.foreignKeys) }),
    ...(rest.checks === undefined ? {} : { checks: sorted(rest.checks) }),
    ...(rest.indexes === undefined ? {} : { indexes: sorted(rest.indexes) }),
    ...(rest.triggers === undefined
      ? {}
      : { triggers: sorted(rest.triggers.map((trigger) => ({ ...trigger, events: [...trigger.events].sort() }))) }),
  };
}

function sorted<T>(members: readonly T[]): T[] {
  const keyed = members.map((member) => ({ member, text: canonicalJson(member) }));
  return keyed.sort((one, other) => compareBytes(one.text, other.text)).map(({ member }) => member);
}

/** JSON with the keys of every object in order. Keys are ours; names of the server are values. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}
