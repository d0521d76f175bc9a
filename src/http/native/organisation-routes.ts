/** `/admin/v1/organisations`: who users, roles and sources belong to, by their short names. @module */
import Type from 'typebox';
import type { Organisation } from '../../identity/index.js';
import { type Answer, json, noContent } from '../kit/answer.js';
import { onlyMembers, onlyParameters } from '../kit/members.js';
import type { GuardedCall, Method, Route } from '../kit/route.js';
import { shape } from '../kit/shape.js';
import { accepts, slots } from './credentials.js';
import { pageAnswer, readPage } from './list-page.js';

const list = '/admin/v1/organisations';
const one = `${list}/:organisation`;

export const organisationRoutes: readonly Route[] = [
  { ...guarded('GET', list), body: 'none', answersHead: true, handle: listOrganisations },
  { ...guarded('POST', list), body: 'json', handle: addOrganisation },
  { ...guarded('GET', one), body: 'none', answersHead: true, handle: showOrganisation },
  { ...guarded('DELETE', one), body: 'none', handle: removeOrganisation },
];

function guarded<M extends Method>(method: M, path: string) {
  return { method, path, accepts, slots };
}

export const newOrganisation = Type.Object({ uid: Type.String({ minLength: 1 }), name: Type.String({ minLength: 1 }) });
const readNew = shape(newOrganisation);

async function listOrganisations({ core, principal, origin, query }: GuardedCall): Promise<Answer> {
  const { page } = readPage(query, []);
  return pageAnswer(await core.identity.organisations.list({ principal, origin }, page), presentOrganisation);
}

async function addOrganisation({ core, principal, origin, query, body }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  const input = readNew(onlyMembers(body, ['uid', 'name']));
  return json(201, presentOrganisation(await core.identity.organisations.add({ principal, origin }, input)));
}

async function showOrganisation({ core, principal, origin, query, params }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  return json(200, presentOrganisation(await core.identity.organisations.show({ principal, origin }, uidOf(params))));
}

/** With its users and everything of theirs. */
async function removeOrganisation({ core, principal, origin, query, params }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  await core.identity.organisations.remove({ principal, origin }, uidOf(params));
  return noContent();
}

function uidOf(params: Readonly<Record<string, string>>): string {
  return params['organisation'] ?? '';
}

function presentOrganisation({ id, uid, name, createdAtMs }: Organisation): object {
  return { id, uid, name, createdAtMs };
}
