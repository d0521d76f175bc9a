/**
 * `/admin/v1/session`: signing in to the console, who is signed in, and out again. What a person types in comes through
 * the one password door; what their browser gets is a cookie that no script can read.
 *
 * @module
 */
import Type from 'typebox';
import { actions, isAllowed, type Principal } from '../../access/index.js';
import type { CurrentSession } from '../../identity/index.js';
import { type Eventual, whenThere } from '../../kernel/eventual.js';
import { Secret } from '../../kernel/secret.js';
import { httpErrors } from '../errors.js';
import { type Answer, json, noContent } from '../kit/answer.js';
import { assertOwnPage } from '../kit/browser.js';
import { clearConsoleCookie, setConsoleCookie } from '../kit/console-cookie.js';
import { onlyMembers, onlyParameters } from '../kit/members.js';
import type { Call, GuardedCall, Route } from '../kit/route.js';
import { shape } from '../kit/shape.js';
import { productVersion } from '../kit/version.js';
import { cookieSlot, signedIn, signedInOrKey } from './credentials.js';

const path = '/admin/v1/session';

export const consoleSessionRoutes: readonly Route[] = [
  { method: 'GET', path, ...signedInOrKey, body: 'none', answersHead: true, handle: showSession },
  { method: 'POST', path, accepts: 'anyone', slots: cookieSlot, body: 'json', handle: signIn },
  { method: 'DELETE', path, ...signedIn, body: 'none', handle: signOut },
  { method: 'POST', path: `${path}/password`, accepts: 'anyone', body: 'json', handle: changePassword },
];

const text = Type.String({ minLength: 1 });
const readSignIn = shape(Type.Object({ username: text, password: text }));
const readChange = shape(Type.Object({ username: text, current: text, new: text }));

function showSession({ core, principal, query }: GuardedCall): Eventual<Answer> {
  onlyParameters(query, []);
  const before = told.get(principal);
  if (before !== undefined) return before;
  return whenThere(core.identity.sessions.current(principal), (current) => {
    const answer = json(200, presentSession(principal, current));
    if (principal.credential.kind !== 'console_session') told.set(principal, answer);
    return answer;
  });
}

/** What a principal is told of itself never changes, but where it is a session that may end meanwhile. */
const told = new WeakMap<Principal, Answer>();

async function signIn({ core, origin, query, body, credential, browser }: Call): Promise<Answer> {
  onlyParameters(query, []);
  // A page of somebody else could sign its visitor in as whom it likes.
  assertOwnPage({ browser });
  if (!browser.keepsCookies()) {
    const fix = 'Open the console by its https address; where a proxy ends TLS, set publicUrl to that address.';
    throw httpErrors.https_needed({ details: { fix } });
  }
  const { username, password } = readSignIn(onlyMembers(body, ['username', 'password']));
  const replaces = credential?.slot === 'cookie' ? credential.value : null;
  const begun = await core.identity.login({
    ...{ family: 'console', username, password: new Secret(password), replaces, origin },
  });
  const presented = { shape: 'cookie', value: begun.token, csrf: null, isReadOnly: true } as const;
  const principal = await core.identity.authenticate({ presented, accepts: ['console_session'], origin });
  const { profile, csrf, session } = begun;
  return json(200, presentSession(principal, { profile, csrf, idleMs: session.idleMs }), {
    'set-cookie': setConsoleCookie(begun.token),
  });
}

async function signOut({ core, principal, origin, query }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  await core.identity.logout(principal, origin);
  return { ...noContent(), headers: { 'set-cookie': clearConsoleCookie } };
}

/** The way out of an expired password, so it needs no session; it ends every session of the account. */
async function changePassword({ core, origin, query, body, browser }: Call): Promise<Answer> {
  onlyParameters(query, []);
  assertOwnPage({ browser });
  const { username, current, new: next } = readChange(onlyMembers(body, ['username', 'current', 'new']));
  await core.identity.changePassword({ username, old: new Secret(current), next: new Secret(next), origin });
  return noContent();
}

function presentSession(principal: Principal, { profile, csrf, idleMs }: CurrentSession): object {
  const { user, organisation, roles } = profile;
  const { id, username, kind, displayName, email, passwordExpiresAtMs } = user;
  const { credential } = principal;
  return {
    user: {
      ...{ id, username, kind, displayName, email },
      organisation: { uid: organisation.uid, name: organisation.name },
      roles: roles.map(({ name }) => name),
      passwordExpiresAtMs,
    },
    allowed: actions.filter((action) => isAllowed(principal, action)),
    credential: { kind: credential.kind, id: credential.id, expiresAtMs: credential.expiresAtMs },
    csrf: csrf?.reveal() ?? null,
    idleMs,
    version: productVersion,
  };
}
