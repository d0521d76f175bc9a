/** API keys as our own API shows them: what they may do and who used them; their values when they are made. @module */
import type { ApiKey, ApiKeyDetail, ApiKeyWithValue } from '../../identity/index.js';

const dayMs = 86_400_000;

export function presentKey(key: ApiKey, nowMs: number): object {
  const { id, name, purpose, prefix, last4, scopes, sources, cidrs, createdAtMs, expiresAtMs } = key;
  return {
    ...{ id, name, purpose, key: `${prefix}…${last4}`, state: stateOf(key, nowMs), scopes, sources, cidrs },
    ...{ createdAtMs, expiresAtMs, lastUsedAtMs: key.lastUsedAtMs, lastUsedAddress: key.lastUsedAddress },
    successor: key.successorId,
  };
}

/** `value` is `null` where the request was answered before. */
export function presentMadeKey({ value, ...key }: ApiKeyWithValue, nowMs: number): object {
  return { ...presentKey(key, nowMs), value: value?.reveal() ?? null };
}

export function presentKeyDetail({ key, username, uses }: ApiKeyDetail, nowMs: number): object {
  return {
    ...presentKey(key, nowMs),
    user: username,
    uses: uses.map(({ day, ...use }) => ({ day: new Date(day * dayMs).toISOString().slice(0, 10), ...use })),
  };
}

/** `retiring`: replaced, and good until its end. */
function stateOf({ expiresAtMs, successorId }: ApiKey, nowMs: number): 'active' | 'retiring' | 'ended' {
  if (expiresAtMs !== null && nowMs >= expiresAtMs) return 'ended';
  return successorId === null ? 'active' : 'retiring';
}
