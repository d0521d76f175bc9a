/** Where a session began, and the order in which sessions are listed. @module */
import { type Kysely, sql } from 'kysely';
import type { StoreEngine } from '../engine.js';
import type { StoreTables } from '../schema.js';

export async function addSessionPlaces(db: Kysely<StoreTables>, kind: StoreEngine['kind']): Promise<void> {
  // Of sessions of before it is not known.
  const text = kind === 'postgres' ? sql`text collate "C"` : sql`text`;
  await db.schema.alterTable('sessions').addColumn('address', text).execute();
  await db.schema.createIndex('sessions_by_created_at_ms_id').on('sessions').columns(['created_at_ms', 'id']).execute();
}
