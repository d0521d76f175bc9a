/** Routes of the onedb family. @module */
import { type Answer, json, jsonText } from '../../kit/answer.js';
import type { Call, GuardedCall, Route } from '../../kit/route.js';
import { bearerOnly } from './credentials.js';
import { decodeAuthenticate, decodeVaultRequest } from './decode.js';
import { signInPath } from './errors.js';
import { itemFailureText, presentToken } from './present.js';

const accepts = ['onedb_token'] as const;

export const routes: readonly Route[] = [
  { method: 'POST', path: signInPath, body: 'json', accepts: 'anyone', handle: authenticate },
  { method: 'POST', path: '/api/v1/tokenize', body: 'json', accepts, slots: bearerOnly, handle: vault },
  { method: 'POST', path: '/api/v1/detokenize', body: 'json', accepts, slots: bearerOnly, handle: vault },
];

async function authenticate({ core, body, origin }: Call): Promise<Answer> {
  const signIn = await core.identity.login({ family: 'onedb', ...decodeAuthenticate(body), origin });
  return json(200, presentToken(signIn));
}

/**
 * Tokenize and detokenize alike: no template exists in this version, so each well-formed item is told so. What a
 * template would do is a failure of the item, not of the request, and so is answered with 200.
 */
async function vault({ core, principal, body, query, origin }: GuardedCall): Promise<Answer> {
  await core.identity.assertAllowed(principal, 'vault.use', origin);
  const { mode, items } = decodeVaultRequest(body, query);
  const results = items.map(({ trxId }) =>
    itemFailureText(trxId, trxId === null ? 'trxId is required' : 'Invalid template name!'),
  );
  return jsonText(200, mode === 'single' ? results.join('') : `[${results.join(',')}]`);
}
