/** Passwords made for somebody, to be shown once and changed at the first sign-in. @module */
import type { Ids } from '../kernel/ids.js';
import { Secret } from '../kernel/secret.js';

/** Crockford's base 32: digits and small letters without i, l, o and u, which are misread. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const groups = 5;
const groupLength = 5;

/** 25 random characters in groups of five, 125 bits: long enough for every policy, easy to read out. */
export function makePassword(ids: Pick<Ids, 'bytes'>): Secret {
  // 32 divides 256: every character is as likely as any other.
  const characters = [...ids.bytes(groups * groupLength)].map((byte) => alphabet.charAt(byte % alphabet.length));
  return new Secret(
    Array.from({ length: groups }, (_, at) => characters.slice(at * groupLength, (at + 1) * groupLength).join('')).join(
      '-',
    ),
  );
}
