/**
 * Which new passwords are taken: long enough, not what everybody chooses, not about us or about the user. Nothing is
 * asked of their composition (NIST SP 800-63B-4 §3.1.1.2; ASVS 6.2.5), and nothing here touches a login.
 *
 * @module
 */
import type { UserKind } from '../access/index.js';
import type { Secret } from '../kernel/secret.js';
import { maxEntryLength, minEntryLength, shippedPasswordFilter } from './breached-passwords.js';
import type { IdentityPolicy } from './deps.js';
import { identityErrors } from './errors.js';
import { passwordBytes } from './password-bytes.js';
import { fold, readingsOf, simpleForms, withoutRepetition, withoutSeparators } from './password-policy-forms.js';
import { countPieces } from './password-policy-pieces.js';

export interface PasswordSubject {
  readonly kind: UserKind;
  readonly canonicalName: string;
  readonly organisationUid: string;
  readonly organisationName: string;
}

/** Shorter words would forbid half the language: `api` is in `capital`. */
const minContextWordLength = 4;
/**
 * A password made of this many predictable pieces or fewer is refused: `Password2024!!!` is a word, a year and a run.
 * Four unrelated common words are a passphrase and pass.
 */
const maxCommonPieces = 3;
/** Beyond this nothing is taken apart: only repetition makes a longer password weak, and that is undone before. */
const maxAnalysedLength = 128;
/** Two words longer than this together are not looked for: every cut costs two look-ups. */
const maxPairLength = 36;
/** Something this short, again and again, is as weak as it is once. */
const maxRepeatedLength = 6;

/**
 * @throws `identity.password_rejected`  details.field is `field`; details.fix says what would help; details.limit the
 *         length asked for.
 * @throws `identity.password_too_long` · `identity.password_malformed`
 */
export function assertAcceptablePassword(
  password: Secret,
  subject: PasswordSubject,
  policy: IdentityPolicy,
  field: string,
): void {
  passwordBytes(password);
  if (policy.allowWeakPasswords) return;
  const text = password.reveal();
  const personal = subject.kind === 'person' ? policy.minPersonLength : 0;
  const limit = Math.max(policy.minLength, personal);
  if ([...text].length < limit) {
    throw identityErrors.password_rejected({ details: { field, fix: `Use at least ${limit} characters.`, limit } });
  }
  if (holdsContextWord(text, subject, policy.contextWords)) {
    const fix = 'Leave out the user name, the organisation and the name of this product.';
    throw identityErrors.password_rejected({ details: { field, fix } });
  }
  const weakness = findWeakness(text);
  if (weakness !== null) throw identityErrors.password_rejected({ details: { field, fix: advice[weakness] } });
}

/** Why a password is easy to guess. */
export type PasswordWeakness = 'repeats' | 'breached' | 'common' | 'sequence';

/** One sentence each; nothing of what was typed is repeated in it. */
const advice: Readonly<Record<PasswordWeakness, string>> = {
  repeats: 'It repeats itself; four unrelated words are enough.',
  breached: 'It is on the list of passwords known from breaches; four unrelated words are enough.',
  common: 'It is made of common words or names; four unrelated words are enough.',
  sequence: 'It is a sequence of the keyboard, the alphabet or a date; four unrelated words are enough.',
};

function holdsContextWord(text: string, subject: PasswordSubject, contextWords: readonly string[]): boolean {
  const names = [subject.canonicalName, subject.organisationUid, subject.organisationName, ...contextWords];
  const words = names.flatMap((name) => [name, ...name.split(/[^\p{L}\p{N}]+/u)]).map(fold);
  const readings = readingsOf(fold(text));
  return words.some((word) => [...word].length >= minContextWordLength && readings.some((one) => one.includes(word)));
}

/**
 * Looks the password and its simple variants up in the shipped lists and takes it apart. About half a
 * millisecond for a password of ordinary length; of random ones about one in 10,000 is taken for listed.
 *
 * @returns `null` when nothing speaks against it.
 */
export function findWeakness(password: string): PasswordWeakness | null {
  const whole = fold(password);
  const folded = withoutRepetition(whole);
  if (folded !== whole && folded.length <= maxRepeatedLength) return 'repeats';
  const readings = readingsOf(folded);
  const listed = findListed(folded === whole ? readings : [...readings, whole]);
  if (listed !== null) return listed;
  for (const text of new Set([folded, withoutSeparators(folded)])) {
    if (text.length > maxAnalysedLength || countPieces(text, readingsOf(text)) > maxCommonPieces) continue;
    return countPieces(text, []) <= maxCommonPieces ? 'sequence' : 'common';
  }
  return null;
}

function findListed(readings: readonly string[]): 'breached' | 'common' | null {
  const filter = shippedPasswordFilter();
  const forms = new Set(readings.filter((one) => one.length <= maxEntryLength).flatMap(simpleForms));
  for (const form of forms) {
    const found = filter.look(form);
    if (found !== null) return found === 'breached' ? 'breached' : 'common';
  }
  return [...forms].some(isTwoEntries) ? 'common' : null;
}

/** Two listed words or passwords are one guess of 2^35. */
function isTwoEntries(form: string): boolean {
  if (form.length > maxPairLength) return false;
  const filter = shippedPasswordFilter();
  for (let cut = minEntryLength; cut <= form.length - minEntryLength; cut += 1) {
    if (filter.look(form.slice(0, cut)) !== null && filter.look(form.slice(cut)) !== null) return true;
  }
  return false;
}
