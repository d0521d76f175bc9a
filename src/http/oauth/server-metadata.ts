/** `/.well-known/oauth-authorization-server` (RFC 8414): what is offered, and nothing that is not. @module */
import { actions } from '../../access/index.js';
import { identityErrors } from '../../identity/index.js';
import { type Answer, json } from '../kit/answer.js';
import type { Call } from '../kit/route.js';

/** @throws `identity.issuer_unknown` */
export async function describeServer({ core }: Call): Promise<Answer> {
  // As configured; no header of a request has a say in it.
  const issuer = core.identity.tokens.issuer();
  if (issuer === null) throw identityErrors.issuer_unknown();
  const judging = ['client_secret_basic', 'Bearer'];
  return json(200, {
    issuer,
    token_endpoint: `${issuer}/oauth/token`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    introspection_endpoint: `${issuer}/oauth/introspect`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    scopes_supported: actions,
    // No authorization endpoint, so no response types (§2).
    response_types_supported: [],
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    introspection_endpoint_auth_methods_supported: judging,
    revocation_endpoint_auth_methods_supported: judging,
  });
}
