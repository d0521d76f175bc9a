/**
 * Where the cloudio family carries credentials. Its table names the header `Authentication`, its working sample uses
 * `Authorization`; both are read, and two different values are a conflict like everywhere.
 *
 * @module
 */
import { Secret } from '../../../kernel/secret.js';
import type { FoundCredential, SlotTable } from '../../kit/credentials.js';

const session = ['bare_jwt', 'bearer_jwt'] as const;

/** The session token; its csrf value comes by `?csrf=` or `X-CSRF-Token`. */
export const sessionSlots: SlotTable = { authorization: session, authentication: session };

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * A login from `Token base64(username:password)`.
 *
 * The bytes are UTF-8, or else Latin-1, which is what a browser's `btoa` makes. The name ends at the first colon; the
 * password is the rest, colons included.
 *
 * @returns `null` for anything else: no such header, another scheme, an alphabet or padding that is not canonical.
 */
export function loginOf(found: FoundCredential | null): { username: string; password: Secret } | null {
  if (found?.carriage !== 'token' || (found.slot !== 'authorization' && found.slot !== 'authentication')) return null;
  const encoded = found.value.reveal();
  if (!base64.test(encoded)) return null;
  const bytes = Buffer.from(encoded, 'base64');
  // Padding bits that are not zero would make a second spelling of the same credential.
  if (bytes.toString('base64') !== encoded) return null;
  const text = decodeText(bytes);
  const colon = text.indexOf(':');
  return colon < 1 ? null : { username: text.slice(0, colon), password: new Secret(text.slice(colon + 1)) };
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('latin1');
  }
}
