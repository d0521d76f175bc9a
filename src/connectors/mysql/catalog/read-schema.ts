/**
 * The objects of one schema, in their order, as pieces of work of bounded size: a range of tables each, then the
 * sequences, then the routines. A piece that cannot be read whole has faults in the place of what is missing.
 *
 * @module
 */
import { compareBytes } from '../../../kernel/byte-order.js';
import type {
  CatalogFault,
  CatalogGroup,
  CatalogItem,
  CatalogPlace,
  CatalogRequest,
  CatalogRoutine,
  CatalogSection,
} from '../../../sources/index.js';
import type { Row, Session } from '../connect.js';
import { serverErrno } from '../errors.js';
import type { Privileges } from '../privileges.js';
import { quoteName, type SqlValue } from '../quote.js';
import { globCondition, globValues } from './globs.js';
import {
  checksQuestion,
  columnsQuestion,
  type Flavour,
  foreignColumnsQuestion,
  foreignRulesQuestion,
  indexesQuestion,
  namesQuestion,
  routinesQuestion,
  sequenceCommentsQuestion,
  tablesQuestion,
  triggersQuestion,
} from './questions.js';
import {
  addChecks,
  addColumns,
  addForeignKeys,
  addIndexes,
  addTriggers,
  draftTables,
  type TableDraft,
} from './tables.js';

/** From the first name to the last, both included. */
export interface NameRange {
  readonly first: string;
  readonly last: string;
}

/** A piece was more than one may be: read it in smaller ones. */
export class PieceTooLarge extends Error {}

/** The server ended an answer without a reason that says it would do so again. */
export class PieceBroke extends Error {}

export interface SchemaReader {
  readonly flavour: Flavour;
  readonly request: CatalogRequest;
  /** `null` when nobody asked for grants. */
  readonly privileges: Privileges | null;
  /** Asks over a session of the reading. */
  use<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** The fault as a reason when the server refused the question and the session goes on; else throws it. */
  excuse(fault: unknown): CatalogFault['reason'];
  readonly signal: AbortSignal;
}

/** Tables of a range. Small enough that a few of them wait in memory for a slow reader. */
const tablesPerPiece = 250;
const sequencesPerPiece = 100;
/** Columns of a range that are taken at once. */
const columnsPerPiece = 30_000;
/** Rows of anything else: what belongs to that many columns. */
const maxRows = 200_000;

/**
 * Names of a section, cut into ranges. Only the ends of the ranges are kept.
 *
 * @param after  Names that come after this one; `null`: all.
 * @param limit  Names at most.
 */
export async function listRanges(
  reader: SchemaReader,
  schema: string,
  section: 'table' | 'sequence',
  after: string | null,
  limit: number | null,
): Promise<readonly NameRange[]> {
  const { names } = reader.request;
  const perPiece = section === 'table' ? tablesPerPiece : sequencesPerPiece;
  const later = after === null ? '' : ' AND CAST(TABLE_NAME AS BINARY) > CAST(? AS BINARY)';
  const sql = namesQuestion(section, globCondition('TABLE_NAME', names) + later);
  const values = [schema, ...globValues(names), ...(after === null ? [] : [after])];
  const bounded = limit === null ? sql : `${sql} LIMIT ${limit}`;
  return reader.use((session) => cutIntoRanges(session.batches(bounded, values, reader.signal), perPiece));
}

async function cutIntoRanges(batches: AsyncIterable<readonly Row[]>, perPiece: number): Promise<readonly NameRange[]> {
  const ranges: NameRange[] = [];
  let first: string | null = null;
  let last = '';
  let count = 0;
  for await (const batch of batches) {
    for (const [name] of batch) {
      if (name === null || name === undefined) continue;
      first ??= name;
      last = name;
      count += 1;
      if (count < perPiece) continue;
      ranges.push({ first, last });
      first = null;
      count = 0;
    }
  }
  if (first !== null) ranges.push({ first, last });
  return ranges;
}

/** Somebody's `KILL QUERY`, or what nothing is known of; a limit of time or a missing right would be met again. */
function mayGoAnotherTime(fault: unknown, reason: CatalogFault['reason']): boolean {
  return reason === 'CATALOG_PARTIAL' || serverErrno(fault) === queryInterrupted;
}

/** ER_QUERY_INTERRUPTED */
const queryInterrupted = 1317;

/**
 * The tables of a range.
 *
 * @param isLastTry  What breaks becomes a fault in the place of what is missing.
 * @throws PieceTooLarge when they have too many columns and are more than one · PieceBroke unless it is the last try.
 */
