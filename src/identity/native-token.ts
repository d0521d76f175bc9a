/**
 * Access tokens of our own API (RFC 9068): signed with a private key, so that strangers can verify them with what
 * `/.well-known/jwks.json` publishes, and narrowed to scopes. The key decides the algorithm; `kid` only selects among
 * our own keys, by being part of the one header that key signs under.
 *
 * @module
 */
import { CompactSign, compactVerify } from 'jose';
import { type Action, actions } from '../access/index.js';
import { Secret } from '../kernel/secret.js';
import type { LoadedSigningKey, PublishedKey } from './access-token.js';
import { type ClaimTypes, headerSegment, parseClaims, serializeClaims, takeApart } from './access-token-form.js';

/** RFC 9068 §2.2; times are NumericDate seconds (RFC 7519 §2). */
export interface NativeClaims {
  readonly iss: string;
  /** The user's id. */
  readonly sub: string;
  readonly aud: string;
  readonly exp: number;
  readonly iat: number;
  /** The session's id. */
  readonly jti: string;
  /** The API key it was issued on, else the user: an id. */
  readonly client_id: string;
  /** Actions separated by one space, in the order the law lists them. */
  readonly scope: string;
}

/** A genuine token: its signature is ours and every byte is as minted. Whether it is still good is not said. */
export interface VerifiedNativeToken {
  readonly family: 'native';
  readonly claims: NativeClaims;
  readonly scopes: readonly Action[];
  /** NumericDate seconds; past means expired. */
  readonly isExpired: boolean;
}

/** 15 minutes from `iat` to `exp`. */
export const nativeLifeSeconds = 900;

const claimTypes: ClaimTypes<NativeClaims> = {
  iss: 'string',
  sub: 'string',
  aud: 'string',
  exp: 'number',
  iat: 'number',
  jti: 'string',
  client_id: 'string',
  scope: 'string',
};

const utf8 = new TextEncoder();

export async function mintNativeToken(claims: NativeClaims, key: LoadedSigningKey): Promise<Secret> {
  publishedOf(key);
  const payload = utf8.encode(serializeClaims(claimTypes, claims));
  const text = await new CompactSign(payload).setProtectedHeader(headerOf(key)).sign(key.key);
  return new Secret(key.algorithm === 'ES256' ? withLowS(text) : text);
}

/**
 * Verifies a token as one of our own API's and nothing else (RFC 8725 §3.1, §3.11; RFC 9068 §4).
 *
 * @param token   As presented; more than 8 KiB, another serialization or another spelling is refused unparsed.
 * @param keys    Keys of the family; the one whose header this is must have signed it.
 * @param issuer  Ours; both `iss` and `aud` are exactly this.
 * @param nowMs   Milliseconds since the epoch; zero leeway.
 * @returns       `null` when it is not a genuine token of ours, whatever the reason.
 */
export async function verifyNativeToken(
  token: Secret,
  keys: readonly LoadedSigningKey[],
  issuer: string,
  nowMs: number,
): Promise<VerifiedNativeToken | null> {
  const text = token.reveal();
  const parts = takeApart(text);
  if (parts === null) return null;
  const key = keys.find((one) => one.family === 'native' && headerSegment(headerOf(one)) === parts.header);
  if (key === undefined || (key.algorithm === 'ES256' && !isLowS(parts.signature))) return null;
  let payload: Uint8Array;
  try {
    ({ payload } = await compactVerify(text, publishedOf(key).key, { algorithms: [key.algorithm] }));
  } catch {
    // jose's reason is of no use to anybody, for the header is known to be right.
    return null;
  }
  const claims = parseClaims(claimTypes, payload);
  if (claims === null || claims.iss !== issuer || claims.aud !== issuer) return null;
  const scopes = readScopes(claims.scope);
  const nowSeconds = Math.floor(nowMs / 1000);
  if (scopes === null || claims.iat > nowSeconds || claims.exp - claims.iat !== nativeLifeSeconds) return null;
  return { family: 'native', claims, scopes, isExpired: nowSeconds >= claims.exp };
}

/** Whether the header is one that some key of ours could have signed under, known here or not. */
export function isOfNativeForm(token: Secret): boolean {
  const parts = takeApart(token.reveal());
  if (parts === null || parts.header.length > maxHeaderLength) return false;
  const text = Buffer.from(parts.header, 'base64url').toString('latin1');
  return nativeHeader.test(text) && Buffer.from(text, 'latin1').toString('base64url') === parts.header;
}

/** Actions as a `scope` claim; the same set gives the same text. */
export function scopeText(scopes: readonly Action[]): string {
  return actions.filter((action) => scopes.includes(action)).join(' ');
}

/** @returns `null` for text that is not exactly what {@link scopeText} makes. */
export function readScopes(text: string): readonly Action[] | null {
  const names = new Set(text.split(' '));
  const scopes = actions.filter((action) => names.has(action));
  return scopes.length > 0 && scopeText(scopes) === text ? scopes : null;
}

const maxHeaderLength = 160;
const nativeHeader = /^\{"alg":"(?:EdDSA|ES256|RS256)","typ":"at\+jwt","kid":"[0-9a-f-]{36}"\}$/;

function headerOf(key: LoadedSigningKey): { readonly alg: string; readonly typ: 'at+jwt'; readonly kid: string } {
  return { alg: key.algorithm, typ: 'at+jwt', kid: key.id };
}

function publishedOf(key: LoadedSigningKey): PublishedKey {
  if (key.family !== 'native' || key.published === null) {
    throw new TypeError('a signing key signs for its own family only');
  }
  return key.published;
}

/** Order of the group of P-256 (SEC 2 §2.4.2). */
const orderOfP256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const halfOrder = orderOfP256 / 2n;

/**
 * An ECDSA signature (r, s) is as good as (r, n − s), which anybody can make of it: only the smaller is ours, or a
 * token would have two spellings.
 */
function withLowS(text: string): string {
  const at = text.lastIndexOf('.') + 1;
  const signature = text.slice(at);
  if (isLowS(signature)) return text;
  const bytes = Buffer.from(signature, 'base64url');
  const low = (orderOfP256 - valueOfS(signature)).toString(16).padStart(64, '0');
  return text.slice(0, at) + Buffer.concat([bytes.subarray(0, 32), Buffer.from(low, 'hex')]).toString('base64url');
}

function isLowS(signature: string): boolean {
  return valueOfS(signature) <= halfOrder;
}

function valueOfS(signature: string): bigint {
  return BigInt(`0x0${Buffer.from(signature, 'base64url').subarray(32, 64).toString('hex')}`);
}
