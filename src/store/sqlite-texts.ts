/**
 * Texts of statements by number. Most are asked again and again, and to copy a text to a thread and find it there costs
 * more than to bind its values: so each thread is told each text once.
 *
 * @module
 */

/** The number of a text, or a text that has none. */
export type StatementText = string | number;

/** Whatever is asked once with a list of its own must not fill the memory. */
const maxTexts = 1_000;

const numbers = new Map<string, number>();
const texts: string[] = [];

export function numberOf(text: string): StatementText {
  const known = numbers.get(text);
  if (known !== undefined) return known;
  if (texts.length >= maxTexts) return text;
  numbers.set(text, texts.length);
  texts.push(text);
  return texts.length - 1;
}

/** In the order of their numbers. @param told  How many of them are known to whoever asks. */
export function textsBehind(told: number): readonly string[] {
  return told === texts.length ? none : texts.slice(told);
}

const none: readonly string[] = [];
