/** Until when a temporary password is worth anything, and the passwords an account had before. @module */
import { type Kysely, sql } from 'kysely';
import type { StoreEngine } from '../engine.js';
import type { StoreTables } from '../schema.js';

export async function addPasswordLives(db: Kysely<StoreTables>, kind: StoreEngine['kind']): Promise<void> {
  const text = kind === 'postgres' ? sql`text collate "C"` : sql`text`;
  const number = kind === 'postgres' ? sql`bigint` : sql`integer`;
  await db.schema.alterTable('users').addColumn('password_lapses_at_ms', number).execute();
  await db.schema
    .createTable('former_passwords')
    .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('number', number, (column) => column.notNull())
    .addColumn('password_hash', text, (column) => column.notNull())
    .addColumn('replaced_at_ms', number, (column) => column.notNull())
    .addPrimaryKeyConstraint('former_passwords_key', ['user_id', 'number'])
    .modifyEnd(kind === 'sqlite' ? sql`strict, without rowid` : sql``)
    .execute();
}
