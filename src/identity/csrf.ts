/**
 * The csrf value that accompanies a session token. It is a label bound to one session, not a credential of its own: the
 * token carries the strength, the csrf proves that the page which sends it has read the sign-in's answer.
 *
 * @module
 */
import { timingSafeEqual } from 'node:crypto';
import type { Secret } from '../kernel/secret.js';

/** Compares in constant time; a missing value never matches. */
export function csrfMatches(expected: Secret | null, given: Secret | null): boolean {
  if (expected === null || given === null || expected.isEmpty) return false;
  const [wanted, told] = [Buffer.from(expected.reveal()), Buffer.from(given.reveal())];
  // How long ours are is no secret.
  return wanted.length === told.length && timingSafeEqual(wanted, told);
}
