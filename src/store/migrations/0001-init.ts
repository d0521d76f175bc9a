/** The first tables. @module */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { StoreEngine } from '../engine.js';
import type { StoreTables } from '../schema.js';

type ColumnType = RawBuilder<unknown>;

export async function init(db: Kysely<StoreTables>, kind: StoreEngine['kind']): Promise<void> {
  // Byte order in both databases, so that both list alike and no look-up depends on the server's locale.
  const text: ColumnType = kind === 'postgres' ? sql`text collate "C"` : sql`text`;
  const number: ColumnType = kind === 'postgres' ? sql`bigint` : sql`integer`;
  const strict = kind === 'sqlite' ? sql`strict` : sql``;
  const clustered = kind === 'sqlite' ? sql`strict, without rowid` : sql``;

  await db.schema
    .createTable('counters')
    .addColumn('name', text, (column) => column.primaryKey())
    .addColumn('value', number, (column) => column.notNull())
    .modifyEnd(strict)
    .execute();

  await db.schema
    .createTable('organisations')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('number', number, (column) => column.notNull().unique())
    .addColumn('uid', text, (column) => column.notNull().unique())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('created_at_ms', number, (column) => column.notNull())
    .modifyEnd(strict)
    .execute();

  await db.schema
    .createTable('roles')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('number', number, (column) => column.notNull().unique())
    .addColumn('organisation_id', text, (column) => column.notNull().references('organisations.id').onDelete('cascade'))
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('allowed', text, (column) => column.notNull())
    .addColumn('created_at_ms', number, (column) => column.notNull())
    .addUniqueConstraint('roles_name', ['organisation_id', 'name'])
    .modifyEnd(strict)
    .execute();

  await db.schema
    .createTable('users')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('organisation_id', text, (column) => column.notNull().references('organisations.id'))
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('username', text, (column) => column.notNull())
    .addColumn('canonical_name', text, (column) => column.notNull().unique())
    .addColumn('display_name', text, (column) => column.notNull())
    .addColumn('email', text)
    .addColumn('first_name', text)
    .addColumn('last_name', text)
    .addColumn('password_hash', text)
    .addColumn('password_parameters', text)
    .addColumn('created_at_ms', number, (column) => column.notNull())
    .addColumn('password_changed_at_ms', number)
    .addColumn('password_expires_at_ms', number)
    .addColumn('disabled_at_ms', number)
    .addColumn('locked_until_ms', number)
    .modifyEnd(strict)
    .execute();
  await index('users', ['organisation_id', 'canonical_name']);
  await index('users', ['password_parameters']);

  await db.schema
    .createTable('user_roles')
    .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('role_id', text, (column) => column.notNull().references('roles.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('user_roles_key', ['user_id', 'role_id'])
    .modifyEnd(clustered)
    .execute();
  await index('user_roles', ['role_id']);

  await db.schema
    .createTable('sessions')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('token_digest', text, (column) => column.notNull().unique())
    .addColumn('family', text, (column) => column.notNull())
    .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('csrf', text)
    .addColumn('created_at_ms', number, (column) => column.notNull())
    .addColumn('expires_at_ms', number, (column) => column.notNull())
    .addColumn('idle_ms', number)
    .addColumn('last_seen_at_ms', number, (column) => column.notNull())
    .addColumn('line_started_at_ms', number, (column) => column.notNull())
    .addColumn('ended_at_ms', number)
    .modifyEnd(strict)
    .execute();
  await index('sessions', ['user_id', 'created_at_ms']);

  await db.schema
    .createTable('api_keys')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('digest', text, (column) => column.notNull().unique())
    .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('prefix', text, (column) => column.notNull())
    .addColumn('last4', text, (column) => column.notNull())
    .addColumn('value', text)
    .addColumn('created_at_ms', number, (column) => column.notNull())
    .addColumn('expires_at_ms', number)
    .addColumn('last_used_at_ms', number)
    .modifyEnd(strict)
    .execute();
  await index('api_keys', ['user_id', 'created_at_ms', 'id']);

  await db.schema
    .createTable('signing_keys')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('family', text, (column) => column.notNull())
    .addColumn('algorithm', text, (column) => column.notNull())
    .addColumn('secret', text, (column) => column.notNull())
    .addColumn('created_at_ms', number, (column) => column.notNull())
    .addColumn('retired_at_ms', number)
    .modifyEnd(strict)
    .execute();
  await index('signing_keys', ['family', 'created_at_ms']);
  // One key of a family signs.
  await db.schema
    .createIndex('signing_keys_signing')
    .on('signing_keys')
    .column('family')
    .unique()
    .where(sql`retired_at_ms`, 'is', null)
    .execute();

  await db.schema
    .createTable('setup_codes')
    .addColumn('id', number, (column) => column.primaryKey().check(sql`id = 1`))
    .addColumn('digest', text, (column) => column.notNull())
    .addColumn('expires_at_ms', number, (column) => column.notNull())
    .modifyEnd(strict)
    .execute();

  await db.schema
    .createTable('install_secrets')
    .addColumn('name', text, (column) => column.primaryKey())
    .addColumn('secret', text, (column) => column.notNull())
    .addColumn('created_at_ms', number, (column) => column.notNull())
    .modifyEnd(strict)
    .execute();

  await db.schema
    .createTable('audit_chains')
    .addColumn('chain', number, (column) => column.primaryKey())
    .addColumn('chains', number, (column) => column.notNull())
    .addColumn('seq', number, (column) => column.notNull())
    .addColumn('mac', text, (column) => column.notNull())
    .addColumn('proof', text, (column) => column.notNull())
    .modifyEnd(strict)
    .execute();

  // No foreign keys: what happened stays, whatever becomes of those it happened to.
  await db.schema
    .createTable('audit_events')
    .addColumn('chain', number, (column) => column.notNull())
    .addColumn('seq', number, (column) => column.notNull())
    .addColumn('mac', text, (column) => column.notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('at_ms', number, (column) => column.notNull())
    .addColumn('door', text, (column) => column.notNull())
    .addColumn('request_id', text)
    .addColumn('address', text)
    .addColumn('actor_id', text)
    .addColumn('credential_kind', text)
    .addColumn('credential_id', text)
    .addColumn('organisation_id', text)
    .addColumn('subject', text)
    .addColumn('outcome', text, (column) => column.notNull())
    .addColumn('reason', text)
    .addColumn('facts', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('audit_events_key', ['chain', 'seq'])
    .modifyEnd(clustered)
    .execute();
  await index('audit_events', ['at_ms', 'chain', 'seq']);
  await index('audit_events', ['name', 'at_ms']);
  await index('audit_events', ['actor_id', 'at_ms']);
  await index('audit_events', ['subject', 'at_ms']);

  async function index(table: keyof StoreTables, columns: string[]): Promise<void> {
    await db.schema
      .createIndex(`${table}_by_${columns.join('_')}`)
      .on(table)
      .columns(columns)
      .execute();
  }
}
