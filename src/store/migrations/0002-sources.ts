/** Sources with their snapshots and notices, and what the administrators of before may now do. @module */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { StoreEngine } from '../engine.js';
import type { StoreTables } from '../schema.js';

type ColumnType = RawBuilder<unknown>;

export async function addSources(db: Kysely<StoreTables>, kind: StoreEngine['kind']): Promise<void> {
  const text: ColumnType = kind === 'postgres' ? sql`text collate "C"` : sql`text`;
  const number: ColumnType = kind === 'postgres' ? sql`bigint` : sql`integer`;
  const strict = kind === 'sqlite' ? sql`strict` : sql``;

  await db.schema
    .createTable('sources')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('name', text, (column) => column.notNull().unique())
    .addColumn('description', text)
    .addColumn('organisation_id', text, (column) => column.notNull().references('organisations.id'))
    .addColumn('engine', text, (column) => column.notNull())
    .addColumn('host', text, (column) => column.notNull())
    .addColumn('port', number, (column) => column.notNull())
    .addColumn('database', text, (column) => column.notNull())
    .addColumn('username', text, (column) => column.notNull())
    .addColumn('auth_type', text, (column) => column.notNull())
    .addColumn('tls_mode', text, (column) => column.notNull())
    .addColumn('tls_ca', text)
    .addColumn('tls_client_certificate', text)
    .addColumn('client_key', text)
    .addColumn('credential_kind', text, (column) => column.notNull())
    .addColumn('credential_reference', text)
    .addColumn('password', text)
    .addColumn('credential_set_at_ms', number, (column) => column.notNull())
    .addColumn('purpose', text, (column) => column.notNull())
    .addColumn('limits', text, (column) => column.notNull())
    .addColumn('check_every_minutes', number)
    .addColumn('next_check_at_ms', number)
    .addColumn('webhook_url', text)
    .addColumn('webhook_key', text)
    .addColumn('health', text, (column) => column.notNull())
    .addColumn('health_since_ms', number, (column) => column.notNull())
    .addColumn('checked_at_ms', number)
    .addColumn('check_stage', text)
    .addColumn('check_reason', text)
    .addColumn('failures_in_row', number, (column) => column.notNull())
    .addColumn('passes_in_row', number, (column) => column.notNull())
    .addColumn('created_at_ms', number, (column) => column.notNull())
    .addColumn('updated_at_ms', number, (column) => column.notNull())
    .addColumn('revision', number, (column) => column.notNull())
    .modifyEnd(strict)
    .execute();
  await db.schema
    .createIndex('sources_by_organisation_id_name')
    .on('sources')
    .columns(['organisation_id', 'name'])
    .execute();
  await db.schema
    .createIndex('sources_by_next_check_at_ms')
    .on('sources')
    .column('next_check_at_ms')
    .where(sql`next_check_at_ms`, 'is not', null)
    .execute();

  // No foreign key to the source: parts are taken away in small steps after it.
  await db.schema
    .createTable('source_snapshots')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('source_id', text, (column) => column.notNull())
    .addColumn('taken_at_ms', number, (column) => column.notNull())
    .addColumn('objects', number, (column) => column.notNull())
    .addColumn('parts', number, (column) => column.notNull())
    .addColumn('state', text, (column) => column.notNull())
    .modifyEnd(strict)
    .execute();
  await db.schema
    .createIndex('source_snapshots_by_source_id')
    .on('source_snapshots')
    .columns(['source_id', 'state'])
    .execute();
  await db.schema
    .createIndex('source_snapshots_complete')
    .on('source_snapshots')
    .column('source_id')
    .unique()
    .where(sql`state`, '=', sql.lit('complete'))
    .execute();

  await db.schema
    .createTable('source_snapshot_parts')
    .addColumn('snapshot_id', text, (column) => column.notNull().references('source_snapshots.id'))
    .addColumn('part', number, (column) => column.notNull())
    .addColumn('entries', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('source_snapshot_parts_key', ['snapshot_id', 'part'])
    .modifyEnd(strict)
    .execute();

  await db.schema
    .createTable('source_notices')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('source_id', text, (column) => column.notNull().references('sources.id').onDelete('cascade'))
    .addColumn('number', number, (column) => column.notNull())
    .addColumn('type', text, (column) => column.notNull())
    .addColumn('body', text, (column) => column.notNull())
    .addColumn('created_at_ms', number, (column) => column.notNull())
    .addColumn('attempts', number, (column) => column.notNull())
    .addColumn('next_attempt_at_ms', number, (column) => column.notNull())
    .addUniqueConstraint('source_notices_number', ['source_id', 'number'])
    .modifyEnd(strict)
    .execute();
  await db.schema
    .createIndex('source_notices_by_next_attempt_at_ms')
    .on('source_notices')
    .column('next_attempt_at_ms')
    .execute();

  await allowAdministrators(db);
}

const newActions = ['sources.inspect', 'sources.manage', 'metrics.read'];

/** The role an organisation is born with allows everything there is; a role that was narrowed since stays as it is. */
async function allowAdministrators(db: Kysely<StoreTables>): Promise<void> {
  const roles = await db.selectFrom('roles').select(['id', 'allowed']).where('name', '=', 'administrator').execute();
  for (const { id, allowed } of roles) {
    const names = listOf(allowed);
    if (!names.includes('directory.manage')) continue;
    const widened = JSON.stringify([...names, ...newActions.filter((name) => !names.includes(name))]);
    await db.updateTable('roles').set({ allowed: widened }).where('id', '=', id).execute();
  }
}

function listOf(text: string): readonly unknown[] {
  try {
    const names: unknown = JSON.parse(text);
    return Array.isArray(names) ? names : [];
  } catch {
    return [];
  }
}
