/** When a token says that it ends, without believing anything else of it. @module */

/**
 * Reads `exp` of something that looks like a JWT (RFC 7519 §4.1.4). Nothing is verified: the database does that. It
 * only saves a round trip whose refusal would say less.
 *
 * @returns NumericDate seconds; `null` when it is no JWT or does not say.
 */
export function readTokenExpiry(token: string): number | null {
  const parts = token.split('.');
  const payload = parts[1];
  if (parts.length !== 3 || payload === undefined || !/^[A-Za-z0-9_-]+$/.test(payload)) return null;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    if (typeof claims !== 'object' || claims === null || !('exp' in claims)) return null;
    return typeof claims.exp === 'number' && Number.isFinite(claims.exp) ? claims.exp : null;
  } catch {
    return null;
  }
}
