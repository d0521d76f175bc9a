/** `/admin/v1/datasets`: the tables, views and named queries that can be granted, by their ids or names. @module */
import Type from 'typebox';
import type { Dataset, NewDataset } from '../../data/index.js';
import { httpErrors } from '../errors.js';
import { type Answer, json, noContent } from '../kit/answer.js';
import type { Body } from '../kit/body.js';
import { onlyMembers, onlyParameters } from '../kit/members.js';
import type { GuardedCall, Method, Route } from '../kit/route.js';
import { shape } from '../kit/shape.js';
import { accepts, slots } from './credentials.js';
import { assertMayGrant } from './grant-law.js';
import { pageAnswer, readPage } from './list-page.js';

const list = '/admin/v1/datasets';
const one = `${list}/:dataset`;

export const datasetRoutes: readonly Route[] = [
  { ...guarded('GET', list), body: 'none', answersHead: true, handle: listDatasets },
  { ...guarded('POST', list), body: 'json', handle: addDataset },
  { ...guarded('GET', one), body: 'none', answersHead: true, handle: showDataset },
  { ...guarded('PATCH', one), body: 'json', handle: renameDataset },
  { ...guarded('DELETE', one), body: 'none', handle: removeDataset },
];

function guarded<M extends Method>(method: M, path: string) {
  return { method, path, accepts, slots };
}

const text = Type.String({ minLength: 1 });
export const newDataset = Type.Object({
  source: text,
  name: Type.Optional(text),
  schema: Type.Optional(text),
  table: Type.Optional(text),
  query: Type.Optional(text),
});
export const datasetChange = Type.Object({ name: text });
const readNew = shape(newDataset);
const readChange = shape(datasetChange);

async function listDatasets({ core, principal, origin, query }: GuardedCall): Promise<Answer> {
  await assertMayGrant(core, principal, origin);
  const { page, filter } = readPage(query, ['source']);
  return pageAnswer(await core.data.datasets.list({ principal, origin }, filter, page), presentDataset);
}

async function addDataset({ core, principal, origin, query, body }: GuardedCall): Promise<Answer> {
  await assertMayGrant(core, principal, origin);
  onlyParameters(query, []);
  return json(201, presentDataset(await core.data.datasets.add({ principal, origin }, decodeNew(body))));
}

async function showDataset({ core, principal, origin, query, params }: GuardedCall): Promise<Answer> {
  await assertMayGrant(core, principal, origin);
  onlyParameters(query, []);
  return json(200, presentDataset(await core.data.datasets.show({ principal, origin }, params['dataset'] ?? '')));
}

async function renameDataset({ core, principal, origin, query, params, body }: GuardedCall): Promise<Answer> {
  await assertMayGrant(core, principal, origin);
  onlyParameters(query, []);
  const { name } = readChange(onlyMembers(body, ['name']));
  const renamed = await core.data.datasets.rename({ principal, origin }, params['dataset'] ?? '', name);
  return json(200, presentDataset(renamed));
}

async function removeDataset({ core, principal, origin, query, params }: GuardedCall): Promise<Answer> {
  await assertMayGrant(core, principal, origin);
  onlyParameters(query, []);
  await core.data.datasets.remove({ principal, origin }, params['dataset'] ?? '');
  return noContent();
}

/** A table of a schema, or one `SELECT` with a name. */
function decodeNew(body: Body): NewDataset {
  const members = onlyMembers(body, ['source', 'name', 'schema', 'table', 'query']);
  const { source, name, schema, table, query } = readNew(members);
  const named = name === undefined ? {} : { name };
  if (query !== undefined) {
    if (schema !== undefined || table !== undefined) throw eitherOr();
    return { source, ...named, of: { kind: 'query', text: query } };
  }
  if (table === undefined) throw eitherOr();
  if (schema === undefined) throw httpErrors.field_missing({ details: { field: 'schema' } });
  return { source, ...named, of: { kind: 'table', schema, name: table } };
}

function eitherOr() {
  return httpErrors.field_invalid({ details: { field: 'table', fix: 'Send schema and table, or query.' } });
}

function presentDataset({ id, name, sourceName, of, createdAtMs }: Dataset): object {
  const place =
    of.kind === 'table'
      ? { kind: of.kind, schema: of.schema, table: of.name, query: null }
      : { kind: of.kind, schema: null, table: null, query: of.text };
  return { id, name, source: sourceName, ...place, createdAtMs };
}
