/** The entity tag of a row: a digest of every column that is shown, whichever of them were asked for. @module */
import { createHash } from 'node:crypto';
import type { DataRow } from '../../sources/index.js';

/** Strong (RFC 9110 §8.8.1): another row, or other columns of it, is another tag. */
export function rowTag(output: readonly { readonly name: string }[], row: DataRow): string {
  const content = JSON.stringify([output.map(({ name }) => name), output.map((_column, at) => row[at] ?? null)]);
  return `"${createHash('sha256').update(content).digest('base64url').slice(0, 32)}"`;
}
