/**
 * `/data/v1`: writing the datasets one was granted. Every request is one transaction; what a row's key names is changed
 * only as the client has seen it, where it says what that was.
 *
 * @module
 */
import { type DatasetView, dataErrors, type OutputShape, type Written } from '../../data/index.js';
import { AppError } from '../../kernel/errors.js';
import { type Filter, type Given, isAble, queryErrors, type Write } from '../../query/index.js';
import { type DataRow, sourcesErrors } from '../../sources/index.js';
import { httpErrors } from '../errors.js';
import type { Answer } from '../kit/answer.js';
import type { Body } from '../kit/body.js';
import { isStillMatched } from '../kit/conditional.js';
import { onlyParameters } from '../kit/members.js';
import type { GuardedCall, Method, Route } from '../kit/route.js';
import { isJsonObject, type JsonValue } from '../kit/strict-json.js';
import { accepts, slots } from './credentials.js';
import { rowTag } from './data-etag.js';
import { keyFilter, type RowKey, readKey } from './data-key.js';
import { doneOnce } from './data-once.js';
import { filterParameter, flagParameter } from './data-query.js';
import { findRow, referenceOf } from './data-routes.js';
import { invalid } from './data-words.js';
import { presentMany, presentRehearsal, presentRow } from './data-written.js';

const one = '/data/v1/:source/:object';

export const dataWriteRoutes: readonly Route[] = [
  written('POST', one, 'json-or-lines', addRows),
  written('PATCH', one, 'json', changeRows),
  written('DELETE', one, 'none', removeRows),
  written('PUT', `${one}/:key`, 'json', putRow),
  written('PATCH', `${one}/:key`, 'json', changeRow),
  written('DELETE', `${one}/:key`, 'none', removeRow),
];

function written(
  method: Method,
  path: string,
  body: 'json' | 'json-or-lines' | 'none',
  work: (call: GuardedCall) => Promise<Answer>,
): Route {
  return { method, path, body, accepts, slots, handle: (call) => doneOnce(call, method, work) };
}

/** Rows of one request. */
const maxRows = 1_000;
const noStamps: Given = new Map();

async function addRows(call: GuardedCall): Promise<Answer> {
  const { query, body } = call;
  onlyParameters(query, ['dryRun']);
  const isRehearsal = flagParameter(query, 'dryRun');
  const rows = rowsOf(body);
  const written = await write(call, { kind: 'insert', rows, stamps: noStamps }, null, isRehearsal);
  if (isRehearsal) return presentRehearsal(written);
  if (Array.isArray(body)) return presentMany(call, 201, written);
  return presentRow(call, 201, written, await viewOf(call));
}

async function changeRows(call: GuardedCall): Promise<Answer> {
  const { query, body } = call;
  onlyParameters(query, ['filter', 'confirm', 'dryRun']);
  const [filter, isRehearsal] = [narrowed(call), flagParameter(query, 'dryRun')];
  const written = await write(call, { kind: 'update', set: rowOf(body), stamps: noStamps, filter }, null, isRehearsal);
  return isRehearsal ? presentRehearsal(written) : presentMany(call, 200, written);
}

async function removeRows(call: GuardedCall): Promise<Answer> {
  const { query } = call;
  onlyParameters(query, ['filter', 'confirm', 'dryRun']);
  const [filter, isRehearsal] = [narrowed(call), flagParameter(query, 'dryRun')];
  const written = await write(call, { kind: 'delete', filter }, null, isRehearsal);
  return isRehearsal ? presentRehearsal(written) : presentMany(call, 200, written);
}

/** @throws `data.confirmation_required` when nothing narrows it and nobody said that it is meant. */
function narrowed({ query }: GuardedCall): Filter | null {
  const filter = filterParameter(query);
  const confirm = query.get('confirm');
  if (confirm !== undefined && confirm !== 'all') throw invalid('confirm', 'Send all, or leave it out.');
  if (filter === null && confirm !== 'all') {
    const fix = 'Send a filter, or confirm=all for every row in reach.';
    throw dataErrors.confirmation_required({ details: { field: 'filter', fix } });
  }
  return filter;
}

