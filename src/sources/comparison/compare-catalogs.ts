/**
 * A stored catalogue and a live one, read side by side in the same order: what changed, while both stream. Only what
 * seems to be gone is kept to the end, because a fault that comes later may say that it could not be read.
 *
 * @module
 */
import type { CatalogGroup, CatalogItem, CatalogPlace, CatalogSection } from '../catalog.js';
import type { CatalogChange, ChangeKind, SnapshotEntry } from '../drift.js';
import { comparePlaces } from './byte-order.js';
import { change, compareTables, type InnerChange } from './compare-tables.js';
import { KnownFaults } from './faults.js';
import {
  entriesOf,
  type RoutineBody,
  readRoutineBody,
  readSequenceBody,
  readTableBody,
  readTypeBody,
  type SequenceBody,
  type TypeBody,
} from './snapshot-entry.js';

export interface ComparedSides {
  readonly stored: AsyncIterable<SnapshotEntry>;
  readonly live: AsyncIterable<CatalogItem>;
  /** Names of the schemas that are there now, the empty ones, too. */
  readonly liveSchemas: ReadonlySet<string>;
}

/** Something that seems to be gone: told only when no fault explains it. */
interface Loss {
  readonly place: CatalogPlace;
  /** The part of a table; `null`: the whole object. */
  readonly group: CatalogGroup | null;
  readonly inner: InnerChange;
}

/** Losses kept back; beyond, those that are known are told with the faults that are known. */
const maxLosses = 100_000;

/**
 * A schema counts as added with the first object in it, and as removed when it is not there any more.
 *
 * @throws `sources.reading_failed` when the live side breaks off.
 */
export async function* compareCatalogs({ stored, live, liveSchemas }: ComparedSides): AsyncGenerator<CatalogChange> {
  const old = stored[Symbol.asyncIterator]();
  const faults = new KnownFaults();
  const now = entriesOf(live, faults);
  const losses: Loss[] = [];
  const removedSchemas = new Set<string>();
  let addedSchema: string | null = null;
  let lastOldSchema: string | null = null;
  const nextOld = async () => {
    const next = await old.next();
    return next.done === true ? null : next.value;
  };
  const nextNow = async () => {
    for (let next = await now.next(); next.done !== true; next = await now.next()) {
      if ('entry' in next.value) return next.value.entry;
    }
    return null;
  };
  const tellLosses = function* () {
    for (const { place, group, inner } of losses.splice(0)) {
      if (group === null ? faults.hide(place) : faults.hideGroup(place, group)) continue;
      if (!liveSchemas.has(place.schema) && !removedSchemas.has(place.schema)) {
        removedSchemas.add(place.schema);
        yield schemaChange('schema_removed', place.schema, true);
      }
      yield placed(place, inner);
    }
  };
  try {
    let was = await nextOld();
    let is = await nextNow();
    while (was !== null || is !== null) {
      const order: number = was === null ? 1 : is === null ? -1 : comparePlaces(was, is);
      if (was !== null && order <= 0) lastOldSchema = was.schema;
      if (was !== null && order < 0) {
        const place = placeOf(was);
        losses.push({ place, group: null, inner: change(removedKinds[was.section], null, labelOf(was), null, true) });
      }
      if (is !== null && order > 0) {
        if (is.schema !== lastOldSchema && is.schema !== was?.schema && is.schema !== addedSchema) {
          addedSchema = is.schema;
          yield schemaChange('schema_added', is.schema, false);
        }
        yield placed(is, change(addedKinds[is.section], null, null, labelOf(is), false));
      }
      if (was !== null && is !== null && order === 0 && was.body !== is.body) {
        const place = placeOf(is);
        for (const inner of compareEntries(was, is)) {
          const group = inner.after === null ? groupOf(inner.kind) : null;
          if (group === null) yield placed(is, inner);
          else losses.push({ place, group, inner });
        }
      }
      if (losses.length > maxLosses) yield* tellLosses();
      if (order <= 0) was = await nextOld();
      if (order >= 0) is = await nextNow();
    }
    yield* tellLosses();
  } finally {
    await old.return?.();
    await now.return(undefined);
  }
}

