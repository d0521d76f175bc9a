/** `/admin/v1/grants` and `/data/v1/explain`: who may do what with which dataset, and why. @module */
import Type from 'typebox';
import type { DatasetReference, Explanation, GrantDetail, GrantTerms, NewGrant } from '../../data/index.js';
import { formatFilter, formatMask, maskSpellings, operations, parseFilter, parseMask } from '../../query/index.js';
import { httpErrors } from '../errors.js';
import { type Answer, json, noContent } from '../kit/answer.js';
import type { Body } from '../kit/body.js';
import { onlyMembers, onlyParameters } from '../kit/members.js';
import type { GuardedCall, Method, Route } from '../kit/route.js';
import { shape } from '../kit/shape.js';
import { isJsonObject, type JsonObject } from '../kit/strict-json.js';
import { accepts, slots } from './credentials.js';
import { invalid, readNames } from './data-words.js';
import { assertMayGrant } from './grant-law.js';
import { pageAnswer, readPage } from './list-page.js';

const list = '/admin/v1/grants';
const one = `${list}/:grant`;

export const grantRoutes: readonly Route[] = [
  { ...guarded('GET', list), body: 'none', answersHead: true, handle: listGrants },
  { ...guarded('POST', list), body: 'json', handle: addGrant },
  { ...guarded('GET', one), body: 'none', answersHead: true, handle: showGrant },
  { ...guarded('PATCH', one), body: 'json', handle: changeGrant },
  { ...guarded('DELETE', one), body: 'none', handle: removeGrant },
  { ...guarded('GET', '/data/v1/explain'), body: 'none', answersHead: true, handle: explain },
];

function guarded<M extends Method>(method: M, path: string) {
  return { method, path, accepts, slots };
}

const text = Type.String({ minLength: 1 });
const columns = Type.Optional(Type.Union([Type.Array(Type.String(), { maxItems: 10_000 }), Type.Null()]));
const terms = {
  operations: Type.Optional(Type.Array(Type.Enum([...operations]), { maxItems: operations.length })),
  readable: columns,
  writable: columns,
};
/** Without `filter` and `masks`, which have a grammar of their own. */
export const newGrant = Type.Object({
  role: text,
  dataset: Type.Optional(text),
  source: Type.Optional(text),
  schema: Type.Optional(text),
  table: Type.Optional(text),
  ...terms,
});
export const grantTerms = Type.Object(terms);
const readNew = shape(newGrant);
const readTerms = shape(grantTerms);
const termNames = ['operations', 'readable', 'writable', 'filter', 'masks'] as const;

async function listGrants({ core, principal, origin, query }: GuardedCall): Promise<Answer> {
  await assertMayGrant(core, principal, origin);
  const { page, filter } = readPage(query, ['role', 'source', 'dataset', 'organisation']);
  return pageAnswer(await core.data.grants.list({ principal, origin }, filter, page), presentGrant);
}

async function addGrant({ core, principal, origin, query, body }: GuardedCall): Promise<Answer> {
  await assertMayGrant(core, principal, origin);
  onlyParameters(query, []);
  return json(201, presentGrant(await core.data.grants.add({ principal, origin }, decodeNew(body))));
}

async function showGrant({ core, principal, origin, query, params }: GuardedCall): Promise<Answer> {
  await assertMayGrant(core, principal, origin);
  onlyParameters(query, []);
  return json(200, presentGrant(await core.data.grants.show({ principal, origin }, params['grant'] ?? '')));
}

async function changeGrant({ core, principal, origin, query, params, body }: GuardedCall): Promise<Answer> {
  await assertMayGrant(core, principal, origin);
  onlyParameters(query, []);
  const change = decodeTerms(onlyMembers(body, termNames));
  return json(200, presentGrant(await core.data.grants.change({ principal, origin }, params['grant'] ?? '', change)));
}

async function removeGrant({ core, principal, origin, query, params }: GuardedCall): Promise<Answer> {
  await assertMayGrant(core, principal, origin);
  onlyParameters(query, []);
  await core.data.grants.remove({ principal, origin }, params['grant'] ?? '');
  return noContent();
}