async function changeRow(call: GuardedCall): Promise<Answer> {
  onlyParameters(call.query, ['dryRun']);
  const set = rowOf(call.body);
  const isRehearsal = flagParameter(call.query, 'dryRun');
  const view = await viewOf(call);
  const key = readKey(view, call.params['key'] ?? '');
  const written = await writeSeen(
    call,
    key,
    (filter) => ({ kind: 'update', set, stamps: noStamps, filter }),
    isRehearsal,
  );
  return isRehearsal ? presentRehearsal(written) : presentRow(call, 200, written, view);
}

async function removeRow(call: GuardedCall): Promise<Answer> {
  onlyParameters(call.query, ['dryRun']);
  const isRehearsal = flagParameter(call.query, 'dryRun');
  const view = await viewOf(call);
  const key = readKey(view, call.params['key'] ?? '');
  const written = await writeSeen(call, key, (filter) => ({ kind: 'delete', filter }), isRehearsal);
  return isRehearsal ? presentRehearsal(written) : presentRow(call, 204, written, view);
}

/**
 * Changes the row of that key, or else adds it. Members that are not sent stay as they are, or take the database's
 * default. Each of the two is one statement; when somebody adds the row in between, it is changed after all.
 */
async function putRow(call: GuardedCall): Promise<Answer> {
  const { query, wants } = call;
  onlyParameters(query, ['dryRun']);
  const isRehearsal = flagParameter(query, 'dryRun');
  const given = rowOf(call.body);
  const view = await viewOf(call);
  const key = readKey(view, call.params['key'] ?? '');
  const { set, row } = withKey(given, key);
  const present = (status: 200 | 201, written: Written) =>
    isRehearsal ? presentRehearsal(written) : presentRow(call, status, written, view);
  const change = () =>
    writeSeen(call, key, (filter) => ({ kind: 'update', set, stamps: noStamps, filter }), isRehearsal);
  const add = () => write(call, { kind: 'insert', rows: [row], stamps: noStamps }, null, isRehearsal);

  if (wants.ifNoneMatch?.trim() === '*') {
    if ((await findRow(call, key)) !== null) throw httpErrors.precondition_failed();
    return present(201, await add());
  }
  if (wants.ifMatch !== null) return present(200, await change());
  const changed = await unlessMissing(change());
  if (changed !== null) return present(200, changed);
  try {
    return present(201, await add());
  } catch (error) {
    if (!isOf(error, sourcesErrors.constraint_violated.code)) throw error;
    const changedAfterAll = await unlessMissing(change());
    if (changedAfterAll === null) throw error;
    return present(200, changedAfterAll);
  }
}

async function unlessMissing(writing: Promise<Written>): Promise<Written | null> {
  try {
    return await writing;
  } catch (error) {
    if (isOf(error, dataErrors.row_not_found.code)) return null;
    throw error;
  }
}

/**
 * The members of a row, without and with those of its key.
 *
 * @throws `http.field_invalid` when the body has another key than the path · `query.rows_invalid` when nothing else is
 *         in it.
 */
function withKey(given: Given, { columns, values }: RowKey): { readonly set: Given; readonly row: Given } {
  const set = new Map(given);
  const row = new Map(given);
  for (const [at, column] of columns.entries()) {
    if (given.has(column) && String(given.get(column)) !== String(values[at])) {
      throw invalid('key', 'Send the same key in the path and in the body, or none in the body.');
    }
    set.delete(column);
    row.set(column, values[at]);
  }
  if (set.size === 0) throw queryErrors.rows_invalid({ details: { fix: 'Send a column that is not of the key.' } });
  return { set, row };
}