function placeOf({ schema, section, name, arguments: written }: CatalogPlace): CatalogPlace {
  return { schema, section, name, arguments: written };
}

/** The group of a table a change is of; `null`: of none that could be missing. */
function groupOf(kind: ChangeKind): CatalogGroup | null {
  if (kind === 'column_removed') return 'columns';
  if (kind === 'primary_key_changed' || kind === 'unique_key_removed' || kind === 'foreign_key_removed') return 'keys';
  if (kind === 'check_removed') return 'checks';
  if (kind === 'index_removed') return 'indexes';
  return kind === 'trigger_removed' ? 'triggers' : null;
}

const addedKinds: Readonly<Record<CatalogSection, ChangeKind>> = {
  table: 'table_added',
  type: 'type_added',
  sequence: 'sequence_added',
  routine: 'routine_added',
};
const removedKinds: Readonly<Record<CatalogSection, ChangeKind>> = {
  table: 'table_removed',
  type: 'type_removed',
  sequence: 'sequence_removed',
  routine: 'routine_removed',
};

/** Overloaded routines have one name: their arguments tell which. */
function labelOf(place: CatalogPlace): string | null {
  return place.section === 'routine' ? `(${place.arguments})` : null;
}

function placed({ schema, name }: CatalogPlace, inner: InnerChange): CatalogChange {
  return { ...inner, schema, object: name };
}

function schemaChange(kind: 'schema_added' | 'schema_removed', schema: string, isBreaking: boolean): CatalogChange {
  return { kind, schema, object: null, member: null, before: null, after: null, isBreaking };
}

function* compareEntries(was: SnapshotEntry, is: SnapshotEntry): Generator<InnerChange> {
  switch (is.section) {
    case 'table':
      yield* compareTables(readTableBody(was.body), readTableBody(is.body));
      return;
    case 'type':
      yield* compareTypes(readTypeBody(was.body), readTypeBody(is.body));
      return;
    case 'sequence': {
      const [before, after] = [readSequenceBody(was.body), readSequenceBody(is.body)];
      yield* changed('sequence_changed', sequenceText(before), sequenceText(after), false);
      return;
    }
    case 'routine': {
      const [before, after] = [readRoutineBody(was.body), readRoutineBody(is.body)];
      const isOtherAnswer = before.returns !== after.returns || before.kind !== after.kind;
      yield* changed('routine_changed', routineText(before), routineText(after), isOtherAnswer);
    }
  }
}

function* changed(kind: ChangeKind, before: string, after: string, isBreaking: boolean): Generator<InnerChange> {
  if (before !== after) yield change(kind, null, before, after, isBreaking);
}

/** A value more is one a reader does not know; one less, or another order, is none. */
function* compareTypes(before: TypeBody, after: TypeBody): Generator<InnerChange> {
  const known = new Set(before.values ?? []);
  const hasUnknown = (after.values ?? []).some((value) => !known.has(value));
  const isBreaking = before.kind !== after.kind || before.over !== after.over || hasUnknown;
  yield* changed('type_changed', typeText(before), typeText(after), isBreaking);
}

function typeText({ kind, values, over, comment }: TypeBody): string {
  const said = kind === 'enum' ? `enum (${(values ?? []).join(', ')})` : `domain over ${over ?? 'nothing'}`;
  return withComment(said, comment);
}

function sequenceText({ nativeType, start, increment, comment }: SequenceBody): string {
  const words = [
    ...(nativeType === null ? [] : [nativeType]),
    ...(start === null ? [] : [`start ${start}`]),
    ...(increment === null ? [] : [`increment ${increment}`]),
  ];
  return withComment(words.join(' '), comment);
}

function routineText({ kind, returns, language, volatility, comment }: RoutineBody): string {
  const words = [
    kind,
    ...(returns === null ? [] : [`returns ${returns}`]),
    ...(language === null ? [] : [`language ${language}`]),
    ...(volatility === null ? [] : [volatility]),
  ];
  return withComment(words.join(' '), comment);
}

function withComment(said: string, comment: string | null): string {
  return comment === null ? said : `${said}, comment: ${comment}`;
}
