/**
 * What a native token that was issued on an API key may still do: never more than the key allows now, and nothing when
 * the key is gone. The key is named by the token's `client_id`, which is ours to write; any other token names its user.
 *
 * @module
 */
import type { Action } from '../access/index.js';
import type { IdentityDeps } from './deps.js';
import type { ApiKey } from './model.js';
import type { VerifiedNativeToken } from './native-token.js';

export interface Narrowing {
  readonly scopes: readonly Action[];
  /** Ids of the sources it may be used for; `null` for no limit. */
  readonly sources: readonly string[] | null;
  /** The key behind the token; `null` when there is none. */
  readonly key: ApiKey | null;
}

/** @returns `null` when the key behind the token is gone. Whether it is good here and now is not said. */
export async function narrowingOf(
  { store }: Pick<IdentityDeps, 'store'>,
  { claims, scopes }: VerifiedNativeToken,
): Promise<Narrowing | null> {
  if (claims.client_id === claims.sub) return { scopes, sources: null, key: null };
  const key = await store.findApiKeyById(claims.client_id);
  if (key === null || key.userId !== claims.sub) return null;
  const { scopes: keyScopes } = key;
  const both = keyScopes === null ? scopes : scopes.filter((action) => keyScopes.includes(action));
  return { scopes: both, sources: key.sources, key };
}
