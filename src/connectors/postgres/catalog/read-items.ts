/**
 * The items of a reading in their order: sections side by side like a merge, and each table with the details that come
 * along in the same order. Holds a batch or two of each statement and nothing else.
 *
 * @module
 */
import {
  type CatalogGroup,
  type CatalogItem,
  type CatalogPlace,
  type CatalogRequest,
  type CatalogSection,
  catalogSections,
  type Reason,
} from '../../../sources/index.js';
import type { Row } from '../question.js';
import { type DetailRows, readRoutine, readSequence, readTable, readType } from './assemble.js';
import { isTooLong, listsInBatch, selectColumnLists, typesInLists } from './column-lists.js';
import { ColumnTypes } from './column-types.js';
import { Details, isMissing, type Wanted } from './details.js';
import { Feed, type Lane, type Prepare, StatementFault } from './feed.js';
import { Grants } from './grants.js';
import type { Dialect } from './selection.js';
import { readColumnNames, readSingleColumns } from './single-columns.js';
import {
  type BuildStatement,
  selectConstraints,
  selectIndexes,
  selectRoutines,
  selectSequences,
  selectSizes,
  selectTables,
  selectTriggers,
  selectTypes,
} from './statements.js';

interface Section {
  readonly name: CatalogSection;
  readonly group: CatalogGroup | 'object';
  readonly feed: Feed;
  /** The schema's place in the list of schemas, of the row at hand. */
  placeOf(row: Row): CatalogPlace;
  last: CatalogPlace | null;
  faults: number;
  isEnded: boolean;
}

type DetailName = Exclude<keyof DetailRows, 'singly'>;

type FoundDetails = { -readonly [name in keyof DetailRows]: Row[] | null };

interface DetailGroup {
  readonly name: DetailName;
  /** Groups of the request that it answers. */
  readonly groups: readonly CatalogGroup[];
  /** And those that cannot be told without it. */
  readonly needing: readonly CatalogGroup[];
  readonly details: Details;
}

/** A page of so few objects is read over one session, its tables first. */
const smallPage = 1_000;

export function isSmallPage({ limit }: CatalogRequest): boolean {
  return limit !== null && limit <= smallPage;
}

/**
 * @param lanes     At least one.
 * @param schemas   Names in the order of the reading.
 * @param mustGoOn  Throws when the reading was ended meanwhile.
 */
export async function* readItems(
  lanes: readonly Lane[],
  request: CatalogRequest,
  dialect: Dialect,
  schemas: readonly string[],
  mustGoOn: () => void,
): AsyncGenerator<CatalogItem, void> {
  const order = new Map(schemas.map((name, place) => [name, place]));
  const types = new ColumnTypes();
  const laneOf = (number: number) => lanes[number % lanes.length] as Lane;
  const grants = request.groups.has('grants') ? new Grants() : null;
  const sections = openSections(laneOf, request, dialect, grants);
  let oids: readonly string[] | null = null;
  const [tables] = sections;
  if (tables !== undefined && isSmallPage(request)) {
    // The tables of a page first: the server then need not find them again for each of their details.
    const fault = await fillSection(tables, () => tables.feed.drain(smallPage));
    if (fault !== null) yield fault;
    oids = tables.feed.rest.map((row) => row[0] ?? '');
  }
  const groups = openDetails(laneOf, request, dialect, types, oids);
  const lost = new Set<CatalogGroup>();
  let left = request.limit ?? Number.POSITIVE_INFINITY;

  while (left > 0) {
    mustGoOn();
    let next: Section | null = null;
    let nextTurn = Number.POSITIVE_INFINITY;
    for (const section of sections) {
      while (section.feed.isEmpty && !section.isEnded) {
        const fault = await fillSection(section);
        if (fault !== null) yield fault;
      }
      const row = section.feed.head;
      if (row === undefined || section.isEnded) continue;
      const turn =
        (order.get(section.placeOf(row).schema) ?? Number.POSITIVE_INFINITY) * catalogSections.length +
        catalogSections.indexOf(section.name);
      if (turn < nextTurn) [next, nextTurn] = [section, turn];
    }
    const row = next?.feed.head;
    if (next === null || row === undefined) break;
    next.feed.shift();
    next.last = next.placeOf(row);
    left -= 1;
    switch (next.name) {
      case 'table': {
        const wanted = { oid: row[0] ?? '', place: next.last };
        const found: FoundDetails = { ...nothing };
        for (const group of groups) {
          // Mostly everything is at hand; then nothing is waited for.
          let fault = takeAtHand(group, wanted, found) ? null : await readRest(group, wanted, found);
          if (fault === null && group.name === 'columns' && isTooLong(found.columns?.[0])) {
            const rows = await readSingleColumns(group.details.lane, wanted, request, dialect, types);
            if (rows instanceof StatementFault) [fault, found.columns] = [rows, null];
            else found.singly = rows;
          }
          if (fault === null) continue;
          for (const one of group.details.isGivenUp ? [...group.groups, ...group.needing] : group.groups) {
            if (lost.has(one)) continue;
            if (group.details.isGivenUp) lost.add(one);
            yield group.details.isGivenUp
              ? faultItem(null, null, one, fault)
              : faultItem(next.last.schema, next.last.name, one, fault);
          }
          if (group.name === 'columns' && !group.details.isGivenUp) {
            found.singly = await readColumnNames(group.details.lane, wanted, request, dialect, types);
          }
        }
        yield { section: 'table', table: readTable(row, found, types, grants, request.groups) };
        break;
      }
      case 'type':
        yield { section: 'type', type: readType(row) };
        break;
      case 'sequence':
        yield { section: 'sequence', sequence: readSequence(row) };
        break;
      case 'routine':
        yield { section: 'routine', routine: readRoutine(row) };
        break;
    }
  }
  // The server broke the order that everything here stands on.
  if (request.limit === null && groups.some((group) => group.details.hasRest))
    throw new Error('details without a table');
}

