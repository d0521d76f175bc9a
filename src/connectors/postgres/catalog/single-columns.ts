/** The columns of one table, a row for each: where lists of them would be long, or cannot be read. @module */
import type { CatalogGroup, CatalogRequest } from '../../../sources/index.js';
import type { Row } from '../question.js';
import type { ColumnTypes } from './column-types.js';
import { maxTableLength, type Wanted } from './details.js';
import { Feed, type Lane, lengthOf, StatementFault } from './feed.js';
import type { Dialect } from './selection.js';
import { selectColumns } from './statements.js';

/** So few that the longest of them do not fill an answer. */
const batchRows = 12;

/** Times it is begun again because another statement of the session failed. */
const maxTries = 4;

/** @returns a fault when they cannot be read. @throws when there are more than a table can have. */
export async function readSingleColumns(
  lane: Lane,
  { oid }: Wanted,
  request: CatalogRequest,
  dialect: Dialect,
  types: ColumnTypes,
): Promise<Row[] | StatementFault> {
  const built = selectColumns({ request: { ...request, after: null }, section: 'table', oids: [oid] }, dialect);
  const learn = async (_: Lane, rows: readonly Row[]) =>
    types.learn(lane.session, new Set(rows.map((row) => `${row[3]}:${row[4]}`)));
  for (let tries = 1; ; tries += 1) {
    const feed = new Feed(lane, () => built, null, request.groups.has('columns') ? learn : null, batchRows);
    try {
      return await collect(feed);
    } catch (fault) {
      if (!(fault instanceof StatementFault)) throw fault;
      if (!fault.isOfAnother || tries === maxTries) return fault;
    }
  }
}

/** Names and numbers alone, where not all about the columns can be read; `null` when these cannot either. */
export async function readColumnNames(
  lane: Lane,
  wanted: Wanted,
  request: CatalogRequest,
  dialect: Dialect,
  types: ColumnTypes,
): Promise<Row[] | null> {
  const bare = { ...request, groups: new Set<CatalogGroup>() };
  const rows = await readSingleColumns(lane, wanted, bare, dialect, types);
  return rows instanceof StatementFault ? null : rows;
}

async function collect(feed: Feed): Promise<Row[]> {
  const rows: Row[] = [];
  let length = 0;
  while (feed.isEmpty) {
    await feed.fill();
    for (let row = feed.head; row !== undefined; row = feed.head) {
      rows.push(row);
      length += lengthOf(row);
      feed.shift();
    }
    if (length > maxTableLength) throw new Error('more than a table can have');
  }
  return rows;
}
