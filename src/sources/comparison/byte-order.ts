/** The order in which catalogues stream and snapshots are kept: byte order of UTF-8, as `catalog.ts` promises. @module */
import { type CatalogPlace, type CatalogSection, catalogSections } from '../catalog.js';

/** Negative, zero or positive, as the bytes of `one` come before, equal or after those of `other`. */
export function compareBytes(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let index = 0; index < length; index += 1) {
    const first = one.charCodeAt(index);
    const second = other.charCodeAt(index);
    if (first !== second) return rank(first) - rank(second);
  }
  return one.length - other.length;
}

/** UTF-16 puts surrogates before the last 8,192 units of the basic plane; by code point they come after. */
function rank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}

const rankOfSection = new Map<CatalogSection, number>(catalogSections.map((section, index) => [section, index]));

export function comparePlaces(one: CatalogPlace, other: CatalogPlace): number {
  return (
    compareBytes(one.schema, other.schema) ||
    (rankOfSection.get(one.section) ?? 0) - (rankOfSection.get(other.section) ?? 0) ||
    compareBytes(one.name, other.name) ||
    compareBytes(one.arguments, other.arguments)
  );
}
