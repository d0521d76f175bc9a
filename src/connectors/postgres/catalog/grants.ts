/**
 * What the account may do with a table. It follows from the table's owner and access list, and most tables share theirs
 * with many: each pair is asked about once.
 *
 * @module
 */
import type { Row } from '../question.js';
import type { Lane } from './feed.js';
import { selectGrants } from './statements.js';

const words = ['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger'];

/** More characters of pairs than this are not kept; a database with so many asks for them again. */
const maxKeptLength = 2_097_152;

export class Grants {
  readonly #grants = new Map<string, readonly string[]>();
  #length = 0;

  /** Looks up what a batch of tables needs and is not known yet: none or one question. */
  async learn(lane: Lane, tables: readonly Row[]): Promise<void> {
    const missing = new Map<string, string>();
    for (const table of tables) {
      const key = keyOf(table);
      if (!this.#grants.has(key)) missing.set(key, table[0] ?? '');
    }
    if (missing.size === 0) return;
    if (this.#length > maxKeptLength) {
      this.#grants.clear();
      this.#length = 0;
      // Those of this batch that were known are not any more.
      for (const table of tables) missing.set(keyOf(table), table[0] ?? '');
    }
    const rows = await lane.rows(selectGrants([...missing.values()]));
    const byOid = new Map(rows.map(([oid, word]) => [oid, words.filter((_, place) => word?.[place] === '1')]));
    for (const [key, oid] of missing) {
      this.#grants.set(key, byOid.get(oid) ?? []);
      this.#length += key.length;
    }
  }

  of(table: Row): readonly string[] {
    return this.#grants.get(keyOf(table)) ?? [];
  }
}

/** Kind, owner and access list: what is granted when there is no list depends on the kind. */
function keyOf(table: Row): string {
  return `${table[3]} ${table[8]} ${table[9] ?? ''}`;
}
