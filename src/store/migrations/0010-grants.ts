/** What roles may do with which tables of which sources, and what is known of users besides their names. @module */
import { type Kysely, sql } from 'kysely';
import type { StoreEngine } from '../engine.js';
import type { StoreTables } from '../schema.js';

export async function addGrants(db: Kysely<StoreTables>, kind: StoreEngine['kind']): Promise<void> {
  const text = kind === 'postgres' ? sql`text collate "C"` : sql`text`;
  const number = kind === 'postgres' ? sql`bigint` : sql`integer`;
  const strict = kind === 'sqlite' ? sql`strict` : sql``;

  await db.schema.alterTable('users').addColumn('claims', text).execute();

  await db.schema
    .createTable('datasets')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('organisation_id', text, (column) => column.notNull().references('organisations.id'))
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('source_id', text, (column) => column.notNull().references('sources.id').onDelete('cascade'))
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('table_schema', text)
    .addColumn('table_name', text)
    .addColumn('place', text)
    .addColumn('query', text)
    .addColumn('created_at_ms', number, (column) => column.notNull())
    .addUniqueConstraint('datasets_name', ['organisation_id', 'name'])
    .modifyEnd(strict)
    .execute();
  // A table is one dataset: two would be two answers to who may read it.
  await db.schema
    .createIndex('datasets_by_table')
    .on('datasets')
    .columns(['source_id', 'table_name', 'table_schema'])
    .unique()
    .execute();
  await db.schema.createIndex('datasets_by_source_id_name').on('datasets').columns(['source_id', 'name']).execute();
  await db.schema.createIndex('datasets_by_source_id_place').on('datasets').columns(['source_id', 'place']).execute();

  await db.schema
    .createTable('grants')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('role_id', text, (column) => column.notNull().references('roles.id').onDelete('cascade'))
    .addColumn('dataset_id', text, (column) => column.notNull().references('datasets.id').onDelete('cascade'))
    .addColumn('operations', text, (column) => column.notNull())
    .addColumn('readable', text)
    .addColumn('writable', text)
    .addColumn('filter', text)
    .addColumn('masks', text, (column) => column.notNull())
    .addColumn('created_at_ms', number, (column) => column.notNull())
    .modifyEnd(strict)
    .execute();
  await db.schema.createIndex('grants_by_dataset_role').on('grants').columns(['dataset_id', 'role_id']).execute();
  await db.schema.createIndex('grants_by_role').on('grants').columns(['role_id', 'dataset_id']).execute();
  await db.schema.createIndex('grants_by_created_at_ms_id').on('grants').columns(['created_at_ms', 'id']).execute();

  await db.schema
    .createTable('write_receipts')
    .addColumn('key_digest', text, (column) => column.primaryKey())
    .addColumn('content_digest', text, (column) => column.notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('status', number)
    .addColumn('body', text)
    .addColumn('at_ms', number, (column) => column.notNull())
    .modifyEnd(strict)
    .execute();
  await db.schema.createIndex('write_receipts_by_at_ms').on('write_receipts').column('at_ms').execute();
}
