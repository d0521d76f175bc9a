/** Rows as the server wrote them, in the canonical texts of their types. @module */
import type { CanonicalType, OutputColumn } from '../../query/index.js';
import type { DataRow } from '../../sources/index.js';
import type { Row } from './connect.js';

type Decode = (text: string) => string;

/** @returns what makes rows of those the session got; the same rows where nothing is to be done. */
export function createDecoder(
  output: readonly Pick<OutputColumn, 'type'>[],
): (rows: readonly Row[]) => readonly DataRow[] {
  const steps = output.flatMap(({ type }, index) => {
    const decode = decoders.get(type);
    return decode === undefined ? [] : [{ index, decode }];
  });
  if (steps.length === 0) return (rows) => rows;
  return (rows) =>
    rows.map((row) => {
      const decoded = [...row];
      for (const { index, decode } of steps) {
        const text = decoded[index];
        if (text != null) decoded[index] = decode(text);
      }
      return decoded;
    });
}

const decoders = new Map<CanonicalType, Decode>([
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