const nothing: FoundDetails = {
  columns: null,
  singly: null,
  constraints: null,
  indexes: null,
  triggers: null,
  sizes: null,
};

function takeAtHand({ name, details }: DetailGroup, wanted: Wanted, found: FoundDetails): boolean {
  if (details.isGivenUp) return true;
  const rows: Row[] = [];
  found[name] = rows;
  return details.ready(wanted, rows);
}

/** @returns the fault when they cannot be read. */
async function readRest(
  { name, details }: DetailGroup,
  wanted: Wanted,
  found: FoundDetails,
): Promise<StatementFault | null> {
  const answer = await details.of(wanted, found[name] ?? []);
  const isRead = !(answer instanceof StatementFault);
  found[name] = isRead ? answer : null;
  return isRead ? null : answer;
}

/** Fetches more of a section. @returns what is to be told when the rest of it cannot be read. */
async function fillSection(
  section: Section,
  fill: () => Promise<unknown> = () => section.feed.fill(),
): Promise<CatalogItem | null> {
  try {
    await fill();
    section.faults = 0;
    return null;
  } catch (fault) {
    if (!(fault instanceof StatementFault)) throw fault;
    section.faults += 1;
    if (fault.isOfAnother && section.faults <= 4) {
      section.feed.restart(section.last);
      return null;
    }
    section.isEnded = true;
    return faultItem(section.last?.schema ?? null, null, section.group, fault);
  }
}

function faultItem(
  schema: string | null,
  name: string | null,
  group: CatalogGroup | 'object',
  fault: StatementFault,
): CatalogItem {
  const reason: Reason = isMissing(fault) ? 'CATALOG_VIEW_MISSING' : 'CATALOG_PARTIAL';
  return { section: 'fault', fault: { schema, name, group, reason } };
}

function openSections(
  laneOf: (number: number) => Lane,
  request: CatalogRequest,
  dialect: Dialect,
  grants: Grants | null,
): Section[] {
  const open = (
    name: CatalogSection,
    group: Section['group'],
    build: BuildStatement,
    placeOf: Section['placeOf'],
    prepare: Prepare | null = null,
  ): Section => {
    const feed = new Feed(
      laneOf(0),
      (after) => build({ request: { ...request, after }, section: name, oids: null }, dialect),
      request.after,
      prepare,
    );
    return { name, group, feed, placeOf, last: request.after, faults: 0, isEnded: false };
  };
  const place = (
    section: CatalogSection,
    schema: Row[number] = '',
    name: Row[number] = '',
    args: Row[number] = '',
  ) => ({
    schema: schema ?? '',
    section,
    name: name ?? '',
    arguments: args ?? '',
  });
  const { groups } = request;
  return [
    open(
      'table',
      'object',
      selectTables,
      (row) => place('table', row[1], row[2]),
      grants === null ? null : (lane, rows) => grants.learn(lane, rows),
    ),
    ...(groups.has('types') ? [open('type', 'types', selectTypes, (row) => place('type', row[0], row[1]))] : []),
    ...(groups.has('sequences')
      ? [open('sequence', 'sequences', selectSequences, (row) => place('sequence', row[0], row[1]))]
      : []),
    ...(groups.has('routines')
      ? [open('routine', 'routines', selectRoutines, (row) => place('routine', row[0], row[1], row[2]))]
      : []),
  ];
}

/** The statements of the groups that were asked for, each on a session of its own while there are enough. */
function openDetails(
  laneOf: (number: number) => Lane,
  request: CatalogRequest,
  dialect: Dialect,
  types: ColumnTypes,
  ofPage: readonly string[] | null,
): DetailGroup[] {
  const { groups } = request;
  const wanted = (...names: CatalogGroup[]) => names.filter((name) => groups.has(name));
  const hasAny = (...names: CatalogGroup[]) => wanted(...names).length > 0;
  const open = (
    name: DetailName,
    answers: readonly CatalogGroup[],
    lane: number,
    build: BuildStatement,
    prepare: Prepare | null = null,
    batchRows?: number,
  ): DetailGroup => {
    const statement = (after: CatalogPlace | null, oids: readonly string[] | null) =>
      build({ request: { ...request, after }, section: 'table', oids: oids ?? ofPage }, dialect);
    const needing = name === 'columns' ? wanted('keys', 'indexes') : [];
    const details = new Details(laneOf(lane), statement, request.after, prepare, batchRows);
    return { name, groups: answers, needing, details };
  };
  const learn = groups.has('columns')
    ? (lane: Lane, rows: readonly Row[]) => types.learn(lane.session, typesInLists(rows))
    : null;
  return [
    // Keys and indexes name columns by their numbers.
    ...(hasAny('columns', 'keys', 'indexes')
      ? [open('columns', wanted('columns'), 1, selectColumnLists, learn, listsInBatch)]
      : []),
    ...(hasAny('keys', 'checks') ? [open('constraints', wanted('keys', 'checks'), 2, selectConstraints)] : []),
    ...(groups.has('indexes') ? [open('indexes', ['indexes'], 3, selectIndexes)] : []),
    ...(groups.has('triggers') ? [open('triggers', ['triggers'], 0, selectTriggers)] : []),
    ...(groups.has('sizes') ? [open('sizes', ['sizes'], 2, selectSizes)] : []),
  ];
}
