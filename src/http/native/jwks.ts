/** `/.well-known/jwks.json`: what others verify our access tokens with (RFC 7517 §5, RFC 8414 §2). @module */
import { type Answer, json } from '../kit/answer.js';
import type { Call, Route } from '../kit/route.js';

export const jwksRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/.well-known/jwks.json',
    body: 'none',
    answersHead: true,
    accepts: 'anyone',
    handle: publishKeys,
  },
];

async function publishKeys({ core }: Call): Promise<Answer> {
  const { keys, maxAgeSeconds } = await core.identity.keys.published();
  return json(200, { keys }, { 'cache-control': `public, max-age=${maxAgeSeconds}` });
}
