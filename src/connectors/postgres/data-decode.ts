/** Rows as the server wrote them, in the canonical texts of their types. @module */
import type { CanonicalType, OutputColumn } from '../../query/index.js';
import type { DataRow } from '../../sources/index.js';
import type { Row } from './question.js';

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
  ['timestamp', (text) => (isInstant(text) ? `${text.slice(0, 10)}T${text.slice(11)}` : text)],
  [
    'timestamptz',
    // The session's clock is in UTC; `infinity` and years before the first stay as they are.
    (text) => (isInstant(text) && text.endsWith('+00') ? `${text.slice(0, 10)}T${text.slice(11, -3)}Z` : text),
  ],
  ['bytes', (text) => (text.startsWith('\\x') ? Buffer.from(text.slice(2), 'hex').toString('base64') : text)],
  ['float32', plainNumber],
  ['float64', plainNumber],
]);

/** Four digits of a year, and no era. */
function isInstant(text: string): boolean {
  return text[4] === '-' && text[10] === ' ' && !text.endsWith('C');
}

/** The shortest digits are the same everywhere; where the exponent begins is not. */
function plainNumber(text: string): string {
  return text.includes('e') || text === '-0' ? String(Number(text)) : text;
}
