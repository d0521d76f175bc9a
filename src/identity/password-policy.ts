/**
 * Which new passwords are taken: long enough, not what everybody chooses, not about us or about the user. Nothing is
 * asked of their composition (NIST SP 800-63B-4 §3.1.1.2; ASVS 6.2.5), and nothing here touches a login.
 *
 * @module
 */
import type { UserKind } from '../access/index.js';
import type { Secret } from '../kernel/secret.js';
import { commonLongPasswords, commonWords } from './common-passwords.js';
import type { IdentityPolicy } from './deps.js';
import { identityErrors } from './errors.js';
import { passwordBytes } from './password-bytes.js';

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
const maxListedLength = 28;
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
  if (isCommonPassword(text)) {
    const fix = 'Choose something less predictable; four unrelated words are enough.';
    throw identityErrors.password_rejected({ details: { field, fix } });
  }
}

function holdsContextWord(text: string, subject: PasswordSubject, contextWords: readonly string[]): boolean {
  const names = [subject.canonicalName, subject.organisationUid, subject.organisationName, ...contextWords];
  const words = names.flatMap((name) => [name, ...name.split(/[^\p{L}\p{N}]+/u)]).map(fold);
  const readings = readingsOf(fold(text));
  return words.some((word) => [...word].length >= minContextWordLength && readings.some((one) => one.includes(word)));
}

/** Whether the password is on the list of common ones or put together from fewer than four predictable pieces. */
export function isCommonPassword(text: string): boolean {
  const whole = fold(text);
  const folded = withoutRepetition(whole);
  if (folded !== whole && folded.length <= maxRepeatedLength) return true;
  const readings = readingsOf(folded);
  if (readings.some(isListed) || isListed(whole)) return true;
  return folded.length <= maxAnalysedLength && countPieces(folded, readings) <= maxCommonPieces;
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

const leet: Readonly<Record<string, string>> = {
  '@': 'a',
  '4': 'a',
  '3': 'e',
  '!': 'i',
  '0': 'o',
  $: 's',
  '5': 's',
  '7': 't',
};

/** The text as it stands and with the usual substitutions undone; every reading has the same length. */
function readingsOf(folded: string): readonly string[] {
  const undone = folded.replace(/[@43!0$57]/g, (character) => leet[character] ?? character);
  return [...new Set([folded, undone.replaceAll('1', 'l'), undone.replaceAll('1', 'i')])];
}

/** `abcabcabca` → `abc`: the shortest text whose repetition this is, the last time perhaps in part. */
function withoutRepetition(text: string): string {
  // Border table of Knuth, Morris and Pratt: the longest proper prefix that is also a suffix.
  const border = new Array<number>(text.length).fill(0);
  for (let at = 1; at < text.length; at += 1) {
    let length = border[at - 1] ?? 0;
    while (length > 0 && text[at] !== text[length]) length = border[length - 1] ?? 0;
    border[at] = text[at] === text[length] ? length + 1 : length;
  }
  const period = text.length - (border[text.length - 1] ?? 0);
  return period <= text.length / 2 ? text.slice(0, period) : text;
}

/** The fewest pieces that make up the text: common words, runs, dates, copies of an earlier part, single characters. */
function countPieces(text: string, readings: readonly string[]): number {
  const fewest = new Array<number>(text.length + 1).fill(Number.POSITIVE_INFINITY);
  fewest[0] = 0;
  const reach = (end: number, pieces: number) => {
    fewest[end] = Math.min(fewest[end] ?? pieces, pieces);
  };
  for (let at = 0; at < text.length; at += 1) {
    const here = fewest[at] ?? 0;
    reach(at + 1, here + 1);
    for (const end of [runEnd(text, at, isSameOrNext), runEnd(text, at, isSameOrPrevious)]) {
      for (let cut = at + 3; cut <= end; cut += 1) reach(cut, here + 1);
    }
    const keyboardEnd = runEnd(text, at, areNeighbourKeys);
    for (let cut = at + 4; cut <= keyboardEnd; cut += 1) reach(cut, here + 1);
    for (let length = 4; length <= maxListedLength && at + length <= text.length; length += 1) {
      const isWord = readings.some((one) => isListed(one.slice(at, at + length)));
      if (isWord || (length <= 8 && isDate(text.slice(at, at + length)))) reach(at + length, here + 1);
    }
    for (let length = 2; length <= at && at + length <= text.length; length += 1) {
      const piece = text.slice(at, at + length);
      if (text.slice(at - length, at) === piece) reach(at + length, here);
      else if (length >= 4 && text.slice(0, at).includes(piece)) reach(at + length, here + 1);
    }
  }
  return fewest[text.length] ?? text.length;
}

function isListed(piece: string): boolean {
  return commonWords.has(piece) || commonLongPasswords.has(piece);
}

type Continues = (before: string, next: string, first: string) => boolean;

/** Where the run that begins at `at` ends; a run of one kind keeps its kind. */
function runEnd(text: string, at: number, continues: Continues): number {
  let end = at + 1;
  while (end < text.length && continues(text.charAt(end - 1), text.charAt(end), text.charAt(at))) end += 1;
  return end;
}

const isSameOrNext: Continues = (before, next) => stepOf(before, next) === 0 || stepOf(before, next) === 1;
const isSameOrPrevious: Continues = (before, next) => stepOf(before, next) === 0 || stepOf(before, next) === -1;

/** Distance in the alphabet or the digits; 9 is followed by 0. Equal characters of any kind have distance 0. */
function stepOf(before: string, next: string): number {
  if (before === next) return 0;
  if (before === '9' && next === '0') return 1;
  if (before === '0' && next === '9') return -1;
  return /^[a-z0-9]{2}$/.test(before + next) ? (next.codePointAt(0) ?? 0) - (before.codePointAt(0) ?? 0) : Number.NaN;
}

const keyboardRows = ['1234567890-=', 'qwertyuiop[]', "asdfghjkl;'", 'zxcvbnm,./'];
const keyPlaces = new Map(keyboardRows.flatMap((row, y) => [...row].map((key, x) => [key, { x, y }] as const)));

const areNeighbourKeys: Continues = (before, next) => {
  const from = keyPlaces.get(before);
  const to = keyPlaces.get(next);
  // The distance that also covers "every other row": 1q2w3e goes from q up to 2.
  return from !== undefined && to !== undefined && Math.abs(from.x - to.x) <= 1 && Math.abs(from.y - to.y) <= 1;
};

function isDate(text: string): boolean {
  return /^(?:19|20)\d\d$|^(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)?\d\d$|^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/.test(
    text,
  );
}
