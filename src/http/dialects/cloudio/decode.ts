/**
 * The shape of `/v1/api` requests, checked before any data source is looked for: what is refused here is refused alike
 * whether a data source of that name exists or not.
 *
 * @module
 */
import { Compile } from 'typebox/compile';
import { httpErrors } from '../../errors.js';
import type { Body } from '../../kit/body.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../kit/strict-json.js';
import { groupWord } from './conditions.js';
import { dataSourceName, queryMembers, requestLimits, row } from './schemas.js';

const isDataSourceName = Compile(dataSourceName);
const isRow = Compile(row);
const checkedMembers = new Map(
  Object.entries(queryMembers).map(([name, { schema, fix }]) => [name, { check: Compile(schema), fix }] as const),
);

export type AliasedRequest = { readonly alias: string; readonly dataSource: string } & (
  | { readonly kind: 'query'; readonly query: QueryBody }
  | { readonly kind: 'post'; readonly rows: readonly PostedRow[] }
);

/** A query whose members have the right shape; their attributes and values are not judged yet. */
export interface QueryBody {
  readonly aggregateList?: readonly JsonObject[];
  readonly data?: JsonObject;
  readonly fetchDistinct?: boolean;
  readonly filter?: readonly JsonObject[];
  readonly groupByAttributeCodeList?: readonly string[];
  readonly limit?: number;
  readonly offset?: number;
  readonly projection?: JsonObject;
  readonly selectAttributeCodeList?: readonly string[];
  readonly sort?: Readonly<Record<string, 1 | -1>>;
}

/** A row of data: what to do with it, and its members. */
export interface PostedRow {
  readonly change: 'I' | 'U' | 'D';
  readonly members: JsonObject;
}

/**
 * @returns one entry for each alias, in the order sent.
 * @throws `http.body_shape_invalid` not an object of aliases, an empty one, or one of too many.
 * @throws `http.field_missing` · `http.field_invalid` with details.field `ds`, `query…` or `data`.
 */
export function decodeApiRequest(body: Body): readonly AliasedRequest[] {
  if (!isJsonObject(body)) throw httpErrors.body_shape_invalid();
  const entries = Object.entries(body);
  if (entries.length === 0) throw httpErrors.body_shape_invalid();
  if (entries.length > requestLimits.aliases) {
    throw httpErrors.body_shape_invalid({ details: { fix: `Send at most ${requestLimits.aliases} aliases.` } });
  }
  const requests = entries.map(([alias, value]) => decodeAlias(alias, value));
  const rowCount = requests.reduce((sum, request) => sum + (request.kind === 'post' ? request.rows.length : 0), 0);
  if (rowCount > requestLimits.rows) throw badRows(`Send at most ${requestLimits.rows} rows in one request.`);
  return requests;
}

function decodeAlias(alias: string, value: JsonValue): AliasedRequest {
  if (!isJsonObject(value)) throw httpErrors.body_shape_invalid();
  const dataSource = value['ds'];
  if (dataSource === undefined) throw httpErrors.field_missing({ details: { field: 'ds' } });
  if (!isDataSourceName.Check(dataSource)) throw httpErrors.field_invalid({ details: { field: 'ds' } });
  const { query, data } = value;
  if ((query === undefined) === (data === undefined)) {
    throw httpErrors.field_invalid({ details: { field: 'query', fix: 'Send either query or data.' } });
  }
  return query === undefined
    ? { alias, dataSource, kind: 'post', rows: decodeRows(data) }
    : { alias, dataSource, kind: 'query', query: decodeQueryBody(query) };
}

/** A member nobody knows could have been meant to narrow the result, so it is refused; `_…` is internal to clients. */
function decodeQueryBody(query: JsonValue): QueryBody {
  if (!isJsonObject(query)) throw httpErrors.field_invalid({ details: { field: 'query', fix: 'Send an object.' } });
  for (const [name, value] of Object.entries(query)) {
    if (name.startsWith('_')) continue;
    const member = checkedMembers.get(name);
    if (member === undefined) {
      const fix = `Send only: ${[...checkedMembers.keys()].join(', ')}.`;
      throw httpErrors.member_unknown({ details: { field: 'query', fix } });
    }
    if (!member.check.Check(value)) {
      throw httpErrors.field_invalid({ details: { field: `query.${name}`, fix: member.fix } });
    }
  }
  const body = query as QueryBody;
  for (const condition of body.filter ?? []) checkFilter(condition, 1);
  return body;
}

/** Groups may nest; every group names at least one condition. */
function checkFilter(filter: JsonObject, depth: number): void {
  const entries = Object.entries(filter);
  if (depth > requestLimits.filterDepth) throw badFilter(`Nest at most ${requestLimits.filterDepth} deep.`);
  if (entries.length === 0) throw badFilter('Leave out what asks nothing.');
  for (const [name, value] of entries) {
    if (groupWord(name) !== null && Array.isArray(value)) {
      if (value.length === 0) throw badFilter('A group has at least one condition.');
      for (const member of value) {
        if (!isJsonObject(member)) throw badFilter('Send {attribute: {operator: value}}.');
        checkFilter(member, depth + 1);
      }
    } else if (!isJsonObject(value) || Object.keys(value).length === 0) {
      throw badFilter('Send {attribute: {operator: value}}.');
    }
  }
}

function badFilter(fix: string) {
  return httpErrors.field_invalid({ details: { field: 'query.filter', fix } });
}

function decodeRows(data: JsonValue | undefined): readonly PostedRow[] {
  if (!Array.isArray(data)) throw badRows('Send a list of rows.');
  if (data.length > requestLimits.rows) throw badRows(`Send at most ${requestLimits.rows} rows in one request.`);
  return data.map((members: JsonValue) => {
    if (!isJsonObject(members) || !isRow.Check(members)) throw badRows('Every row needs _rs: I, U or D.');
    return { members, change: members._rs === 'N' ? 'I' : members._rs };
  });
}

function badRows(fix: string) {
  return httpErrors.field_invalid({ details: { field: 'data', fix } });
}

/** Sign-in takes no body, or an object that means nothing. */
export function checkIgnoredBody(body: Body): void {
  if (body !== undefined && !isJsonObject(body)) throw httpErrors.body_shape_invalid();
}
