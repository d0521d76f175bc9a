/**
 * Brings a database to the shape this version expects, once, however many processes start together.
 *
 * @module
 */
import { sql } from 'kysely';
import type { Clock } from '../kernel/clock.js';
import type { StoreDatabase, StoreEngine } from './engine.js';
import { storeErrors } from './errors.js';
import { migrations } from './migrations/index.js';

export interface MigrationReport {
  /** Names of the migrations this opening applied, in order. */
  readonly applied: readonly string[];
  /** Name of the last migration the database has. */
  readonly version: string;
}

/**
 * Applies what is missing in one transaction: all of it or nothing.
 *
 * @throws `store.newer_database`   it has migrations that this version does not know.
 * @throws `store.foreign_database` it has our kind of table and was not made by us.
 */
export async function migrate(engine: StoreEngine, clock: Clock): Promise<MigrationReport> {
  return engine.migration(async (tx) => {
    const known = migrations.map(({ name }) => name);
    const present = await presentMigrations(tx, engine.kind);
    if (present.some((name, place) => known[place] !== name)) throw storeErrors.newer_database();
    const missing = migrations.slice(present.length);
    for (const { name, up } of missing) {
      await up(tx, engine.kind);
      await tx.insertInto('migrations').values({ name, applied_at_ms: clock.nowMs() }).execute();
    }
    return { applied: missing.map(({ name }) => name), version: known.at(-1) ?? '' };
  });
}

export interface MigrationState {
  readonly name: string;
  /** `null`: the database does not have it yet. */
  readonly appliedAtMs: number | null;
}

/**
 * Every migration of this version, in order, and whether the database has it. Changes nothing.
 *
 * @throws what {@link migrate} throws for a database it refuses.
 */
export async function readMigrations({ read, kind }: StoreEngine): Promise<readonly MigrationState[]> {
  const rows = (await hasRecord(read, kind))
    ? await read.selectFrom('migrations').select(['name', 'applied_at_ms']).execute()
    : [];
  const times = new Map(rows.map((row) => [row.name, Number(row.applied_at_ms)]));
  const known = migrations.map(({ name }) => name);
  if ([...times.keys()].sort().some((name, place) => known[place] !== name)) throw storeErrors.newer_database();
  return known.map((name) => ({ name, appliedAtMs: times.get(name) ?? null }));
}

/** Whether the database says which migrations it has. @throws `store.foreign_database` */
async function hasRecord(tx: StoreDatabase, kind: StoreEngine['kind']): Promise<boolean> {
  const tableNames =
    kind === 'sqlite'
      ? sql<{ name: string }>`select name from sqlite_schema where type = 'table'`
      : sql<{ name: string }>`select tablename as name from pg_tables where schemaname = current_schema()`;
  const tables = new Set((await tableNames.execute(tx)).rows.map(({ name }) => name));
  if (tables.has('migrations')) return true;
  // Half of our tables and no record of them is somebody else's database, or one that was taken apart.
  if (['users', 'sessions', 'audit_events'].some((name) => tables.has(name))) throw storeErrors.foreign_database();
  return false;
}

async function presentMigrations(tx: StoreDatabase, kind: StoreEngine['kind']): Promise<string[]> {
  if (!(await hasRecord(tx, kind))) {
    await tx.schema
      .createTable('migrations')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('applied_at_ms', 'bigint', (column) => column.notNull())
      .execute();
  }
  const rows = await tx.selectFrom('migrations').select('name').execute();
  return rows.map(({ name }) => name).sort();
}
