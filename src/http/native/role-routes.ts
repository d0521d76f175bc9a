/** `/admin/v1/roles`: named sets of actions of organisations, by their ids. @module */
import Type from 'typebox';
import type { ListedRole } from '../../identity/index.js';
import { type Answer, json, noContent } from '../kit/answer.js';
import { onlyMembers, onlyParameters } from '../kit/members.js';
import type { GuardedCall, Method, Route } from '../kit/route.js';
import { shape } from '../kit/shape.js';
import { accepts, slots } from './credentials.js';
import { pageAnswer, readPage } from './list-page.js';

const list = '/admin/v1/roles';
const one = `${list}/:role`;

export const roleRoutes: readonly Route[] = [
  { ...guarded('GET', list), body: 'none', answersHead: true, handle: listRoles },
  { ...guarded('POST', list), body: 'json', handle: addRole },
  { ...guarded('GET', one), body: 'none', answersHead: true, handle: showRole },
  { ...guarded('PATCH', one), body: 'json', handle: changeRole },
  { ...guarded('DELETE', one), body: 'none', handle: removeRole },
];

function guarded<M extends Method>(method: M, path: string) {
  return { method, path, accepts, slots };
}

const names = Type.Array(Type.String(), { maxItems: 100 });
export const newRole = Type.Object({
  name: Type.String({ minLength: 1 }),
  organisation: Type.String({ minLength: 1 }),
  allowed: Type.Optional(names),
});
export const roleChange = Type.Object({ name: Type.Optional(Type.String()), allowed: Type.Optional(names) });
const readNew = shape(newRole);
const readChange = shape(roleChange);

async function listRoles({ core, principal, origin, query }: GuardedCall): Promise<Answer> {
  const { page, filter } = readPage(query, ['organisation']);
  return pageAnswer(await core.identity.roles.list({ principal, origin }, filter, page), presentRole);
}

async function addRole({ core, principal, origin, query, body }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  const { name, organisation, allowed = [] } = readNew(onlyMembers(body, ['name', 'organisation', 'allowed']));
  const input = { name, organisationUid: organisation, allowed };
  return json(201, presentRole(await core.identity.roles.add({ principal, origin }, input)));
}

async function showRole({ core, principal, origin, query, params }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  return json(200, presentRole(await core.identity.roles.show({ principal, origin }, idOf(params))));
}

async function changeRole({ core, principal, origin, query, params, body }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  const change = readChange(onlyMembers(body, ['name', 'allowed']));
  return json(200, presentRole(await core.identity.roles.set({ principal, origin }, idOf(params), change)));
}

async function removeRole({ core, principal, origin, query, params }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  await core.identity.roles.remove({ principal, origin }, idOf(params));
  return noContent();
}

function idOf(params: Readonly<Record<string, string>>): { readonly id: string } {
  return { id: params['role'] ?? '' };
}

function presentRole({ id, name, organisation, allowed, users, createdAtMs }: ListedRole): object {
  return { id, name, organisation, allowed, users, createdAtMs };
}