export async function readTables(
  reader: SchemaReader,
  schema: string,
  range: NameRange,
  isLastTry: boolean,
): Promise<readonly CatalogItem[]> {
  return reader.use(async (session) => {
    const { flavour, request } = reader;
    const { groups } = request;
    const more = globCondition('TABLE_NAME', request.names);
    const values: readonly SqlValue[] = [schema, range.first, range.last, ...globValues(request.names)];
    const limits = { signal: reader.signal, maxRows };
    const faults: CatalogItem[] = [];
    const excuse = (fault: unknown, group: CatalogGroup | 'object') => {
      const reason = reader.excuse(fault);
      if (mayGoAnotherTime(fault, reason) && !isLastTry) throw new PieceBroke(undefined, { cause: fault });
      faults.push(asItem({ schema, name: null, group, reason }));
    };
    const ask = async (sql: string, group: CatalogGroup | 'object'): Promise<readonly Row[]> => {
      try {
        return await session.rows(sql, values, limits);
      } catch (fault) {
        excuse(fault, group);
        return [];
      }
    };
    const drafts = draftTables(await ask(tablesQuestion(more), 'object'));
    if (groups.has('columns')) {
      // By far the most rows: they are put together while they come.
      let columns = 0;
      try {
        for await (const batch of session.batches(columnsQuestion(more, columnsPerPiece), values, reader.signal)) {
          columns += batch.length;
          addColumns(drafts, batch, flavour);
        }
      } catch (fault) {
        excuse(fault, 'columns');
      }
      if (columns > columnsPerPiece && drafts.size > 1) throw new PieceTooLarge();
    }
    if (groups.has('keys') || groups.has('indexes'))
      addIndexes(drafts, await ask(indexesQuestion(flavour, more), 'indexes'));
    if (groups.has('keys')) {
      const columns = await ask(foreignColumnsQuestion(more), 'keys');
      addForeignKeys(drafts, columns, columns.length === 0 ? [] : await ask(foreignRulesQuestion(more), 'keys'));
    }
    // Without them a column that holds JSON cannot be told from a text.
    const isJsonHidden = groups.has('columns') && flavour === 'mariadb';
    if (groups.has('checks') || isJsonHidden) addChecks(drafts, await ask(checksQuestion(flavour, more), 'checks'));
    if (groups.has('triggers')) addTriggers(drafts, await ask(triggersQuestion(more), 'triggers'));
    const items: CatalogItem[] = faults;
    for (const draft of drafts.values()) {
      const found = faultOf(draft, schema, groups);
      if (found !== null) items.push(asItem(found));
      items.push({ section: 'table', table: finish(draft, schema, reader) });
    }
    return items;
  });
}

function finish(draft: TableDraft, schema: string, { request: { groups }, privileges }: SchemaReader) {
  const { table, columns, primaryKey, uniqueKeys, foreignKeys, checks, indexes, triggers } = draft;
  return {
    ...table,
    schema,
    ...(groups.has('columns') ? { columns } : {}),
    ...(groups.has('keys') ? { primaryKey, uniqueKeys, foreignKeys: [...foreignKeys.values()] } : {}),
    ...(groups.has('checks') ? { checks } : {}),
    ...(groups.has('indexes') ? { indexes } : {}),
    ...(groups.has('triggers') ? { triggers } : {}),
    ...(privileges !== null ? { grantsForCaller: grantsOn(privileges, schema, draft) } : {}),
    ...(groups.has('sizes') ? { bytes: draft.bytes } : {}),
  };
}

/** A view on what is gone, or on what its definer may not read, has no columns; which it is the server does not say. */
function faultOf(draft: TableDraft, schema: string, groups: ReadonlySet<CatalogGroup>): CatalogFault | null {
  const { name } = draft.table;
  if (draft.isBroken) return { schema, name, group: 'object', reason: 'CATALOG_PARTIAL' };
  const hasNone = groups.has('columns') && draft.columns.length === 0;
  return hasNone ? { schema, name, group: 'columns', reason: 'CATALOG_PARTIAL' } : null;
}

function grantsOn(privileges: Privileges, schema: string, draft: TableDraft): readonly string[] {
  const held = privileges.ofTable(schema, draft.table.name);
  // Truncating takes the right to drop; a view cannot be truncated.
  return grantNames
    .filter(([name, needs]) => held.has(needs) && (name !== 'truncate' || draft.kind === 'table'))
    .map(([name]) => name);
}

const grantNames = [
  ['select', 'SELECT'],
  ['insert', 'INSERT'],
  ['update', 'UPDATE'],
  ['delete', 'DELETE'],
  ['truncate', 'DROP'],
  ['references', 'REFERENCES'],
  ['trigger', 'TRIGGER'],
] as const;

