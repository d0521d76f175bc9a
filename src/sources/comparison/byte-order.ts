/** The order in which catalogues stream and snapshots are kept: that of places, as `catalog.ts` promises. @module */
import { compareBytes } from '../../kernel/byte-order.js';
import { type CatalogPlace, type CatalogSection, catalogSections } from '../catalog.js';

const rankOfSection = new Map<CatalogSection, number>(catalogSections.map((section, index) => [section, index]));

export function comparePlaces(one: CatalogPlace, other: CatalogPlace): number {
  return (
    compareBytes(one.schema, other.schema) ||
    (rankOfSection.get(one.section) ?? 0) - (rankOfSection.get(other.section) ?? 0) ||
    compareBytes(one.name, other.name) ||
    compareBytes(one.arguments, other.arguments)
  );
}
