/**
 * Which objects of a catalogue a request is about, where the engine cannot be asked to choose: by glob, by place, in
 * byte order. Matching takes time linear in the name for every star.
 *
 * @module
 */
import { compareBytes } from '../kernel/byte-order.js';
import type { CatalogPlace, CatalogSection } from '../sources/index.js';

/** The place of a section in its schema. Kept here, because a thread loads no room for one list. */
export const rankOf = { table: 0, type: 1, sequence: 2, routine: 3 } as const satisfies Record<CatalogSection, number>;

/** Whether the name matches one of the globs (`*`, `?`); without globs, any does. */
export function matchesAny(name: string, globs: readonly string[]): boolean {
  return globs.length === 0 || globs.some((glob) => matches(name, glob));
}

/** Goes back to the last star only, so nothing is tried twice for an earlier one. */
function matches(name: string, glob: string): boolean {
  const text = [...name];
  const pattern = [...glob];
  let at = 0;
  let wanted = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    const sign = pattern[wanted];
    if (sign === '*') {
      star = wanted;
      resume = at;
      wanted += 1;
    } else if (sign !== undefined && (sign === '?' || sign === text[at])) {
      at += 1;
      wanted += 1;
    } else if (star >= 0) {
      resume += 1;
      at = resume;
      wanted = star + 1;
    } else return false;
  }
  while (pattern[wanted] === '*') wanted += 1;
  return wanted === pattern.length;
}

/** Whether an object comes after a place, in the order of `catalog.ts`. */
export function isAfter(
  place: CatalogPlace | null,
  object: {
    readonly schema: string;
    readonly section: CatalogSection;
    readonly name: string;
    readonly arguments: string;
  },
): boolean {
  if (place === null) return true;
  const order =
    compareBytes(object.schema, place.schema) ||
    rankOf[object.section] - rankOf[place.section] ||
    compareBytes(object.name, place.name) ||
    compareBytes(object.arguments, place.arguments);
  return order > 0;
}
