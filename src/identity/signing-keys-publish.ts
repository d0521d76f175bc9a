/** What strangers verify native tokens with: the public halves of our keys as a JWK Set (RFC 7517 §5). @module */
import type { IdentityParts } from './parts.js';
import { publishedMaxAgeSeconds, removableAtMs } from './signing-keys-life.js';

/** RFC 7517 §4; nothing private. */
export type PublishedJwk = Readonly<Record<string, string>>;

export interface PublishedKeys {
  readonly keys: readonly PublishedJwk[];
  /** How long a stranger may keep them: a new key is published for longer before it signs. */
  readonly maxAgeSeconds: number;
}

/** Keys that do not sign yet, the one that signs, and retired ones whose tokens may still be good; newest first. */
export async function publishedKeys(parts: IdentityParts): Promise<PublishedKeys> {
  const nowMs = parts.clock.nowMs();
  const keys = await parts.signingKeys.verifying('native');
  const published = keys.flatMap((key) => {
    const isOutlived = (removableAtMs('native', key) ?? Number.POSITIVE_INFINITY) <= nowMs;
    if (key.published === null || isOutlived) return [];
    return [{ kid: key.id, use: 'sig', alg: key.algorithm, ...key.published.jwk }];
  });
  return { keys: published, maxAgeSeconds: publishedMaxAgeSeconds };
}
