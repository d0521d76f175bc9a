/** How long a signing key is known before it signs, and how long it is kept after. @module */
import { fixedLifeSeconds } from './access-token.js';
import type { TokenFamily } from './model.js';
import { nativeLifeSeconds } from './native-token.js';
import type { SigningKey } from './ports.js';
import { maxLineMs } from './session.js';

/** Families that have signing keys. */
export const signingFamilies = ['precrime', 'cloudio', 'onedb', 'native'] as const satisfies readonly TokenFamily[];
export type SigningFamily = (typeof signingFamilies)[number];

/** What a stranger may keep of `/.well-known/jwks.json` (RFC 9111 §5.2.2.1). */
export const publishedMaxAgeSeconds = 300;

/** Longer than any process of the install takes to see a new key, and than the clocks of two of them may differ. */
const knownAheadMs = 10_000;
/** For clocks that differ, and answers that are on their way. */
const slackMs = 5 * 60_000;

/**
 * From the moment a key is kept to its first signature. Strangers who verify native tokens may hold an older set of
 * keys for as long as we let them.
 */
export function publishAheadMs(family: SigningFamily): number {
  return family === 'native' ? publishedMaxAgeSeconds * 1000 + 3 * knownAheadMs : knownAheadMs;
}

/** From a key's retirement to its removal: the longest any token of the family lives, and some. Whatever the settings say now, they may have said more before. */
export function keptAfterMs(family: SigningFamily): number {
  const fixed = family === 'native' ? nativeLifeSeconds : fixedLifeSeconds(family);
  return slackMs + (fixed === null ? maxLineMs : fixed * 1000);
}

/** When no token under the key can be good any more; `null` while it is the newest. */
export function removableAtMs(family: SigningFamily, key: Pick<SigningKey, 'retiredAtMs'>): number | null {
  return key.retiredAtMs === null ? null : key.retiredAtMs + keptAfterMs(family);
}
