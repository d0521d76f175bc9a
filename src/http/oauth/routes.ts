/** Routes of OAuth 2.0. @module */
import type { CredentialKind } from '../../access/index.js';
import type { SlotTable } from '../kit/credentials.js';
import type { Route } from '../kit/route.js';
import { introspect, revoke } from './judge-token.js';
import { describeServer } from './server-metadata.js';
import { grantToken } from './token.js';

/** Who may ask about tokens: an API key or a token of our own API, or a service account by name and password. */
const accepts: readonly CredentialKind[] = ['api_key', 'native_token', 'client_secret'];
const slots: SlotTable = { authorization: ['bearer_api_key', 'bearer_jwt', 'basic'] };

export const routes: readonly Route[] = [
  { method: 'POST', path: '/oauth/token', body: 'form', accepts: 'anyone', handle: grantToken },
  { method: 'POST', path: '/oauth/introspect', body: 'form', accepts, slots, handle: introspect },
  { method: 'POST', path: '/oauth/revoke', body: 'form', accepts, slots, handle: revoke },
  {
    method: 'GET',
    path: '/.well-known/oauth-authorization-server',
    body: 'none',
    answersHead: true,
    accepts: 'anyone',
    handle: describeServer,
  },
];
