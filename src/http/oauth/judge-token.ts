/** `/oauth/introspect` (RFC 7662) and `/oauth/revoke` (RFC 7009). @module */
import { Secret } from '../../kernel/secret.js';
import { type Answer, json } from '../kit/answer.js';
import { onlyParameters } from '../kit/members.js';
import type { GuardedCall } from '../kit/route.js';
import { parametersOf, required } from './parameters.js';

/** `token_type_hint` is not looked at: what a value is shows in the value. */
export async function introspect({ core, principal, origin, query, body }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  const token = new Secret(required(parametersOf(body), 'token'));
  const found = await core.identity.tokens.introspect(principal, token, origin);
  if (found === null) return json(200, { active: false });
  return json(200, {
    active: true,
    scope: found.scopes.join(' '),
    client_id: found.clientId,
    username: found.username,
    token_type: 'Bearer',
    ...(found.expiresAtMs === null ? {} : { exp: secondsOf(found.expiresAtMs) }),
    iat: secondsOf(found.issuedAtMs),
    sub: found.userId,
    ...(found.sources === null ? {} : { sources: found.sources }),
  });
}

/** 200 also for what is none, or none any more (§2.2). */
export async function revoke({ core, principal, origin, query, body }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  const token = new Secret(required(parametersOf(body), 'token'));
  await core.identity.tokens.revoke(principal, token, origin);
  return { status: 200, contentType: null, body: '' };
}

/** NumericDate (RFC 7519 §2). */
function secondsOf(ms: number): number {
  return Math.floor(ms / 1000);
}
