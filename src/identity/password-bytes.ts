/**
 * The one place where a password becomes bytes: exactly the UTF-8 of what was sent, never trimmed, folded or
 * normalised, so that two inputs that differ anywhere differ here.
 *
 * @module
 */
import type { Secret } from '../kernel/secret.js';
import { identityErrors } from './errors.js';

export const maxPasswordBytes = 1024;

const utf8 = new TextEncoder();
const loneSurrogate = /\p{Surrogate}/u;

/**
 * @returns a buffer of its own, which the caller may overwrite or transfer.
 * @throws `identity.password_too_long`   over 1,024 bytes.
 * @throws `identity.password_malformed`  a lone surrogate: it has no UTF-8 form, and every encoder's replacement
 *         character would make different passwords equal.
 */
export function passwordBytes(password: Secret): Uint8Array<ArrayBuffer> {
  const text = password.reveal();
  // A UTF-16 unit is at least one byte, so an endless string is refused before it is read.
  if (text.length > maxPasswordBytes) throw identityErrors.password_too_long({ details: { limit: maxPasswordBytes } });
  if (loneSurrogate.test(text)) throw identityErrors.password_malformed();
  const bytes = utf8.encode(text);
  if (bytes.length > maxPasswordBytes) throw identityErrors.password_too_long({ details: { limit: maxPasswordBytes } });
  return bytes;
}
