/**
 * One presented token against the keys of every family a route takes. What the token says of itself chooses nothing;
 * a signature is the only thing that settles which family it is.
 *
 * @module
 */
import type { CredentialKind } from '../access/index.js';
import type { Secret } from '../kernel/secret.js';
import {
  isOfForm,
  type LoadedSigningKey,
  type MintedFamily,
  type VerifiedToken,
  verifyAccessToken,
} from './access-token.js';
import type { IdentityDeps } from './deps.js';
import type { TokenFamily } from './model.js';
import { isOfNativeForm, type VerifiedNativeToken, verifyNativeToken } from './native-token.js';
import { credentialKindOf } from './principal.js';
import type { SigningKeys } from './signing-keys.js';

interface Verifier extends Pick<IdentityDeps, 'clock' | 'issuer'> {
  readonly signingKeys: SigningKeys;
}

export type AnyVerifiedToken =
  | { readonly [Family in MintedFamily]: VerifiedToken<Family> }[MintedFamily]
  | VerifiedNativeToken;

type Verify<Verified> = (keys: readonly LoadedSigningKey[]) => Promise<Verified | null>;

/**
 * Tries the keys of every accepted family. A token whose form is right under no key known here may be under one that
 * was made a moment ago elsewhere, so the store is looked at once more, which is rationed.
 *
 * @returns `null` when it is no genuine token of any of them.
 */
export async function verifyToken(
  parts: Verifier,
  token: Secret,
  accepts: readonly CredentialKind[],
): Promise<AnyVerifiedToken | null> {
  const nowMs = parts.clock.nowMs();
  const issuer = parts.issuer?.() ?? null;
  const asFamily = async <Family extends MintedFamily>(family: Family) =>
    accepts.includes(credentialKindOf[family])
      ? withKeys(
          parts,
          family,
          (keys) => verifyAccessToken(family, token, keys, nowMs),
          () => isOfForm(family, token),
        )
      : null;
  const asNative = async () =>
    accepts.includes(credentialKindOf.native) && issuer !== null
      ? withKeys(
          parts,
          'native',
          (keys) => verifyNativeToken(token, keys, issuer, nowMs),
          () => isOfNativeForm(token),
        )
      : null;
  return (await asFamily('precrime')) ?? (await asFamily('cloudio')) ?? (await asFamily('onedb')) ?? (await asNative());
}

async function withKeys<Verified>(
  { signingKeys }: Pick<Verifier, 'signingKeys'>,
  family: TokenFamily,
  verify: Verify<Verified>,
  mayBeUnderAnother: () => boolean,
): Promise<Verified | null> {
  const keys = await signingKeys.verifying(family);
  const verified = await verify(keys);
  if (verified !== null || !mayBeUnderAnother()) return verified;
  const again = await signingKeys.lookAgain(family);
  const unseen = again.filter((one) => !keys.some((known) => known.id === one.id));
  return unseen.length === 0 ? null : verify(unseen);
}

/**
 * Whether a token that was verified a moment ago still is by what it says itself: what {@link verifyToken} judges by
 * the clock and by our own address. Its signature and its other claims are as they were.
 */
export function isGoodAt({ clock, issuer }: Pick<IdentityDeps, 'clock' | 'issuer'>, token: AnyVerifiedToken): boolean {
  const nowSeconds = Math.floor(clock.nowMs() / 1000);
  if (token.claims.iat > nowSeconds || nowSeconds >= token.claims.exp) return false;
  return token.family !== 'native' || token.claims.iss === issuer?.();
}
