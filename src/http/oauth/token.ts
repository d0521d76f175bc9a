/** `/oauth/token`: the client credentials grant for service accounts (RFC 6749 §4.4). @module */
import { type Action, actions } from '../../access/index.js';
import { identityErrors } from '../../identity/index.js';
import { Secret } from '../../kernel/secret.js';
import { httpErrors } from '../errors.js';
import { type Answer, json } from '../kit/answer.js';
import { type ClientLogin, decodeBasic } from '../kit/basic.js';
import type { FoundCredential } from '../kit/credentials.js';
import { onlyParameters } from '../kit/members.js';
import type { Call } from '../kit/route.js';
import { type Parameters, parametersOf, required } from './parameters.js';

export async function grantToken({ core, origin, query, body, credential }: Call): Promise<Answer> {
  onlyParameters(query, []);
  const parameters = parametersOf(body);
  if (required(parameters, 'grant_type') !== 'client_credentials') throw httpErrors.grant_type_unsupported();
  const scopes = scopesOf(parameters('scope'));
  const client = clientOf(credential, parameters);
  const issued = await core.identity.tokens.grantToClient({ ...client, scopes, origin });
  const answer = {
    access_token: issued.token.reveal(),
    token_type: 'Bearer',
    expires_in: issued.expiresInSeconds,
    scope: issued.scopes.join(' '),
  };
  // §5.1 asks for it, beside the `no-store` of every answer.
  return json(200, answer, { pragma: 'no-cache' });
}

/**
 * Name and password in the header or in the body, and one of the two only (§2.3).
 *
 * @throws `http.credentials_conflict` both, or two different names · `http.field_missing` half of the login ·
 * `identity.invalid_credentials` none at all, or a header that carries no login.
 */
function clientOf(credential: FoundCredential | null, parameters: Parameters): ClientLogin {
  const clientId = parameters('client_id');
  const secret = parameters('client_secret');
  if (credential === null) {
    if (clientId === undefined && secret === undefined) throw identityErrors.invalid_credentials();
    return { clientId: required(parameters, 'client_id'), secret: new Secret(required(parameters, 'client_secret')) };
  }
  if (secret !== undefined) throw httpErrors.credentials_conflict();
  const isBasic = credential.slot === 'authorization' && credential.carriage === 'basic';
  const client = isBasic ? decodeBasic(credential.value) : null;
  if (client === null) throw identityErrors.invalid_credentials();
  if (clientId !== undefined && clientId !== client.clientId) throw httpErrors.credentials_conflict();
  return client;
}

/** @throws `http.scope_unknown` */
function scopesOf(text: string | undefined): readonly Action[] | null {
  if (text === undefined) return null;
  return text.split(' ').map((name) => {
    const action = actions.find((one) => one === name);
    if (action === undefined) throw httpErrors.scope_unknown();
    return action;
  });
}