/** The sequences of a range: their settings lie in themselves, so one statement reads all of them. */
export async function readSequences(
  reader: SchemaReader,
  schema: string,
  range: NameRange,
): Promise<readonly CatalogItem[]> {
  return reader.use(async (session) => {
    const { names } = reader.request;
    const values = [schema, range.first, range.last, ...globValues(names)];
    const limits = { signal: reader.signal, maxRows };
    const more = globCondition('TABLE_NAME', names);
    const found = await session.rows(sequenceCommentsQuestion(more), values, limits);
    const comments = new Map(found.map(([name, comment]) => [name ?? '', comment ?? '']));
    const settings = new Map<string, Row>();
    const faults: CatalogItem[] = [];
    const one = (name: string, place: number) =>
      `SELECT ${place}, start_value, increment FROM ${quoteName(schema)}.${quoteName(name)}`;
    const all = [...comments.keys()].sort(compareBytes);
    const read = async (some: readonly string[]): Promise<void> => {
      if (some.length === 0) return;
      try {
        const rows = await session.rows(
          some.map((name) => one(name, all.indexOf(name))).join(' UNION ALL '),
          [],
          limits,
        );
        for (const row of rows) settings.set(all[Number(row[0])] ?? '', row);
      } catch (fault) {
        const reason = reader.excuse(fault);
        const [name = null] = some;
        if (some.length === 1) faults.push(asItem({ schema, name, group: 'sequences', reason }));
        // One that may not be read takes the others of its statement along: halve until it stands alone.
        else {
          await read(some.slice(0, some.length / 2));
          await read(some.slice(some.length / 2));
        }
      }
    };
    await read(all);
    const items: CatalogItem[] = all.map((name) => {
      const [, start = null, increment = null] = settings.get(name) ?? [];
      const comment = comments.get(name) || null;
      return { section: 'sequence', sequence: { schema, name, nativeType: 'bigint', start, increment, comment } };
    });
    return [...faults, ...items];
  });
}

/** Routines after a place, one by one: the server has them in one table and reads them in one go. */
export async function* readRoutines(
  reader: SchemaReader,
  schema: string,
  after: CatalogPlace | null,
): AsyncGenerator<CatalogItem, void> {
  const { names } = reader.request;
  const later = after === null ? '' : ' AND CAST(NAME AS BINARY) >= CAST(? AS BINARY)';
  const sql = routinesQuestion(globCondition('NAME', names) + later);
  const some = [schema, ...globValues(names), ...(after === null ? [] : [after.name])];
  const limits = { signal: reader.signal, maxRows };
  let rows: readonly Row[];
  try {
    rows = await reader.use((session) => session.rows(sql, [...some, ...some], limits));
  } catch (fault) {
    yield asItem({ schema, name: null, group: 'routines', reason: reader.excuse(fault) });
    return;
  }
  let routine: (Omit<CatalogRoutine, 'arguments'> & { parameters: string[] }) | null = null;
  /** A function and a procedure may have one name. */
  let namesakes: CatalogRoutine[] = [];
  const settle = (): readonly CatalogItem[] => {
    const items = namesakes
      .filter((one) => after === null || comparePlace(one.name, one.arguments, after) > 0)
      .sort((left, right) => compareBytes(left.arguments, right.arguments))
      .map((one) => ({ section: 'routine' as const, routine: one }));
    namesakes = [];
    return items;
  };
  const close = () => {
    if (routine === null) return;
    const { parameters, ...rest } = routine;
    namesakes.push({ ...rest, arguments: parameters.join(', ') });
    routine = null;
  };
  for (const [name, type, place, mode, parameter, native, language, deterministic, comment] of rows) {
    if (place === '-1') {
      close();
      if (namesakes[0] !== undefined && namesakes[0].name !== name) yield* settle();
      routine = {
        kind: type === 'PROCEDURE' ? 'procedure' : 'function',
        schema,
        name: name ?? '',
        returns: type === 'FUNCTION' ? (native ?? null) : null,
        language: language ?? null,
        volatility: deterministic === 'YES' ? 'immutable' : 'volatile',
        comment: comment || null,
        parameters: [],
      };
    } else if (routine !== null && routine.name === name) {
      const how = routine.kind === 'procedure' ? `${mode ?? 'IN'} ` : '';
      routine.parameters.push(`${how}${quoteName(parameter ?? '')} ${native ?? ''}`.trimEnd());
    }
  }
  close();
  yield* settle();
}

function comparePlace(name: string, args: string, place: CatalogPlace): number {
  return compareBytes(name, place.name) || compareBytes(args, place.arguments);
}

/** Groups that nobody shows an account which could not change them; so what it sees of them may not be all. */
export function hiddenGroups(reader: SchemaReader, schema: string, privileges: Privileges): readonly CatalogFault[] {
  const { groups } = reader.request;
  const held = privileges.ofSchema(schema);
  const faults: CatalogFault[] = [];
  const tell = (group: CatalogGroup) => faults.push({ schema, name: null, group, reason: 'CATALOG_PARTIAL' });
  if (groups.has('triggers') && !held.has('TRIGGER')) tell('triggers');
  const seesRoutines = ['EXECUTE', 'CREATE ROUTINE', 'ALTER ROUTINE', 'SHOW CREATE ROUTINE'].some((one) =>
    held.has(one),
  );
  if (groups.has('routines') && !seesRoutines && !privileges.ofTable('mysql', 'proc').has('SELECT')) tell('routines');
  return faults;
}

export function asItem(fault: CatalogFault): CatalogItem {
  return { section: 'fault', fault };
}

/** Whether a section of a schema has anything left after a place. */
export function startOf(
  after: CatalogPlace | null,
  schema: string,
  section: CatalogSection,
  order: readonly CatalogSection[],
): 'all' | 'rest' | 'none' {
  if (after === null || after.schema !== schema) return 'all';
  const difference = order.indexOf(section) - order.indexOf(after.section);
  if (difference === 0) return 'rest';
  return difference > 0 ? 'all' : 'none';
}
