/** Names and labels that people give to things and later read on a screen, a terminal or in a log. @module */

const maxLength = 255;
/** Controls, lone surrogates, line separators, and the marks that reorder or hide what follows. */
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061C\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF]/u;

/** One line of 1 to 255 characters that shows as what it is, and not only white space. */
export function isPlainText(text: string): boolean {
  return text.length <= 2 * maxLength && [...text].length <= maxLength && text.trim() !== '' && !unprintable.test(text);
}