/** Everybody may ask about themselves; about others, who manages the directory. */
async function explain({ core, principal, origin, query }: GuardedCall): Promise<Answer> {
  onlyParameters(query, ['user', 'source', 'object', 'dataset', 'operation', 'columns']);
  const operation = operations.find((word) => word === query.get('operation'));
  if (operation === undefined) throw invalid('operation', `Send one of ${operations.join(', ')}.`);
  const username = query.get('user') ?? null;
  if (username !== null) await core.identity.assertAllowed(principal, 'directory.manage', origin);
  const named = query.get('columns');
  const question = {
    ...{ username, operation, columns: named === undefined ? [] : readNames('columns', named) },
    dataset: referenceOf(query.get('source'), query.get('object'), query.get('dataset')),
  };
  return json(200, presentExplanation(await core.data.explain({ principal, origin }, question)));
}

function referenceOf(source?: string, object?: string, dataset?: string): DatasetReference {
  if (dataset !== undefined && source === undefined && object === undefined) return { by: 'name', name: dataset };
  if (dataset === undefined && source !== undefined && object !== undefined) return { by: 'place', source, object };
  throw invalid('dataset', 'Send source and object, or dataset.');
}

function decodeNew(body: Body): NewGrant {
  const members = onlyMembers(body, ['role', 'dataset', 'source', 'schema', 'table', ...termNames]);
  const { role, dataset, source, schema, table } = readNew(members);
  return {
    ...{ operations: ['query'], readable: null, writable: null, filter: null, masks: [] },
    ...decodeTerms(members),
    role,
    dataset: placeOf(dataset, source, schema, table),
  };
}

function placeOf(dataset?: string, source?: string, schema?: string, table?: string): NewGrant['dataset'] {
  const isTable = source !== undefined || schema !== undefined || table !== undefined;
  if (dataset !== undefined && !isTable) return { reference: dataset };
  if (dataset !== undefined || source === undefined)
    throw invalid('dataset', 'Send dataset, or source, schema and table.');
  if (schema === undefined) throw httpErrors.field_missing({ details: { field: 'schema' } });
  if (table === undefined) throw httpErrors.field_missing({ details: { field: 'table' } });
  return { source, schema, table };
}

/** What was sent and nothing else. */
function decodeTerms(members: JsonObject): Partial<GrantTerms> {
  const {
    operations: allowed,
    readable,
    writable,
  } = readTerms({
    ...Object.fromEntries(Object.keys(terms).flatMap((name) => (name in members ? [[name, members[name]]] : []))),
  });
  const { filter, masks } = members;
  return {
    ...(allowed === undefined ? {} : { operations: allowed }),
    ...(readable === undefined ? {} : { readable }),
    ...(writable === undefined ? {} : { writable }),
    ...(filter === undefined ? {} : { filter: filter === null ? null : parseFilter(filter) }),
    ...(masks === undefined ? {} : { masks: decodeMasks(masks) }),
  };
}

function decodeMasks(masks: JsonObject[string]): GrantTerms['masks'] {
  const refused = () => invalid('masks', `Send an object of column to mask; masks are ${maskSpellings.join(', ')}.`);
  if (!isJsonObject(masks)) throw refused();
  return Object.entries(masks).map(([column, word]) => {
    const mask = typeof word === 'string' ? parseMask(word) : null;
    if (mask === null) throw refused();
    return { column, mask };
  });
}

function presentGrant({ grant, role, dataset, source, organisation, createdAtMs }: GrantDetail): object {
  return { id: grant.id, role, dataset, source, organisation, ...presentTerms(grant), createdAtMs };
}

function presentTerms({ operations: allowed, readable, writable, filter, masks }: GrantTerms): object {
  return {
    ...{ operations: allowed, readable, writable },
    filter: filter === null ? null : formatFilter(filter),
    masks: Object.fromEntries(masks.map(({ column, mask }) => [column, formatMask(mask)])),
  };
}

function presentExplanation({ grants, ...rest }: Explanation): object {
  return { ...rest, grants: grants.map((grant) => ({ id: grant.id, role: grant.role, ...presentTerms(grant) })) };
}
