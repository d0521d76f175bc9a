/**
 * What a native token that was issued on an API key may still do: never more than the key allows now, and nothing when
 * the key is gone. The key is named by the token's `client_id`, which is ours to write; any other token names its user.
 *
 * @module
 */
import type { Action } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import { judgeKeyItself } from './api-key-narrowing.js';
import type { VerifiedNativeToken } from './native-token.js';
import type { IdentityParts } from './parts.js';

export interface Narrowing {
  readonly scopes: readonly Action[];
  /** Ids of the sources it may be used for; `null` for no limit. */
  readonly sources: readonly string[] | null;
  /** The key behind the token. */
  readonly keyId?: string;
}

/** @returns a reason for the trail instead, when the key behind the token is no longer good here. */
export async function narrowingOf(
  parts: IdentityParts,
  { claims, scopes }: VerifiedNativeToken,
  origin: AuditOrigin,
): Promise<Narrowing | string> {
  if (claims.client_id === claims.sub) return { scopes, sources: null };
  const key = await parts.store.findApiKeyById(claims.client_id);
  if (key === null || key.userId !== claims.sub) return 'key_removed';
  const reason = judgeKeyItself(key, origin.address, parts.clock.nowMs(), parts.networks);
  if (reason !== null) return reason;
  const { scopes: keyScopes } = key;
  const both = keyScopes === null ? scopes : scopes.filter((action) => keyScopes.includes(action));
  return { scopes: both, sources: key.sources, keyId: key.id };
}
