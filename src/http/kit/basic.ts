/** What `Authorization: Basic` carries where it is a client that signs in (RFC 7617 §2, RFC 6749 §2.3.1). @module */
import { Secret } from '../../kernel/secret.js';

export interface ClientLogin {
  readonly clientId: string;
  readonly secret: Secret;
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Both parts are form-encoded before they are joined by a colon and turned into base64 (RFC 6749 §2.3.1), so a `+` or a
 * `%` in either is written `%2B`, `%25`.
 *
 * @param encoded  What stands behind the scheme.
 * @returns        `null` for an alphabet or padding that is not canonical, bytes that are not UTF-8, broken
 *                 percent-encoding, no colon or no name: one spelling only, or one login would be several.
 */
export function decodeBasic(encoded: Secret): ClientLogin | null {
  const text = encoded.reveal();
  const bytes = Buffer.from(text, 'base64');
  if (!base64.test(text) || bytes.toString('base64') !== text) return null;
  try {
    const joined = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const colon = joined.indexOf(':');
    if (colon < 1) return null;
    return { clientId: decode(joined.slice(0, colon)), secret: new Secret(decode(joined.slice(colon + 1))) };
  } catch {
    return null;
  }
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
