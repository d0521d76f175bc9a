/** Routes of the precrime family. @module */
import type { ApiKeyWithValue } from '../../../identity/index.js';
import { type Answer, json } from '../../kit/answer.js';
import type { Call, GuardedCall, Route } from '../../kit/route.js';
import { tokenOnly, tokenOrKey } from './credentials.js';
import { decodeKeyName, decodeKeyReference, decodeLogin, decodePasswordChange } from './decode.js';
import { presentKey, presentMessage, presentSignIn } from './present.js';

export const routes: readonly Route[] = [
  { method: 'POST', path: '/user/login', body: 'json', accepts: 'anyone', handle: login },
  // Renewing and logging out by GET is how the published API has it. It is safe from other sites, because the token
  // travels in a header that no browser adds by itself; there are no cookies here.
  { method: 'GET', path: '/user/renew', body: 'none', accepts: ['precrime_token'], slots: tokenOnly, handle: renew },
  { method: 'GET', path: '/user/logout', body: 'none', accepts: ['precrime_token'], slots: tokenOnly, handle: logout },
  { method: 'POST', path: '/user/logout', body: 'none', accepts: ['precrime_token'], slots: tokenOnly, handle: logout },
  { method: 'POST', path: '/user/password', body: 'json', accepts: 'anyone', handle: changePassword },
  {
    method: 'POST',
    path: '/authheader/add',
    body: 'json',
    accepts: ['precrime_token'],
    slots: tokenOnly,
    handle: addKey,
  },
  {
    method: 'GET',
    path: '/authheader/list',
    body: 'none',
    answersHead: true,
    accepts: ['precrime_token'],
    slots: tokenOnly,
    handle: listKeys,
  },
  {
    method: 'POST',
    path: '/authheader/delete',
    body: 'json-or-text',
    accepts: ['precrime_token'],
    slots: tokenOnly,
    handle: deleteKey,
  },
  {
    method: 'GET',
    path: '/test/secure',
    body: 'none',
    answersHead: true,
    accepts: ['precrime_token', 'api_key'],
    slots: tokenOrKey,
    handle: greet,
  },
  {
    method: 'GET',
    path: '/test/unsecure',
    body: 'none',
    answersHead: true,
    accepts: 'anyone',
    handle: () => json(200, presentMessage('Hi anonymous')),
  },
];

function greet({ principal }: GuardedCall): Answer {
  return json(200, presentMessage(`Hi ${principal.username}`));
}

async function login({ core, body, origin }: Call): Promise<Answer> {
  const signIn = await core.identity.login({ family: 'precrime', ...decodeLogin(body), origin });
  return json(200, presentSignIn(signIn));
}

async function renew({ core, principal, origin }: GuardedCall): Promise<Answer> {
  return json(200, presentSignIn(await core.identity.renew(principal, origin)));
}

async function logout({ core, principal, origin }: GuardedCall): Promise<Answer> {
  await core.identity.logout(principal, origin);
  return json(200, presentMessage('User logged out'));
}

async function changePassword({ core, body, origin }: Call): Promise<Answer> {
  await core.identity.changePassword({ ...decodePasswordChange(body), origin });
  return json(200, presentMessage('Success'));
}

async function addKey({ core, principal, body, origin }: GuardedCall): Promise<Answer> {
  return json(200, presentKey(await core.identity.apiKeys.add(principal, decodeKeyName(body), origin)));
}

async function listKeys({ core, principal }: GuardedCall): Promise<Answer> {
  const keys = await allKeys((cursor) =>
    core.identity.apiKeys.list(principal, { limit: 1_000, ...(cursor === undefined ? {} : { cursor }) }),
  );
  return json(200, keys.map(presentKey));
}

async function deleteKey({ core, principal, body, origin }: GuardedCall): Promise<Answer> {
  await core.identity.apiKeys.remove(principal, decodeKeyReference(body), origin);
  return json(200, presentMessage('Success'));
}

/** The published list has no pages, so every page goes into one answer. */
async function allKeys(
  page: (
    cursor: string | undefined,
  ) => Promise<{ readonly items: readonly ApiKeyWithValue[]; readonly nextCursor?: string }>,
): Promise<ApiKeyWithValue[]> {
  const keys: ApiKeyWithValue[] = [];
  let cursor: string | undefined;
  do {
    const { items, nextCursor } = await page(cursor);
    keys.push(...items);
    cursor = nextCursor;
  } while (cursor !== undefined);
  return keys;
}