/**
 * Writes the row of a key. With `If-Match` only while it is the row the client has seen: what is compared with the tag is
 * compared once more in the statement itself, column by column, so that nobody's change in between is lost. Columns whose
 * type knows no equality are compared with the tag alone.
 *
 * @throws `data.row_not_found` · `http.precondition_failed`
 */
async function writeSeen(
  call: GuardedCall,
  key: RowKey,
  make: (filter: Filter) => Write,
  isRehearsal: boolean,
): Promise<Written> {
  const { ifMatch } = call.wants;
  const byKey = keyFilter(key);
  if (ifMatch === null) return asOne(write(call, make(byKey), 1, isRehearsal), dataErrors.row_not_found);
  const found = await findRow(call, key);
  if (!isStillMatched(ifMatch, found === null ? null : rowTag(found.output, found.row)) || found === null) {
    throw httpErrors.precondition_failed();
  }
  const isAny = ifMatch.trim() === '*';
  let seen = isAny ? [] : conditionsOf(found.output, found.row);
  for (;;) {
    try {
      const filter: Filter = { kind: 'and', filters: [byKey, ...seen] };
      return await asOne(write(call, make(filter), 1, isRehearsal), httpErrors.precondition_failed);
    } catch (error) {
      // Columns that only a grant to query shows cannot be asked about by a change.
      const rest = isOf(error, queryErrors.unknown_column.code) ? without(seen, error.details.field) : seen;
      if (rest.length === seen.length) throw error;
      seen = rest;
    }
  }
}

/** Conditions of one filter stay below the language's limit. */
const maxConditions = 400;

type Condition = Extract<Filter, { column: string }>;

function conditionsOf(output: readonly OutputShape[], row: DataRow): Condition[] {
  const conditions: Condition[] = [];
  for (const [at, { name, type, isMasked }] of output.entries()) {
    const value = row[at] ?? null;
    if (isMasked) continue;
    if (value === null) conditions.push({ kind: 'null', column: name, isNegated: false });
    else if (isAble(type, 'equals')) conditions.push({ kind: 'compare', column: name, operator: 'eq', value });
  }
  return conditions.slice(0, maxConditions);
}

/** Without the column of that name; names that refusals do not repeat are all left out. */
function without(conditions: readonly Condition[], field: string | undefined): Condition[] {
  return conditions.filter(({ column }) => (field === undefined ? /^[\w$-]+$/.test(column) : column !== field));
}

async function asOne(writing: Promise<Written>, otherwise: () => AppError): Promise<Written> {
  try {
    return await writing;
  } catch (error) {
    throw isOf(error, dataErrors.row_changed.code) ? otherwise() : error;
  }
}

/** Does one write, in a transaction of its own. */
async function write(call: GuardedCall, what: Write, affected: number | null, isRehearsal: boolean): Promise<Written> {
  const { core, principal, origin, signal } = call;
  const statement = { dataset: referenceOf(call), write: what, ...(affected === null ? {} : { expect: { affected } }) };
  const [written] = await core.data.write({ principal, origin }, { statements: [statement], isRehearsal, signal });
  if (written === undefined) throw new TypeError('a statement without its outcome');
  return written;
}

function viewOf(call: GuardedCall): Promise<DatasetView> {
  const { core, principal, origin } = call;
  return core.data.view({ principal, origin }, referenceOf(call));
}

/** @throws `query.rows_invalid` · `http.body_shape_invalid` */
function rowsOf(body: Body): Given[] {
  if (!Array.isArray(body)) return [rowOf(body)];
  if (body.length === 0 || body.length > maxRows) {
    const fix = `Send 1 to ${maxRows} rows.`;
    throw queryErrors.rows_invalid({ details: { limit: maxRows, fix } });
  }
  return body.map(rowOf);
}

function rowOf(value: Body | JsonValue): Given {
  if (!isJsonObject(value)) throw httpErrors.body_shape_invalid();
  return new Map(Object.entries(value));
}

function isOf(error: unknown, code: string): error is AppError {
  return error instanceof AppError && error.code === code;
}
