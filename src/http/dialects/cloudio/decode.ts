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
import { dataSourceName, query, queryLimits, rows } from './schemas.js';

const isDataSourceName = Compile(dataSourceName);
const isQuery = Compile(query);
const isRows = Compile(rows);

export interface AliasedRequest {
  readonly alias: string;
  readonly dataSource: string;
  readonly kind: 'query' | 'post';
}

/**
 * @returns one entry for each alias, in the order sent.
 * @throws `http.body_shape_invalid` not an object of aliases, or an empty one.
 * @throws `http.field_missing` · `http.field_invalid` with details.field `ds`, `query` or `data`.
 */
export function decodeApiRequest(body: Body): readonly AliasedRequest[] {
  if (!isJsonObject(body)) throw httpErrors.body_shape_invalid();
  const entries = Object.entries(body);
  if (entries.length === 0) throw httpErrors.body_shape_invalid();
  return entries.map(([alias, value]) => decodeAlias(alias, value));
}

function decodeAlias(alias: string, value: JsonValue): AliasedRequest {
  if (!isJsonObject(value)) throw httpErrors.body_shape_invalid();
  const dataSource = value['ds'];
  if (dataSource === undefined) throw httpErrors.field_missing({ details: { field: 'ds' } });
  if (!isDataSourceName.Check(dataSource)) throw httpErrors.field_invalid({ details: { field: 'ds' } });
  const hasQuery = Object.hasOwn(value, 'query');
  if (hasQuery === Object.hasOwn(value, 'data')) {
    throw httpErrors.field_invalid({ details: { field: 'query', fix: 'Send either query or data.' } });
  }
  if (hasQuery) checkQuery(value['query']);
  else if (!isRows.Check(value['data'])) throw httpErrors.field_invalid({ details: { field: 'data' } });
  return { alias, dataSource, kind: hasQuery ? 'query' : 'post' };
}

function checkQuery(value: JsonValue | undefined): void {
  if (!isQuery.Check(value)) throw httpErrors.field_invalid({ details: { field: 'query' } });
  for (const filter of value.filter ?? []) checkFilter(filter as JsonObject, 1);
}

/** Groups may nest; every group names at least one condition. */
function checkFilter(filter: JsonObject, depth: number): void {
  const entries = Object.entries(filter);
  if (entries.length === 0 || depth > queryLimits.filterDepth) throw badFilter();
  for (const [name, value] of entries) {
    if (/^_?(?:and|or)$/i.test(name)) {
      if (!Array.isArray(value) || value.length === 0) throw badFilter();
      for (const member of value) {
        if (!isJsonObject(member)) throw badFilter();
        checkFilter(member, depth + 1);
      }
    } else if (!isJsonObject(value) || Object.keys(value).length === 0) {
      throw badFilter();
    }
  }
}

function badFilter() {
  return httpErrors.field_invalid({ details: { field: 'query.filter' } });
}

/** Sign-in takes no body, or an object that means nothing. */
export function checkIgnoredBody(body: Body): void {
  if (body !== undefined && !isJsonObject(body)) throw httpErrors.body_shape_invalid();
}
