/**
 * `/admin/v1/sessions`: one's own sessions, and with the right to it everybody's; never their tokens. Whoever is signed
 * in at whatever door may look and end what they do not know (ASVS 7.5.2).
 *
 * @module
 */
import { type ListedSession, type TokenFamily, tokenFamilies } from '../../identity/index.js';
import { httpErrors } from '../errors.js';
import { type Answer, json, noContent } from '../kit/answer.js';
import { numberParameter, onlyParameters } from '../kit/members.js';
import type { GuardedCall, Route } from '../kit/route.js';
import type { Query } from '../kit/url.js';
import { signedInOrKey } from './credentials.js';

const list = '/admin/v1/sessions';

export const sessionRoutes: readonly Route[] = [
  { method: 'GET', path: list, ...signedInOrKey, body: 'none', answersHead: true, handle: listSessions },
  { method: 'DELETE', path: `${list}/:session`, ...signedInOrKey, body: 'none', handle: revokeSession },
];

async function listSessions({ core, principal, origin, query }: GuardedCall): Promise<Answer> {
  onlyParameters(query, ['user', 'organisation', 'family', 'everybody', 'ended', 'limit', 'cursor']);
  const limit = numberParameter(query, 'limit', { from: 1, to: 1_000, standard: 100 });
  const cursor = query.get('cursor');
  const [username, organisation, family] = [query.get('user'), query.get('organisation'), familyOf(query)];
  const question = {
    ...(username === undefined ? {} : { username }),
    ...(organisation === undefined ? {} : { organisation }),
    ...(family === undefined ? {} : { family }),
    everybody: flag(query, 'everybody'),
    withEnded: flag(query, 'ended'),
  };
  const page = cursor === undefined ? { limit } : { limit, cursor };
  const { items, nextCursor } = await core.identity.sessions.list({ principal, origin }, question, page);
  const atHandId = principal.credential.id;
  return json(200, { items: items.map((one) => present(one, atHandId)), nextCursor: nextCursor ?? null });
}

async function revokeSession({ core, principal, origin, query, params }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  await core.identity.sessions.revoke({ principal, origin }, params['session'] ?? '');
  return noContent();
}

/** @param atHandId  Id of the credential that asks. */
function present(session: ListedSession, atHandId: string | null): object {
  const { id, family, username, organisation, address, createdAtMs, lastSeenAtMs, expiresAtMs, endedAtMs } = session;
  return {
    ...{ id, family, user: username, organisation, address, createdAtMs, lastSeenAtMs, expiresAtMs, endedAtMs },
    isCurrent: id === atHandId,
  };
}

function familyOf(query: Query): TokenFamily | undefined {
  const text = query.get('family');
  const family = tokenFamilies.find((one) => one === text);
  if (text === undefined || family !== undefined) return family;
  throw httpErrors.field_invalid({ details: { field: 'family', fix: `Send one of ${tokenFamilies.join(', ')}.` } });
}

function flag(query: Query, name: string): boolean {
  const text = query.get(name) ?? 'false';
  if (text === 'true' || text === 'false') return text === 'true';
  throw httpErrors.field_invalid({ details: { field: name, fix: 'Send true or false.' } });
}
