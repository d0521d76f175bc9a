/** Rows as a server wrote them, in the canonical texts of their types. @module */
import type { CanonicalType, OutputColumn } from '../query/index.js';
import type { DataRow } from '../sources/index.js';

/** What turns an engine's text of a type into the canonical one; types without a row are written alike. */
export type Decoders = ReadonlyMap<CanonicalType, (text: string) => string>;

/** @returns what makes rows of those the session got; the same rows where nothing is to be done. */
export function createDecoder(
  decoders: Decoders,
  output: readonly Pick<OutputColumn, 'type'>[],
): (rows: readonly DataRow[]) => readonly DataRow[] {
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
