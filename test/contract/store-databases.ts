/** Empty databases for the tests of the store, and a way around the store to their tables. @module */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { createPostgresDatabase, dropPostgresDatabase, postgresSql, postgresUrl, shared } from '../servers/index.js';
import type { TestDatabase } from './store.contract.js';

export function sqliteDatabaseIn(dataDir: string, file = join(dataDir, 'store.db')): TestDatabase {
  return {
    url: `sqlite:${file}`,
    dataDir,
    async sql(text) {
      const database = new DatabaseSync(file, { timeout: 5_000 });
      try {
        const statement = database.prepare(text);
        if (statement.columns().length > 0) return statement.all().map((row) => ({ ...row }));
        statement.run();
        return [];
      } finally {
        database.close();
      }
    },
    async bytesAtRest() {
      const parts = await Promise.all([file, `${file}-wal`].map((path) => readFile(path).catch(() => Buffer.alloc(0))));
      return Buffer.concat(parts);
    },
    remove: () => rm(dataDir, { recursive: true }),
  };
}

export async function createSqliteDatabase(): Promise<TestDatabase> {
  return sqliteDatabaseIn(await mkdtemp(join(tmpdir(), 'latchkey-store-')));
}

/** On the shared server. */
export async function createPostgresStoreDatabase(): Promise<TestDatabase & { readonly name: string }> {
  const server = shared('postgres');
  const name = await createPostgresDatabase(server, 'store');
  const sql = (text: string) => postgresSql(server, text, { database: name });
  return {
    name,
    url: postgresUrl(server, name),
    dataDir: tmpdir(),
    sql,
    async bytesAtRest() {
      const tables = await sql(`select tablename as name from pg_tables where schemaname = 'public'`);
      const parts: string[] = [];
      for (const { name: table } of tables) {
        for (const row of await sql(`select t::text as line from ${table} t`)) parts.push(String(row['line']));
      }
      return Buffer.from(parts.join('\n'));
    },
    remove: () => dropPostgresDatabase(server, name),
  };
}
