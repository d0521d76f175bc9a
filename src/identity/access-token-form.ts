/**
 * The one form of every token of ours: compact serialization (RFC 7515 §7.1) in canonical base64url, a header that is
 * known to the byte, claims that equal their own serialisation. Whatever else decodes to the same is another text, and
 * not ours; so a token has one spelling and a digest of it is a safe identity.
 *
 * @module
 */

/** A token taken apart and not yet believed. */
export interface CompactParts {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
}

/** Names in the order they are minted, each with its type; numbers are NumericDate seconds or small ids. */
export type ClaimTypes<Claims> = { readonly [Name in keyof Claims]: 'string' | 'number' };

const maxTokenLength = 8 * 1024;
const segmented = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @returns `null` for more than 8 KiB, another serialization, or another spelling of the same bytes. */
export function takeApart(text: string): CompactParts | null {
  if (text.length > maxTokenLength) return null;
  const [, header, payload, signature] = segmented.exec(text) ?? [];
  if (header === undefined || payload === undefined || signature === undefined) return null;
  // Base64url with other trailing bits decodes to the same bytes: a second spelling of one token (RFC 4648 §3.5).
  if (!isCanonical(payload) || !isCanonical(signature)) return null;
  return { header, payload, signature };
}

/** A header as it stands in a token. */
export function headerSegment(header: object): string {
  return Buffer.from(JSON.stringify(header)).toString('base64url');
}

/** Nothing of ours is empty. Duplicate members, other members, another order, other number spellings, white space: none survives being re-made. */
export function parseClaims<Claims extends object>(types: ClaimTypes<Claims>, payload: Uint8Array): Claims | null {
  let text: string;
  let parsed: unknown;
  try {
    text = strictUtf8.decode(payload);
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null) return null;
  const members = parsed as Record<string, unknown>;
  for (const [name, type] of Object.entries(types)) {
    const value = members[name];
    if (typeof value !== type || value === '' || (type === 'number' && !isNumericDate(value))) return null;
  }
  const claims = members as Claims;
  return serializeClaims(types, claims) === text ? claims : null;
}

export function serializeClaims<Claims extends object>(types: ClaimTypes<Claims>, claims: Claims): string {
  const names = Object.keys(types) as (keyof Claims & string)[];
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, claims[name]])));
}

function isCanonical(segment: string): boolean {
  return Buffer.from(segment, 'base64url').toString('base64url') === segment;
}

function isNumericDate(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
