/**
 * User names in one canonical form: PRECIS UsernameCaseMapped (RFC 8265 §3.3) over Node's own Unicode tables. A name
 * is normalised once, first, and everything behind works on the result: what is unique, what is looked up and what is
 * fingerprinted are the same bytes.
 *
 * The one PRECIS package for JavaScript (precis-js 0.1.5) implements the obsolete RFC 7564 on the tables of Unicode 8.
 *
 * @module
 */

/** RFC 5892 §2.6, exceptions that are valid. */
const exceptionallyValid = /^[\u00DF\u03C2\u06FD\u06FE\u0F0B\u3007]$/u;
/** RFC 5892 §2.6, exceptions that are not. */
const exceptionallyRefused = /^[\u0640\u07FA\u302E\u302F\u3031-\u3035\u303B]$/u;
/** RFC 8264 §9.1, 9.7: what identifiers are made of. */
const ascii7 = /^[\x21-\x7E]$/;
const letterDigits = /^[\p{Ll}\p{Lu}\p{Lo}\p{Nd}\p{Lm}\p{Mn}\p{Mc}]$/u;
/** RFC 8264 §9.9: conjoining jamo do not compare equal to the syllables they look like. */
const oldHangulJamo = /^[\u1100-\u11FF\uA960-\uA97C\uD7B0-\uD7C6\uD7CB-\uD7FB]$/u;
/** RFC 8264 §9.13: invisible or not characters at all. Covers the join controls, which we never allow in a name. */
const ignorable = /^[\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]$/u;
const fullOrHalfWidth = /[\uFF01-\uFFEE]/gu;

/** Names of these only are in canonical form once they are in lower case: every rule below lets them pass. */
const plain = /^[\x21-\x39\x3B-\x7E]+$/;

/** Longest name, both as given and in canonical form, in bytes of UTF-8. */
export const maxUsernameBytes = 255;

/**
 * The canonical form of a name, or `null` when it is no name.
 *
 * Width mapping, IdentifierClass, lower case, NFC, Bidi Rule (RFC 8265 §3.3), repeated until nothing changes
 * (RFC 8264 §7). Stricter than the profile in three places: no `:` (it ends the name in `Token` and Basic headers), no
 * join controls even where the script would allow them, at most {@link maxUsernameBytes}.
 */
export function canonicalUsername(given: string): string | null {
  if (given.length <= maxUsernameBytes && plain.test(given)) return given.toLowerCase();
  if (given.length > maxUsernameBytes || Buffer.byteLength(given) > maxUsernameBytes) return null;
  const once = enforce(given);
  if (once === null || once === '' || Buffer.byteLength(once) > maxUsernameBytes) return null;
  return enforce(once) === once ? once : null;
}

function enforce(text: string): string | null {
  const mapped = text.replace(fullOrHalfWidth, (character) => character.normalize('NFKC'));
  if (!isIdentifier([...mapped])) return null;
  const folded = mapped.toLowerCase().normalize('NFC');
  const characters = [...folded];
  return isIdentifier(characters) && followsBidiRule(characters) ? folded : null;
}

/** RFC 8264 §4.2 and §8, in the order of its algorithm. */
function isIdentifier(characters: readonly string[]): boolean {
  return characters.every((character, at) => {
    if (exceptionallyValid.test(character)) return true;
    const allowedInContext = contextRule(characters, at);
    if (allowedInContext !== null) return allowedInContext;
    if (exceptionallyRefused.test(character)) return false;
    if (ascii7.test(character)) return character !== ':';
    if (oldHangulJamo.test(character) || ignorable.test(character)) return false;
    // HasCompat (RFC 8264 §9.17): a character that NFKC would turn into another one.
    return character.normalize('NFKC') === character && letterDigits.test(character);
  });
}

/** CONTEXTO (RFC 5892 appendix A.3–A.9); `null` for characters without such a rule. */
function contextRule(characters: readonly string[], at: number): boolean | null {
  const before = characters[at - 1] ?? '';
  const after = characters[at + 1] ?? '';
  switch (characters[at]) {
    case '\u00B7':
      return before === 'l' && after === 'l';
    case '\u0375':
      return /^\p{Script=Greek}$/u.test(after);
    case '\u05F3':
    case '\u05F4':
      return /^\p{Script=Hebrew}$/u.test(before);
    case '\u30FB':
      return characters.some((other) => /^[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]$/u.test(other));
  }
  if (/^[\u0660-\u0669]$/u.test(characters[at] ?? ''))
    return !characters.some((other) => /[\u06F0-\u06F9]/u.test(other));
  if (/^[\u06F0-\u06F9]$/u.test(characters[at] ?? ''))
    return !characters.some((other) => /[\u0660-\u0669]/u.test(other));
  return null;
}

/**
 * The classes of UAX #9 the Bidi Rule tells apart. R stands for R and AL, O for ES, CS, ET and ON, which the rule
 * treats alike.
 */
type BidiClass = 'L' | 'R' | 'AN' | 'EN' | 'NSM' | 'O';

/** Blocks whose letters are right-to-left (Unicode's DerivedBidiClass defaults). */
const rightToLeft = /^[\u0590-\u08FF\uFE70-\uFEFF\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]$/u;

/**
 * Compared with Bidi_Class of Unicode 14 over all 144,865 acceptable characters: it differs for 26 modifier letters,
 * here L instead of ON and so refused beside right-to-left letters, and for five Indic marks.
 */
export function bidiClassOf(character: string): BidiClass {
  if (/^\p{Mn}$/u.test(character)) return 'NSM';
  if (/^[0-9\u06F0-\u06F9]$/u.test(character)) return 'EN';
  if (/^[\u0660-\u0669\u{10D30}-\u{10D39}]$/u.test(character)) return 'AN';
  if (rightToLeft.test(character)) return 'R';
  if (/^[\p{L}\p{Mc}\p{Nd}\u0F0B\u3007]$/u.test(character)) return 'L';
  return 'O';
}

/** RFC 5893 §2; binds only names that contain right-to-left characters (RFC 8265 §3.3). */
function followsBidiRule(characters: readonly string[]): boolean {
  const classes = characters.map(bidiClassOf);
  if (!classes.includes('R') && !classes.includes('AN')) return true;
  const last = classes.findLast((one) => one !== 'NSM');
  if (classes[0] === 'R') {
    const mixesNumbers = classes.includes('EN') && classes.includes('AN');
    return !classes.includes('L') && !mixesNumbers && (last === 'R' || last === 'EN' || last === 'AN');
  }
  // A left-to-right name may hold no R, AL or AN at all (conditions 1 and 5), and this one does.
  return false;
}
