/** When a signing key begins to sign: keys are known everywhere before their first signature. @module */
import { type Kysely, sql } from 'kysely';
import type { StoreEngine } from '../engine.js';
import type { StoreTables } from '../schema.js';

export async function addSigningKeyTimes(db: Kysely<StoreTables>, kind: StoreEngine['kind']): Promise<void> {
  await db.schema
    .alterTable('signing_keys')
    .addColumn('signs_from_ms', kind === 'postgres' ? sql`bigint` : sql`integer`, (column) =>
      column.notNull().defaultTo(0),
    )
    .execute();
  // Keys of before signed from the moment they were made.
  await db.updateTable('signing_keys').set({ signs_from_ms: sql`created_at_ms` }).execute();
}
