/** Key pairs for signatures, drawn where random numbers are drawn. @module */
import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { Secret } from '../kernel/secret.js';

/** Bits of an RSA modulus; NIST SP 800-57 part 1 §5.6.1 counts it as 128 bits of security. */
const rsaBits = 3072;

const makePair = promisify(generateKeyPair) as (
  type: string,
  options: object,
) => Promise<{ readonly privateKey: KeyObject }>;

const kinds = {
  EdDSA: ['ed25519', {}],
  ES256: ['ec', { namedCurve: 'P-256' }],
  RS256: ['rsa', { modulusLength: rsaBits }],
} as const satisfies Record<string, readonly [string, object]>;

/**
 * A new private key for the algorithm (RFC 7518 §3.1, RFC 8037 §3.1).
 *
 * @returns PKCS #8 in DER (RFC 5958).
 */
export async function makePrivateKey(algorithm: keyof typeof kinds): Promise<Secret<Uint8Array>> {
  const [type, options] = kinds[algorithm];
  const { privateKey } = await makePair(type, options);
  return new Secret(new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' })));
}
