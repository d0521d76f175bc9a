/** The places accounts have signed in from. @module */
import { type Kysely, sql } from 'kysely';
import type { StoreEngine } from '../engine.js';
import type { StoreTables } from '../schema.js';

export async function addKnownSources(db: Kysely<StoreTables>, kind: StoreEngine['kind']): Promise<void> {
  const text = kind === 'postgres' ? sql`text collate "C"` : sql`text`;
  await db.schema
    .createTable('known_sources')
    .addColumn('digest', text, (column) => column.primaryKey())
    .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('seen_at_ms', kind === 'postgres' ? sql`bigint` : sql`integer`, (column) => column.notNull())
    .modifyEnd(kind === 'sqlite' ? sql`strict, without rowid` : sql``)
    .execute();
  await db.schema
    .createIndex('known_sources_by_user_id_seen_at_ms')
    .on('known_sources')
    .columns(['user_id', 'seen_at_ms'])
    .execute();
}
