/** What could not be read of a catalogue: that it is missing there says nothing. @module */

import { compareBytes } from '../../kernel/byte-order.js';
import type { CatalogFault, CatalogGroup, CatalogPlace, CatalogSection, CatalogTable } from '../catalog.js';

/** Groups of a table that cannot be relied on when one was not read: keys and indexes name columns, and one another. */
const hiddenBy: Readonly<Partial<Record<CatalogFault['group'], readonly CatalogGroup[]>>> = {
  object: ['columns', 'keys', 'checks', 'indexes', 'triggers'],
  columns: ['columns', 'keys', 'indexes'],
  keys: ['keys', 'indexes', 'checks'],
  indexes: ['keys', 'indexes'],
  checks: ['checks'],
  triggers: ['triggers'],
};

/** Sections that a fault without a name ends: of everything (`object`), or its own. */
const sectionsEndedBy: Readonly<Partial<Record<CatalogFault['group'], readonly CatalogSection[]>>> = {
  object: ['table', 'type', 'sequence', 'routine'],
  types: ['type'],
  sequences: ['sequence'],
  routines: ['routine'],
};

export class KnownFaults {
  readonly #groups = new Set<string>();
  readonly #objects = new Set<string>();
  /** Section → the first schema of which it was not read to its end. */
  readonly #endedAt = new Map<CatalogSection, string>();

  add({ schema, name, group }: CatalogFault): void {
    for (const hidden of hiddenBy[group] ?? []) this.#groups.add(keyOf(schema, name, hidden));
    for (const section of sectionsEndedBy[group] ?? []) {
      if (name !== null) this.#objects.add(keyOf(schema, name, section));
      else {
        // A reading that stops at one schema has not seen those that come after it.
        const known = this.#endedAt.get(section);
        const place = schema ?? '';
        if (known === undefined || compareBytes(place, known) < 0) this.#endedAt.set(section, place);
      }
    }
  }

  /** Whether an object that did not come may be there all the same. */
  hide({ schema, name, section }: CatalogPlace): boolean {
    const ended = this.#endedAt.get(section);
    if (ended !== undefined && compareBytes(schema, ended) >= 0) return true;
    return this.#objects.has(keyOf(schema, name, section)) || this.#objects.has(keyOf(null, name, section));
  }

  /** Whether a group of a table may hold more than what came. */
  hideGroup({ schema, name }: Pick<CatalogPlace, 'schema' | 'name'>, group: CatalogGroup): boolean {
    if (this.#groups.size === 0) return false;
    return [schema, null].some((where) => [name, null].some((which) => this.#groups.has(keyOf(where, which, group))));
  }

  /** The table without the groups that may not be whole. */
  trim(table: CatalogTable): CatalogTable {
    if (this.#groups.size === 0) return table;
    const { columns, primaryKey, uniqueKeys, foreignKeys, checks, indexes, triggers, ...rest } = table;
    const has = (group: CatalogGroup) => !this.hideGroup(table, group);
    return {
      ...rest,
      ...(columns !== undefined && has('columns') ? { columns } : {}),
      ...(primaryKey !== undefined && has('keys') ? { primaryKey } : {}),
      ...(uniqueKeys !== undefined && has('keys') ? { uniqueKeys } : {}),
      ...(foreignKeys !== undefined && has('keys') ? { foreignKeys } : {}),
      ...(checks !== undefined && has('checks') ? { checks } : {}),
      ...(indexes !== undefined && has('indexes') ? { indexes } : {}),
      ...(triggers !== undefined && has('triggers') ? { triggers } : {}),
    };
  }
}

function keyOf(schema: string | null, name: string | null, what: string): string {
  return JSON.stringify([schema, name, what]);
}
