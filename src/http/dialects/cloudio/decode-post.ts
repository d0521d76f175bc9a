/**
 * Rows of data as statements: one for each row that is changed or removed, one for those that are inserted together.
 * Each says how many rows it must reach, so that a row somebody else has changed meanwhile stops the whole request.
 *
 * @module
 */
import { type DatasetView, dataErrors, type WriteOrder } from '../../../data/index.js';
import { type Filter, type Given, namedField, type Operation } from '../../../query/index.js';
import type { JsonObject } from '../../kit/strict-json.js';
import type { Attribute, Attributes } from './attributes.js';
import { unknownAttribute } from './conditions.js';
import type { PostedRow } from './decode.js';
import { cloudioErrors } from './errors.js';
import { comparedValue, writtenValue } from './values.js';
import { insertStamps, lockColumn, lockOf, stampedAttributes, updateStamps } from './who-columns.js';

type Statement = WriteOrder['statements'][number];

/** Who posts, and when. */
export interface Posting {
  readonly view: DatasetView;
  readonly attributes: Attributes;
  readonly userName: string;
  readonly nowMs: number;
}

const operationOf: Readonly<Record<PostedRow['change'], Operation>> = { I: 'insert', U: 'update', D: 'delete' };

/**
 * @returns the statements in the order of their rows; rows that are inserted one after the other come as one.
 * @throws `data.dataset_denied` when the caller may not do what a row asks for · `cloudio.attribute_unknown` for a member
 *         no row of the table has · `cloudio.row_invalid` · `cloudio.value_invalid`
 */
export function decodePost(rows: readonly PostedRow[], posting: Posting): readonly Statement[] {
  const { view } = posting;
  for (const { change } of rows) {
    if (!view.operations.includes(operationOf[change])) throw dataErrors.dataset_denied();
  }
  const stamped = stampedAttributes(posting.attributes);
  const statements: Statement[] = [];
  let inserted: Given[] = [];
  const flush = () => {
    if (inserted.length > 0) statements.push(insertion(inserted, posting));
    inserted = [];
  };
  for (const { change, members } of rows) {
    assertKnown(members, posting.attributes);
    if (change === 'I') {
      inserted.push(insertedRow(members, posting, stamped));
      continue;
    }
    flush();
    statements.push(change === 'U' ? updating(members, posting, stamped) : deletion(members, posting));
  }
  flush();
  return statements;
}

/** The whole request is refused for one member that is no attribute; `_…` is the client's own. */
function assertKnown(members: JsonObject, attributes: Attributes): void {
  for (const name of Object.keys(members)) {
    if (!name.startsWith('_') && attributes.find(name) === undefined) throw unknownAttribute(name);
  }
}

function insertion(rows: readonly Given[], { view, attributes, userName, nowMs }: Posting): Statement {
  return {
    dataset: referenceTo(view),
    write: { kind: 'insert', rows, stamps: insertStamps(attributes, userName, nowMs) },
    expect: { affected: rows.length },
  };
}

function insertedRow(members: JsonObject, { attributes, view }: Posting, stamped: ReadonlySet<string>): Given {
  return given(members, attributes, (attribute) => {
    if (!attribute.column.isInsertable || stamped.has(attribute.name)) return false;
    // Clients name the key of a row that has none yet; the database makes it.
    const isMade = attribute.column.hasDefault && keyOf(view).includes(attribute.column.name);
    return !(isMade && members[attribute.name] === null);
  });
}

function updating(members: JsonObject, posting: Posting, stamped: ReadonlySet<string>): Statement {
  const { view, attributes, userName, nowMs } = posting;
  const { filter, lock } = rowOf(members, posting);
  const set = given(
    members,
    attributes,
    ({ name, column }) => column.isUpdatable && !stamped.has(name) && !keyOf(view).includes(column.name),
  );
  const stamps = updateStamps(attributes, userName, nowMs, lock);
  if (set.size + stamps.size === 0) {
    throw cloudioErrors.row_invalid({ details: { field: 'data', fix: 'Name an attribute that can be updated.' } });
  }
  return { dataset: referenceTo(view), write: { kind: 'update', set, stamps, filter }, expect: { affected: 1 } };
}

function deletion(members: JsonObject, posting: Posting): Statement {
  const { filter } = rowOf(members, posting);
  return { dataset: referenceTo(posting.view), write: { kind: 'delete', filter }, expect: { affected: 1 } };
}

/** The one row that a member is about, in the version that was read: by its primary key and `lastUpdateDate`. */
function rowOf(members: JsonObject, { view, attributes }: Posting) {
  const primaryKey = keyOf(view);
  if (primaryKey.length === 0) {
    const fix = 'This data source has no primary key: its rows can be inserted and queried only.';
    throw cloudioErrors.row_invalid({ details: { field: 'data', fix } });
  }
  const key = primaryKey.map((column): Filter => {
    const attribute = attributes.ofColumn(column);
    // A key that is not shown is not named.
    const json = attribute === undefined ? undefined : members[attribute.name];
    if (attribute === undefined || json === undefined || json === null) {
      const fix = 'Rows to update or delete need every attribute of the primary key.';
      throw cloudioErrors.row_invalid({ details: { ...namedField(attribute?.name), fix } });
    }
    return { kind: 'compare', column, operator: 'eq', value: comparedValue(attribute, json) };
  });
  const version = lockColumn(attributes);
  if (version === null) return { filter: all(key), lock: null };
  const attribute = attributes.ofColumn(version.name);
  if (attribute === undefined) throw unknownAttribute('lastUpdateDate');
  const lock = lockOf(attribute, members[attribute.name]);
  return { filter: all([...key, lock.filter]), lock };
}

/** A role that may change rows and not query them names them by their key all the same. */
function keyOf({ tableKey, primaryKey }: DatasetView): readonly string[] {
  return tableKey ?? primaryKey;
}

function given(members: JsonObject, attributes: Attributes, isWritten: (attribute: Attribute) => boolean): Given {
  const row = new Map<string, unknown>();
  for (const [name, json] of Object.entries(members)) {
    const attribute = attributes.find(name);
    if (attribute !== undefined && isWritten(attribute)) row.set(attribute.column.name, writtenValue(attribute, json));
  }
  return row;
}

function all(filters: readonly Filter[]): Filter {
  const flat = filters.flatMap((filter) => (filter.kind === 'and' ? filter.filters : [filter]));
  const [first] = flat;
  return first !== undefined && flat.length === 1 ? first : { kind: 'and', filters: flat };
}

function referenceTo({ dataset }: DatasetView): Statement['dataset'] {
  return { by: 'name', name: dataset.name };
}
