/** The store on PostgreSQL: the common contract, and what only it does. @module */
import { tmpdir } from 'node:os';
import {
  createPostgresDatabase,
  describeWith,
  dropPostgresDatabase,
  postgresSql,
  postgresUrl,
  shared,
} from '../servers/index.js';
import { describeStore, type TestDatabase } from './store.contract.js';

async function createDatabase(): Promise<TestDatabase> {
  const server = shared('postgres');
  const name = await createPostgresDatabase(server, 'store');
  const sql = (text: string) => postgresSql(server, text, { database: name });
  return {
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

describeWith('postgres', 'store on PostgreSQL', () => {
  describeStore(createDatabase);
});
