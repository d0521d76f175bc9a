/** How MySQL and MariaDB writes values, and what the canonical text of it is. @module */
import type { Decoders } from '../decode-rows.js';

export const decoders: Decoders = new Map([
  ['boolean', (text) => (text === '0' ? 'false' : 'true')],
  ['time', withoutZeros],
  ['timestamp', (text) => `${text.slice(0, 10)}T${withoutZeros(text.slice(11))}`],
  ['timestamptz', (text) => `${text.slice(0, 10)}T${withoutZeros(text.slice(11))}Z`],
  ['bytes', (text) => Buffer.from(text, 'hex').toString('base64')],
  ['float32', shortestSingle],
  ['float64', (text) => String(Number(text))],
]);

/** A fraction has as many digits as the column; canonical are those that say something. */
function withoutZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** The fewest digits that are nearest to the same single. */
function shortestSingle(text: string): string {
  const value = Number(text);
  for (let digits = 6; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}
