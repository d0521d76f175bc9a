/**
 * Session tokens of the families: JWS in compact serialization (RFC 7515 §7.1), minted and verified to the byte. Each
 * family has one header, one list of claims in one order, and its own keys; whatever is not exactly what we would have
 * minted is not ours. So a token has one spelling, and a digest of it is a safe identity.
 *
 * @module
 */
import type { webcrypto } from 'node:crypto';
import { CompactSign, compactVerify } from 'jose';
import { Secret } from '../kernel/secret.js';
import { type ClaimTypes, headerSegment, parseClaims, serializeClaims, takeApart } from './access-token-form.js';
import type { TokenFamily } from './model.js';
import type { SigningAlgorithm } from './ports.js';

/**
 * Families whose tokens are keyed digests. Tokens of `native` are signed for strangers to verify: `native-token.ts`;
 * those of `console` say nothing and are not signed: `console-session.ts`.
 */
export type MintedFamily = Exclude<TokenFamily, 'console' | 'native'>;

/** Claims are NumericDate seconds where they are times (RFC 7519 §2). */
export interface FamilyClaims {
  readonly precrime: {
    readonly sub: string;
    readonly unique_name: string;
    readonly jti: string;
    readonly iat: number;
    readonly exp: number;
    readonly company: number;
  };
  readonly cloudio: {
    readonly session: string;
    readonly csrf: string;
    readonly org_uid: string;
    readonly iat: number;
    readonly exp: number;
  };
  readonly onedb: { readonly sub: string; readonly exp: number; readonly iat: number };
}

/** A key ready for use; its bytes cannot be read back. */
export interface LoadedSigningKey {
  readonly id: string;
  readonly family: TokenFamily;
  readonly algorithm: SigningAlgorithm;
  readonly createdAtMs: number;
  readonly signsFromMs: number;
  readonly retiredAtMs: number | null;
  /** Signs; verifies too where the algorithm is symmetric. */
  readonly key: webcrypto.CryptoKey;
  /** What verifies where the algorithm is not. */
  readonly published: PublishedKey | null;
}

/** The half of a key pair that anybody may have. */
export interface PublishedKey {
  readonly key: webcrypto.CryptoKey;
  /** RFC 7517 §4: `kty` and the parameters of its kind, nothing private. */
  readonly jwk: Readonly<Record<string, string>>;
}

interface TokenProfile<Claims> {
  readonly header: { readonly alg: 'HS256' | 'HS512'; readonly typ?: 'JWT' };
  /** In the order they are minted. */
  readonly claims: ClaimTypes<Claims>;
  /** Seconds from `iat` to `exp` where the family fixes them. */
  readonly lifeSeconds: number | null;
}

const profiles: { readonly [Family in MintedFamily]: TokenProfile<FamilyClaims[Family]> } = {
  precrime: {
    header: { alg: 'HS256', typ: 'JWT' },
    claims: { sub: 'string', unique_name: 'string', jti: 'string', iat: 'number', exp: 'number', company: 'number' },
    lifeSeconds: 3600,
  },
  cloudio: {
    header: { alg: 'HS256', typ: 'JWT' },
    claims: { session: 'string', csrf: 'string', org_uid: 'string', iat: 'number', exp: 'number' },
    lifeSeconds: null,
  },
  onedb: {
    header: { alg: 'HS512' },
    claims: { sub: 'string', exp: 'number', iat: 'number' },
    lifeSeconds: 18_000,
  },
};

const utf8 = new TextEncoder();

export function algorithmOf(family: Exclude<TokenFamily, 'native'>): 'HS256' | 'HS512' {
  return family === 'console' ? 'HS256' : profiles[family].header.alg;
}

/** Seconds a token of the family lives, where the family fixes it. */
export function fixedLifeSeconds(family: MintedFamily): number | null {
  return profiles[family].lifeSeconds;
}

export async function mintAccessToken<Family extends MintedFamily>(
  family: Family,
  claims: FamilyClaims[Family],
  key: LoadedSigningKey,
): Promise<Secret> {
  const profile = profiles[family];
  if (key.family !== family || key.algorithm !== profile.header.alg) {
    throw new TypeError('a signing key signs for its own family only');
  }
  const payload = utf8.encode(serializeClaims(profile.claims, claims));
  return new Secret(await new CompactSign(payload).setProtectedHeader({ ...profile.header }).sign(key.key));
}

/** A genuine token: its signature is ours and every byte is as minted. Whether it is still good is not said. */
export interface VerifiedToken<Family extends MintedFamily> {
  readonly family: Family;
  readonly claims: FamilyClaims[Family];
  /** NumericDate seconds; past means expired. */
  readonly isExpired: boolean;
}

/**
 * Verifies a token as one of the family's and nothing else.
 *
 * The key decides the algorithm; the token's header decides nothing, it only has to be the one header of the family
 * (RFC 8725 §3.1, §3.11). The signature is checked before any claim is read (ASVS 9.1.1). Zero leeway: expired from
 * the second `exp` names, and never from the future.
 *
 * @param token  As presented; more than 8 KiB, another serialization or another spelling is refused unparsed.
 * @param keys   Keys of the family; all are tried, retired ones too.
 * @param nowMs  Milliseconds since the epoch.
 * @returns      `null` when it is not a genuine token of the family, whatever the reason.
 */
export async function verifyAccessToken<Family extends MintedFamily>(
  family: Family,
  token: Secret,
  keys: readonly LoadedSigningKey[],
  nowMs: number,
): Promise<VerifiedToken<Family> | null> {
  const profile = profiles[family];
  const text = token.reveal();
  const payload = await openSigned(text, headerSegment(profile.header), keys, profile.header.alg);
  if (payload === null) return null;
  const claims = parseClaims(profile.claims, payload);
  if (claims === null) return null;
  const nowSeconds = Math.floor(nowMs / 1000);
  if (claims.iat > nowSeconds || claims.exp <= claims.iat) return null;
  if (profile.lifeSeconds !== null && claims.exp - claims.iat !== profile.lifeSeconds) return null;
  return { family, claims, isExpired: nowSeconds >= claims.exp };
}

/** Whether the text has the family's form: only then can a key be missing that would verify it. */
export function isOfForm(family: MintedFamily, token: Secret): boolean {
  return takeApart(token.reveal())?.header === headerSegment(profiles[family].header);
}

async function openSigned(
  text: string,
  header: string,
  keys: readonly LoadedSigningKey[],
  algorithm: string,
): Promise<Uint8Array | null> {
  if (takeApart(text)?.header !== header) return null;
  for (const key of keys) {
    if (key.algorithm !== algorithm) continue;
    try {
      return (await compactVerify(text, key.key, { algorithms: [algorithm] })).payload;
    } catch {
      // Not this key's; jose's reason is of no use to anybody, for the header is known to be right.
    }
  }
  return null;
}
