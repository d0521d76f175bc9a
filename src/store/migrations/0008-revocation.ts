/**
 * Epochs, by which everything issued to a user, an organisation or in the whole install is refused from one moment on;
 * what verifiers of other processes are told; on what a session was issued; by what old sessions are found.
 *
 * @module
 */
import { type Kysely, sql } from 'kysely';
import type { StoreEngine } from '../engine.js';
import type { StoreTables } from '../schema.js';

export async function addRevocation(db: Kysely<StoreTables>, kind: StoreEngine['kind']): Promise<void> {
  const text = kind === 'postgres' ? sql`text collate "C"` : sql`text`;
  const number = kind === 'postgres' ? sql`bigint` : sql`integer`;
  const epoch = async (table: 'users' | 'organisations' | 'sessions' | 'api_keys', column: string) => {
    const altered = db.schema.alterTable(table);
    await altered.addColumn(column, number, (added) => added.notNull().defaultTo(0)).execute();
  };
  for (const owner of ['users', 'organisations'] as const) {
    await epoch(owner, 'session_epoch');
    await epoch(owner, 'key_epoch');
  }
  for (const issued of ['sessions', 'api_keys'] as const) await epoch(issued, 'epoch');
  await db
    .insertInto('counters')
    .values(['session_epoch', 'key_epoch'].map((name) => ({ name, value: 0 })))
    .execute();

  await db.schema.alterTable('sessions').addColumn('issued_on_id', text).execute();
  await db.schema
    .createIndex('sessions_by_issued_on_id')
    .on('sessions')
    .column('issued_on_id')
    .where('issued_on_id', 'is not', null)
    .execute();
  await db.schema.createIndex('sessions_by_expires_at_ms').on('sessions').column('expires_at_ms').execute();

  const clustered = kind === 'sqlite' ? sql`strict, without rowid` : sql``;
  await db.schema
    .createTable('credential_changes')
    .addColumn('shard', number, (column) => column.notNull())
    .addColumn('number', number, (column) => column.notNull())
    .addColumn('user_id', text)
    .addPrimaryKeyConstraint('credential_changes_key', ['shard', 'number'])
    .modifyEnd(clustered)
    .execute();
  await db.schema
    .createTable('verifiers')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('seen_at_ms', number, (column) => column.notNull())
    .modifyEnd(clustered)
    .execute();
}
