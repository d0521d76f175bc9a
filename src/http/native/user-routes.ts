/** `/admin/v1/users`: people, service accounts and API users, by their names. @module */
import { httpErrors } from '../errors.js';
import { type Answer, json, noContent } from '../kit/answer.js';
import { onlyParameters } from '../kit/members.js';
import type { GuardedCall, Method, Route } from '../kit/route.js';
import { accepts, slots } from './credentials.js';
import { pageAnswer, readPage } from './list-page.js';
import { presentListedUser, presentNewUser, presentPassword, presentUser } from './present-user.js';
import { decodeNewUser, decodePassword, decodeUserChange, userKinds } from './user-bodies.js';

const list = '/admin/v1/users';
const one = `${list}/:user`;

export const userRoutes: readonly Route[] = [
  { ...guarded('GET', list), body: 'none', answersHead: true, handle: listUsers },
  { ...guarded('POST', list), body: 'json', handle: addUser },
  { ...guarded('GET', one), body: 'none', answersHead: true, handle: showUser },
  { ...guarded('PATCH', one), body: 'json', handle: changeUser },
  { ...guarded('DELETE', one), body: 'none', handle: removeUser },
  { ...guarded('POST', `${one}/password`), body: 'json', handle: setPassword },
  { ...guarded('POST', `${one}/disable`), body: 'none', handle: disableUser },
  { ...guarded('POST', `${one}/enable`), body: 'none', handle: enableUser },
];

function guarded<M extends Method>(method: M, path: string) {
  return { method, path, accepts, slots };
}

async function listUsers({ core, principal, origin, query }: GuardedCall): Promise<Answer> {
  const { page, filter } = readPage(query, ['organisation', 'kind', 'search', 'role']);
  const { kind: word, ...rest } = filter;
  const kind = userKinds.find((one) => one === word);
  if (word !== undefined && kind === undefined) {
    throw httpErrors.field_invalid({ details: { field: 'kind', fix: `Send one of ${userKinds.join(', ')}.` } });
  }
  const question = { ...rest, ...(kind === undefined ? {} : { kind }) };
  return pageAnswer(await core.identity.users.list({ principal, origin }, question, page), presentListedUser);
}

/** A password that is made here is told in this answer, and never again. */
async function addUser({ core, principal, origin, query, body }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  const { user, password } = decodeNewUser(body);
  const made = password === 'made' ? core.identity.passwords.make() : null;
  const chosen = typeof password === 'string' ? made : password;
  const profile = await core.identity.users.add({ principal, origin }, { ...user, password: chosen });
  return json(201, presentNewUser(profile, made));
}

async function showUser({ core, principal, origin, query, params }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  return json(200, presentUser(await core.identity.users.show({ principal, origin }, nameOf(params))));
}

async function changeUser({ core, principal, origin, query, params, body }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  const change = decodeUserChange(body);
  return json(200, presentUser(await core.identity.users.set({ principal, origin }, nameOf(params), change)));
}

async function removeUser({ core, principal, origin, query, params }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  await core.identity.users.remove({ principal, origin }, nameOf(params));
  return noContent();
}

/** Ends every session of the user. */
async function setPassword({ core, principal, origin, query, params, body }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  const [actor, username, { users, passwords }] = [{ principal, origin }, nameOf(params), core.identity];
  const { user } = await users.show(actor, username);
  const { password, mustChange } = decodePassword(body, user.kind);
  const next = password ?? passwords.make();
  await users.resetPassword(actor, username, { password: next, mustChange });
  return json(200, { password: presentPassword(password === null ? next : null) });
}

async function disableUser(call: GuardedCall): Promise<Answer> {
  await call.core.identity.users.disable({ principal: call.principal, origin: call.origin }, nameOf(call.params));
  return showUser(call);
}

async function enableUser(call: GuardedCall): Promise<Answer> {
  await call.core.identity.users.enable({ principal: call.principal, origin: call.origin }, nameOf(call.params));
  return showUser(call);
}

function nameOf(params: Readonly<Record<string, string>>): string {
  return params['user'] ?? '';
}
