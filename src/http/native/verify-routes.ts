/**
 * `/verify`: the question a proxy asks before it lets a request through to something that has no sign-in of its own
 * (`auth_request` of nginx, forward-auth of Traefik and Caddy). The proxy hands over the client's headers; who it is
 * goes back in headers, spelled so that no name can be taken for anything else.
 *
 * @module
 */
import { type Action, actions, type CredentialKind, type Principal } from '../../access/index.js';
import type { Vouched } from '../../identity/index.js';
import { type Eventual, whenThere } from '../../kernel/eventual.js';
import { httpErrors } from '../errors.js';
import type { Answer } from '../kit/answer.js';
import type { SlotTable } from '../kit/credentials.js';
import { onlyParameters } from '../kit/members.js';
import type { GuardedCall, Route } from '../kit/route.js';
import type { Query } from '../kit/url.js';

/** Every kind that can be presented. */
const accepts: readonly CredentialKind[] = [
  'precrime_token',
  'cloudio_session',
  'onedb_token',
  'native_token',
  'api_key',
];

/** Every place that some family has for it. The csrf value of a session comes by `X-CSRF-Token`. */
const slots: SlotTable = {
  authorization: ['bare_jwt', 'bearer_jwt', 'bare_api_key', 'bearer_api_key'],
  authentication: ['bare_jwt', 'bearer_jwt'],
  'x-authorization': ['bare_api_key'],
};

/** Proxies ask by GET whatever the client's method was; other methods are 405. */
export const verifyRoutes: readonly Route[] = [
  { method: 'GET', path: '/verify', body: 'none', answersHead: true, accepts, slots, handle: verify },
];

function verify({ core, principal, origin, query }: GuardedCall): Eventual<Answer> {
  onlyParameters(query, ['role', 'action']);
  const required = { roles: listOf(query, 'role'), actions: listOf(query, 'action').map(actionNamed) };
  return whenThere(core.identity.vouch(principal, required, origin), (vouched) => answerOf(principal, vouched));
}

/** Written down once for each principal: a proxy asks before every single request of theirs. */
const written = new WeakMap<Principal, Answer>();

function answerOf(principal: Principal, { profile, roles }: Vouched): Answer {
  const before = written.get(principal);
  if (before !== undefined) return before;
  const headers = {
    'x-latchkey-user': encode(profile.user.username),
    'x-latchkey-user-id': encode(profile.user.id),
    'x-latchkey-organisation': encode(profile.organisation.uid),
    ...rolesOf(roles),
    'x-latchkey-credential': principal.credential.kind,
  };
  const answer: Answer = { status: 200, contentType: null, body: '', headers };
  written.set(principal, answer);
  return answer;
}

/** nginx takes 4 KiB of an answer's head, and some applications no more of a request's. */
const maxRolesLength = 2_048;

/** All of them, or how many they would be: a list that was cut would look like a whole one. */
function rolesOf(roles: readonly string[]): Readonly<Record<string, string>> {
  const list = roles.map(encode).join(',');
  return list.length <= maxRolesLength
    ? { 'x-latchkey-roles': list }
    : { 'x-latchkey-roles-omitted': String(roles.length) };
}

/**
 * Names with commas between. A parameter that is there and names nothing is refused: a variable of the proxy that is
 * empty by mistake must not open what it was to guard.
 */
function listOf(query: Query, name: string): string[] {
  const text = query.get(name);
  if (text === undefined) return [];
  const names = text.split(',');
  if (names.includes('')) throw httpErrors.field_invalid({ details: { field: name, fix: 'Name at least one.' } });
  return names;
}

function actionNamed(name: string): Action {
  const action = actions.find((one) => one === name);
  if (action === undefined) throw httpErrors.field_invalid({ details: { field: 'action' } });
  return action;
}

const utf8 = new TextEncoder();
const safe = /^[A-Za-z0-9._~@-]$/;

/** Percent-encoding of the UTF-8 bytes of everything but letters, digits and `.` `_` `~` `@` `-`. */
function encode(text: string): string {
  return Array.from(utf8.encode(text), (byte) => {
    const character = String.fromCharCode(byte);
    return safe.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}
