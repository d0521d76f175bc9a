/**
 * The forms of a password under which the lists may know it: folded, with the usual substitutions undone, without what
 * people put at its ends, backwards.
 *
 * @module
 */

/** One case and one width. Only to judge by: what is hashed is never folded. */
export function fold(text: string): string {
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
export function readingsOf(folded: string): readonly string[] {
  const undone = folded.replace(/[@43!0$57]/g, (character) => leet[character] ?? character);
  return [...new Set([folded, undone.replaceAll('1', 'l'), undone.replaceAll('1', 'i')])];
}

/** `abcabcabca` → `abc`: the shortest text whose repetition this is, the last time perhaps in part. */
export function withoutRepetition(text: string): string {
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

/** Digits and signs put before or behind a word to please a rule: so many at most, or they are worth something. */
const decorationBehind = /[^\p{L}]{1,6}$/u;
const decorationBefore = /^[^\p{L}]{1,4}/u;
const separators = /[\s._,;:/+-]+/gu;

export function withoutSeparators(text: string): string {
  return text.replace(separators, '');
}

/** What is looked up for one reading: at most seven forms, the text itself first. */
export function simpleForms(reading: string): readonly string[] {
  const joined = withoutSeparators(reading);
  const undecorated = joined.replace(decorationBehind, '');
  const forms = [
    reading,
    joined,
    undecorated,
    joined.replace(decorationBefore, ''),
    undecorated.replace(decorationBefore, ''),
  ];
  return [...new Set([...forms, reverse(undecorated), reverse(undecorated.replace(decorationBefore, ''))])];
}

function reverse(text: string): string {
  return [...text].reverse().join('');
}
