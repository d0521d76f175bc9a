/** Signing in to the console’s session, in a browser of the service’s own origin. @module */
import { type CookieCredential, cookieCredential } from './credential.js';
import type { Login } from './precrime.js';
import { type CallOptions, parseJson, type Transport } from './transport.js';
import { withUnprinted } from './unprinted.js';

export interface SessionView {
  readonly user: {
    readonly id: string;
    readonly username: string;
    readonly kind: string;
    readonly displayName: string;
    readonly email: string | null;
    readonly organisation: { readonly uid: string; readonly name: string };
    readonly roles: readonly string[];
    readonly passwordExpiresAtMs: number | null;
  };
  /** Actions that this credential allows. */
  readonly allowed: readonly string[];
  readonly credential: { readonly kind: string; readonly id: string | null; readonly expiresAtMs: number | null };
  readonly idleMs: number | null;
  readonly version: string;
  /** There, and not printed; the client sends it by itself. */
  readonly csrf: string | null;
}

export interface CookieSession {
  signIn(login: Login, options?: CallOptions): Promise<SessionView>;
  signOut(options?: CallOptions): Promise<void>;
}

const path = '/admin/v1/session';

export function sessionView(view: SessionView): SessionView {
  const { csrf, ...shown } = view;
  return withUnprinted(shown, { csrf });
}

export function cookieOf(transport: Transport): CookieCredential {
  const reader: CookieCredential = cookieCredential(async () => {
    const incoming = await transport.send({ method: 'GET', path, credential: reader, isRepeatable: true });
    return parseJson<SessionView>(incoming).csrf;
  });
  return reader;
}

export function createCookieSession(transport: Transport, credential: CookieCredential): CookieSession {
  return {
    async signIn(body, options = {}) {
      // Whoever is not signed in has no proof to send yet; the cookie that comes back is kept all the same.
      const open = { usesCookies: true as const, headers: async () => ({}), refused: () => false };
      const incoming = await transport.send({
        ...{ ...options, method: 'POST', path, body, credential: open },
        ...{ isRepeatable: true, isSignIn: true },
      });
      const view = parseJson<SessionView>(incoming);
      credential.setProof(view.csrf);
      return sessionView(view);
    },
    async signOut(options = {}) {
      await transport.send({ ...options, method: 'DELETE', path, credential, isRepeatable: true });
      credential.setProof(null);
    },
  };
}
