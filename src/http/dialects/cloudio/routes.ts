/** Routes of the cloudio family. @module */
import { identityErrors } from '../../../identity/index.js';
import { httpErrors } from '../../errors.js';
import { type Answer, json } from '../../kit/answer.js';
import type { Call, GuardedCall, Route } from '../../kit/route.js';
import { api } from './api.js';
import { loginOf, sessionSlots } from './credentials.js';
import { checkIgnoredBody } from './decode.js';
import { ok, presentSignIn } from './present.js';

const accepts = ['cloudio_session'] as const;

export const routes: readonly Route[] = [
  { method: 'POST', path: '/v1/auth', body: 'optional-json', accepts: 'anyone', handle: login },
  { method: 'GET', path: '/v1/status', body: 'none', answersHead: true, accepts: 'anyone', handle: status },
  { method: 'POST', path: '/v1/status', body: 'none', accepts: 'anyone', handle: status },
  { method: 'POST', path: '/v1/signout', body: 'none', accepts, slots: sessionSlots, handle: signOut },
  { method: 'POST', path: '/v1/api', body: 'json', accepts, slots: sessionSlots, handle: api },
];

async function login({ core, body, credential, origin }: Call): Promise<Answer> {
  checkIgnoredBody(body);
  const sent = loginOf(credential);
  if (sent === null) throw identityErrors.invalid_credentials();
  return json(200, presentSignIn(await core.identity.login({ family: 'cloudio', ...sent, origin })));
}

async function status({ core }: Call): Promise<Answer> {
  if (!(await core.isStoreReady())) throw httpErrors.not_ready();
  return json(200, ok);
}

async function signOut({ core, principal, origin }: GuardedCall): Promise<Answer> {
  await core.identity.logout(principal, origin);
  return json(200, ok);
}
