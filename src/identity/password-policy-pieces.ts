/**
 * How few predictable pieces a text is put together from: common words, runs of the keyboard and of the alphabet, dates
 * and copies of what stood before. `Password2024!!!` is three.
 *
 * @module
 */
import { commonLongPasswords, commonWords } from './common-passwords.js';

const maxListedLength = 28;

/** What each kind of piece costs. */
export interface PieceCosts {
  readonly word: number;
  readonly run: number;
  readonly date: number;
  /** Of something that stood anywhere before. */
  readonly copy: number;
  /** Of what stands right before. */
  readonly neighbouringCopy: number;
  readonly character: number;
}

const unitCosts: PieceCosts = { word: 1, run: 1, date: 1, copy: 1, neighbouringCopy: 0, character: 1 };

/**
 * The fewest pieces that make up the text: common words, runs, dates, copies of an earlier part, single characters. The
 * time grows with the square of its length.
 *
 * @param readings  The text with substitutions undone, each as long as it; none: words are not looked for.
 */
export function countPieces(text: string, readings: readonly string[]): number {
  return leastCost(text, readings, unitCosts);
}

/** As {@link countPieces}, where pieces cost differently. */
export function leastCost(text: string, readings: readonly string[], costs: PieceCosts): number {
  const least = new Array<number>(text.length + 1).fill(Number.POSITIVE_INFINITY);
  least[0] = 0;
  const reach = (end: number, cost: number) => {
    least[end] = Math.min(least[end] ?? cost, cost);
  };
  for (let at = 0; at < text.length; at += 1) {
    const here = least[at] ?? 0;
    reach(at + 1, here + costs.character);
    for (const end of [runEnd(text, at, isSameOrNext), runEnd(text, at, isSameOrPrevious)]) {
      for (let cut = at + 3; cut <= end; cut += 1) reach(cut, here + costs.run);
    }
    const keyboardEnd = runEnd(text, at, areNeighbourKeys);
    for (let cut = at + 4; cut <= keyboardEnd; cut += 1) reach(cut, here + costs.run);
    for (let length = 4; length <= maxListedLength && at + length <= text.length; length += 1) {
      if (readings.some((one) => isListed(one.slice(at, at + length)))) reach(at + length, here + costs.word);
      if (length <= 8 && isDate(text.slice(at, at + length))) reach(at + length, here + costs.date);
    }
    for (let length = 2; length <= at && at + length <= text.length; length += 1) {
      const piece = text.slice(at, at + length);
      if (text.slice(at - length, at) === piece) reach(at + length, here + costs.neighbouringCopy);
      else if (length >= 4 && text.slice(0, at).includes(piece)) reach(at + length, here + costs.copy);
    }
  }
  return least[text.length] ?? text.length;
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

/** Rows of the American, the German and the French keyboard, which most others follow. */
const keyboards = [
  ['1234567890-=', 'qwertyuiop[]', "asdfghjkl;'", 'zxcvbnm,./'],
  ['1234567890ß´', 'qwertzuiopü+', 'asdfghjklöä#', 'yxcvbnm,.-'],
  ['1234567890°+', 'azertyuiop^$', 'qsdfghjklmù*', 'wxcvbn,;:!'],
];
const keyPlaces = keyboards.map(
  (rows) => new Map(rows.flatMap((row, y) => [...row].map((key, x) => [key, { x, y }] as const))),
);

const areNeighbourKeys: Continues = (before, next) =>
  keyPlaces.some((places) => {
    const from = places.get(before);
    const to = places.get(next);
    // The distance that also covers "every other row": 1q2w3e goes from q up to 2.
    return from !== undefined && to !== undefined && Math.abs(from.x - to.x) <= 1 && Math.abs(from.y - to.y) <= 1;
  });

function isDate(text: string): boolean {
  return /^(?:19|20)\d\d$|^(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)?\d\d$|^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/.test(
    text,
  );
}
