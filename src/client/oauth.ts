/** A token for a service account by its name and password (RFC 6749 §4.4). @module */
import { type RenewedCredential, renewedCredential } from './credential.js';
import { parseJson, type Transport } from './transport.js';

export interface ClientLogin {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Actions, with spaces between; absent: everything the account may do. */
  readonly scope?: string;
}

export function clientCredential(transport: Transport, login: ClientLogin): RenewedCredential {
  const { clientId, clientSecret, scope } = login;
  const form = {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    ...(scope === undefined ? {} : { scope }),
  };
  return renewedCredential(async () => {
    const incoming = await transport.send({
      ...{ method: 'POST', path: '/oauth/token', form },
      ...{ credential: null, isRepeatable: true, isSignIn: true },
    });
    const { access_token, expires_in } = parseJson<{ access_token: string; expires_in: number }>(incoming);
    return { headers: { authorization: `Bearer ${access_token}` }, lifeMs: expires_in * 1_000 };
  });
}
