/**
 * How good a password is, in four words, for whoever is choosing one. It advises; the policy decides.
 *
 * @module
 */
import type { Secret } from '../kernel/secret.js';
import { findWeakness } from './password-policy.js';
import { fold, readingsOf, withoutRepetition, withoutSeparators } from './password-policy-forms.js';
import { leastCost } from './password-policy-pieces.js';

export type PasswordStrength = 'weak' | 'fair' | 'good' | 'strong';

/** Bits an attacker spends who knows how people choose: a common word is one of 3,000, a date one of 40,000 days. */
const pieceBits = { word: 12, run: 9, date: 15, copy: 3, neighbouringCopy: 1 };
/** No policy takes a shorter one. */
const minLength = 12;
/** Above this the least cost is not sought, only the letters counted. */
const maxAnalysedLength = 128;
const ranks: readonly (readonly [number, PasswordStrength])[] = [
  [75, 'strong'],
  [60, 'good'],
  [45, 'fair'],
];

/**
 * @returns `weak` for whatever the lists or its pattern give away, whatever its length; else by the bits of the cheapest
 *          way to put it together.
 */
export function estimateStrength(password: Secret): PasswordStrength {
  const text = password.reveal();
  if ([...text].length < minLength || findWeakness(text) !== null) return 'weak';
  const analysed = withoutSeparators(withoutRepetition(fold(text))).slice(0, maxAnalysedLength);
  const costs = { ...pieceBits, character: Math.log2(alphabetSize(text)) };
  const bits = leastCost(analysed, readingsOf(analysed), costs);
  return ranks.find(([from]) => bits >= from)?.[1] ?? 'weak';
}

/** How many characters somebody would try who knows which kinds are in it. */
function alphabetSize(text: string): number {
  const kinds = [
    [/[a-z]/, 26],
    [/[A-Z]/, 26],
    [/[0-9]/, 10],
    [/[!-/:-@[-`{-~]/, 32],
    [/[^\x20-\x7e]/, 40],
  ] as const;
  return Math.max(
    2,
    kinds.reduce((size, [kind, count]) => size + (kind.test(text) ? count : 0), 0),
  );
}
