/**
 * Telling a resource server whether a token or key it was given is good (RFC 7662). The law is the gate's own, asked in
 * silence: being looked at is no use of a credential, and its refusal no event.
 *
 * @module
 */
import { type Action, type CredentialKind, isAllowed, type Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import { AppError } from '../kernel/errors.js';
import type { Secret } from '../kernel/secret.js';
import { assertAllowed } from './administration.js';
import { isApiKeyValue } from './api-key-value.js';
import { authenticate } from './authenticate.js';
import type { IdentityParts } from './parts.js';

/** A credential that is good now. */
export interface Introspection {
  /** What it allows, in the order the law lists it. */
  readonly scopes: readonly Action[];
  /** Ids of the stored sources it reaches; `null`: it is not narrowed to some. */
  readonly sources: readonly string[] | null;
  /** The API key, where it is one or was issued on one; else the user's id. */
  readonly clientId: string;
  readonly userId: string;
  readonly username: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number | null;
}

/** A cloudio session is not among them: its token is half a credential, and nobody may be told that half is good. */
const introspectable: readonly CredentialKind[] = ['precrime_token', 'onedb_token', 'native_token', 'api_key'];

/**
 * What the token is worth; `null`, whatever the reason, when it is worth nothing to the caller: unknown, expired,
 * revoked, of a kind that is not looked at, of another organisation when the caller does not manage the directory. A key
 * that is narrowed to networks is worth nothing here either: where its holder calls from is not known.
 *
 * @param principal  Who asks.
 * @throws `access.denied`, recorded, without `tokens.introspect`.
 */
export async function introspectToken(
  parts: IdentityParts,
  principal: Principal,
  token: Secret,
  origin: AuditOrigin,
): Promise<Introspection | null> {
  await assertAllowed(parts, principal, 'tokens.introspect', origin);
  const holder = await judge(parts, token, origin);
  if (holder === null || holder.userId === null || holder.credential.id === null) return null;
  const isOurs = holder.organisationId === principal.organisationId;
  if (!isOurs && !isAllowed(principal, 'directory.manage')) return null;
  const { kind, id, expiresAtMs, issuedOnKeyId } = holder.credential;
  const begun =
    kind === 'api_key' ? await parts.store.findApiKeyById(id) : (await parts.store.findSessionById(id))?.session;
  if (begun === null || begun === undefined) return null;
  return {
    scopes: [...holder.allowed],
    sources: holder.sources,
    clientId: kind === 'api_key' ? id : (issuedOnKeyId ?? holder.userId),
    userId: holder.userId,
    username: holder.username,
    issuedAtMs: begun.createdAtMs,
    expiresAtMs,
  };
}

async function judge(parts: IdentityParts, token: Secret, origin: AuditOrigin): Promise<Principal | null> {
  const silent: IdentityParts = {
    ...parts,
    recordRefusal: async () => {},
    lastSeen: { ...parts.lastSeen, sessionUsed: () => {}, keyUsed: () => Number.NEGATIVE_INFINITY },
    keyUses: { ...parts.keyUses, used: () => {} },
  };
  const shape = isApiKeyValue(token) ? 'api_key' : 'jwt';
  try {
    return await authenticate(silent, {
      presented: { shape, value: token, csrf: null },
      accepts: introspectable,
      // The address is that of the resource server, which says nothing about the holder.
      origin: { ...origin, address: null },
    });
  } catch (error) {
    if (error instanceof AppError && (error.kind === 'unauthenticated' || error.kind === 'permission_denied')) {
      return null;
    }
    throw error;
  }
}
