/** Passwords made for somebody, to be shown once and changed at the first sign-in. @module */
import type { Ids } from '../kernel/ids.js';
import { Secret } from '../kernel/secret.js';
import { findWeakness } from './password-policy.js';

/** Crockford's base 32: digits and small letters without i, l, o and u, which are misread. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const groups = 5;
const groupLength = 5;

/**
 * 25 random characters in groups of five, 125 bits: long enough for every policy, easy to read out. One in thousands
 * looks like something listed, and would be refused: another is made then.
 */
export function makePassword(ids: Pick<Ids, 'bytes'>): Secret {
  for (;;) {
    const text = randomGroups(ids);
    if (findWeakness(text) === null) return new Secret(text);
  }
}

function randomGroups(ids: Pick<Ids, 'bytes'>): string {
  // 32 divides 256: every character is as likely as any other.
  const characters = [...ids.bytes(groups * groupLength)].map((byte) => alphabet.charAt(byte % alphabet.length));
  return Array.from({ length: groups }, (_, at) =>
    characters.slice(at * groupLength, (at + 1) * groupLength).join(''),
  ).join('-');
}
