/**
 * Keys as they are made, kept and made ready: random bytes for families with keyed digests, a key pair for the native
 * one. What the store gives is vetted before anything is signed or verified with it.
 *
 * @module
 */
import { createPrivateKey, createPublicKey, type KeyObject, webcrypto } from 'node:crypto';
import { importJWK, importPKCS8 } from 'jose';
import { Secret } from '../kernel/secret.js';
import { algorithmOf, type LoadedSigningKey } from './access-token.js';
import type { IdentityDeps, IdentityPolicy } from './deps.js';
import type { TokenFamily } from './model.js';
import type { SigningAlgorithm, SigningKey } from './ports.js';

const secretBytes = 64;
const rsaBits = 3072;

export type KeyMaker = Pick<IdentityDeps, 'clock' | 'ids' | 'makePrivateKey'> & {
  readonly policy: Pick<IdentityPolicy, 'signing'>;
};

/** What the next key of the family signs with. */
export function algorithmForNext(family: TokenFamily, policy: KeyMaker['policy']): SigningAlgorithm {
  return family === 'native' ? policy.signing.nativeAlgorithm : algorithmOf(family);
}

/** A new key, kept nowhere yet, that signs at once. */
export async function makeSigningKey(maker: KeyMaker, family: TokenFamily): Promise<SigningKey> {
  const { clock, ids, policy } = maker;
  const algorithm = algorithmForNext(family, policy);
  const secret =
    family === 'native'
      ? await maker.makePrivateKey(policy.signing.nativeAlgorithm)
      : new Secret(ids.bytes(secretBytes));
  const nowMs = clock.nowMs();
  return { id: ids.uuid(), family, algorithm, secret, createdAtMs: nowMs, signsFromMs: nowMs, retiredAtMs: null };
}

/** @throws TypeError when the stored key is not one we would have made. */
export async function loadSigningKey(stored: SigningKey): Promise<LoadedSigningKey> {
  const { secret, ...facts } = stored;
  const bytes = secret.reveal();
  if (facts.family === 'native') return { ...facts, ...(await loadPair(facts.algorithm, bytes)) };
  // RFC 7518 §3.2 asks for the hash's length at least; all of ours have 64 bytes, so anything less is damage.
  if (bytes.length < secretBytes || facts.algorithm !== algorithmOf(facts.family)) throw damaged();
  const hash = facts.algorithm === 'HS512' ? 'SHA-512' : 'SHA-256';
  const key = await webcrypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash }, false, ['sign', 'verify']);
  return { ...facts, key, published: null };
}

async function loadPair(
  algorithm: SigningAlgorithm,
  bytes: Uint8Array,
): Promise<Pick<LoadedSigningKey, 'key' | 'published'>> {
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey({ key: Buffer.from(bytes), format: 'der', type: 'pkcs8' });
  } catch {
    throw damaged();
  }
  if (!isKeyOf(algorithm, privateKey)) throw damaged();
  const jwk = publicMembers(createPublicKey(privateKey).export({ format: 'jwk' }));
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const [key, publicKey] = await Promise.all([importPKCS8(pem, algorithm), importJWK({ ...jwk }, algorithm)]);
  if (publicKey instanceof Uint8Array) throw damaged();
  return { key, published: { key: publicKey, jwk } };
}

/** The key decides the algorithm, and each has exactly one kind of key (RFC 8725 §3.1, §3.5). */
function isKeyOf(algorithm: SigningAlgorithm, key: KeyObject): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  switch (algorithm) {
    case 'EdDSA':
      return type === 'ed25519';
    case 'ES256':
      return type === 'ec' && details?.namedCurve === 'prime256v1';
    case 'RS256':
      return type === 'rsa' && (details?.modulusLength ?? 0) >= rsaBits;
    case 'HS256':
    case 'HS512':
      return false;
  }
}

/** Named one by one, so that nothing private can come along. */
function publicMembers(jwk: webcrypto.JsonWebKey): Readonly<Record<string, string>> {
  const { kty, crv, x, y, n, e } = jwk;
  return Object.fromEntries(
    Object.entries({ kty, crv, x, y, n, e }).filter((member): member is [string, string] => member[1] !== undefined),
  );
}

function damaged(): TypeError {
  return new TypeError('a stored signing key is not one of ours');
}
