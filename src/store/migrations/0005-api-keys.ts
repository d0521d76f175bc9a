/** What an API key is narrowed to, by what it is replaced, and who still uses the one that is. @module */
import { type Kysely, sql } from 'kysely';
import type { StoreEngine } from '../engine.js';
import type { StoreTables } from '../schema.js';

export async function narrowApiKeys(db: Kysely<StoreTables>, kind: StoreEngine['kind']): Promise<void> {
  const text = kind === 'postgres' ? sql`text collate "C"` : sql`text`;
  const number = kind === 'postgres' ? sql`bigint` : sql`integer`;
  const added = [
    ...['purpose', 'scopes', 'sources', 'cidrs', 'successor_id'],
    ...['last_used_address', 'request_digest', 'request_content'],
  ];
  // Keys of before stay as wide as they were.
  for (const column of added) await db.schema.alterTable('api_keys').addColumn(column, text).execute();
  await db.schema.createIndex('api_keys_by_expires_at_ms').on('api_keys').column('expires_at_ms').execute();

  await db.schema
    .createTable('api_key_uses')
    .addColumn('key_id', text, (column) => column.notNull().references('api_keys.id').onDelete('cascade'))
    .addColumn('day', number, (column) => column.notNull())
    .addColumn('uses', number, (column) => column.notNull())
    .addColumn('last_used_at_ms', number, (column) => column.notNull())
    .addColumn('last_used_address', text)
    .addPrimaryKeyConstraint('api_key_uses_key', ['key_id', 'day'])
    .modifyEnd(kind === 'sqlite' ? sql`strict, without rowid` : sql``)
    .execute();
}
