/**
 * Text as a terminal shows it: made harmless, measured in cells, cut to a width. Whatever comes from a store, a
 * database or a server passes here on its way to a person.
 *
 * @module
 */

/** Without C0, C1, bidi controls and line separators; what is left cannot move a cursor or reorder a line. */
export function printable(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·');
}

/**
 * JSON that is the same document to a machine and harmless to a terminal: what could drive one is written as `\u`
 * escapes.
 */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, at) => {
    return `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }).join('');
}

const ascii = /^[\x20-\x7e]*$/;
const segments = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** East Asian wide and full-width characters (UAX #11), by block; pictures that are shown as such take two cells, too. */
const wide =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;

/** How many cells a line takes: a wide character two, what is put onto another one none. */
export function textWidth(text: string): number {
  if (ascii.test(text)) return text.length;
  let cells = 0;
  for (const { segment } of segments.segment(text)) cells += cellsOf(segment);
  return cells;
}

/** At most so many cells; an ellipsis stands for what is left out. */
export function cutToWidth(text: string, cells: number): string {
  if (textWidth(text) <= cells) return text;
  if (ascii.test(text)) return `${text.slice(0, Math.max(0, cells - 1))}…`;
  let kept = '';
  let left = cells - 1;
  for (const { segment } of segments.segment(text)) {
    left -= cellsOf(segment);
    if (left < 0) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Lines of at most so many cells, broken between words. A word that is longer stays whole: it may be copied. */
export function wrapToWidth(text: string, cells: number): string[] {
  if (textWidth(text) <= cells) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && textWidth(longer) > cells) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}

/** Padded to so many cells, at the end, or before the text. */
export function padToWidth(text: string, cells: number, isRight: boolean): string {
  const blanks = ' '.repeat(Math.max(0, cells - textWidth(text)));
  return isRight ? `${blanks}${text}` : `${text}${blanks}`;
}

function cellsOf(segment: string): number {
  if (wide.test(segment)) return 2;
  return /^[\p{Mn}\p{Me}]+$/u.test(segment) ? 0 : 1;
}
