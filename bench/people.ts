/** The databases that are read and written: the same two tables on PostgreSQL and in an SQLite file. @module */
import { DatabaseSync } from '@photostructure/sqlite';
import { createPostgresDatabase, postgresSql, type RunningPostgres } from '../test/servers/postgres.js';

/** Of half of the rows; the grants let nothing else through. */
export const region = 'EU';
/** What the bare ways ask, and what the grants make of a question for a hundred rows. */
export const hundredPeople = `SELECT * FROM people WHERE region = '${region}' ORDER BY id LIMIT 100`;

/** @returns the name of the database. */
export async function makePostgresPeople(server: RunningPostgres, rows: number): Promise<string> {
  const database = await createPostgresDatabase(server, 'people');
  await postgresSql(
    server,
    `CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL, email text NOT NULL, region text NOT NULL,
       salary numeric(12,2) NOT NULL, born date NOT NULL, hired timestamptz NOT NULL, note text);
     INSERT INTO people SELECT i, 'Person ' || i, 'person' || i || '@example.com',
       CASE WHEN i % 2 = 0 THEN 'EU' ELSE 'US' END, 1000 + i % 9000 + 0.25, date '1960-01-01' + i % 15000,
       timestamptz '2020-01-01T00:00:00Z' + i * interval '1 minute', CASE WHEN i % 3 = 0 THEN NULL ELSE md5(i::text) END
       FROM generate_series(1, ${rows}) i;
     CREATE TABLE entries (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL,
       amount numeric(12,2) NOT NULL, note text);`,
    { database },
  );
  await postgresSql(server, 'VACUUM ANALYZE', { database });
  return database;
}

export function makeSqlitePeople(file: string, rows: number): void {
  const database = new DatabaseSync(file);
  try {
    database.exec(`PRAGMA journal_mode = wal;
      CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, region TEXT NOT NULL,
        salary REAL NOT NULL, born TEXT NOT NULL, hired TEXT NOT NULL, note TEXT) STRICT;
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
      INSERT INTO people SELECT i, 'Person ' || i, 'person' || i || '@example.com',
        CASE WHEN i % 2 = 0 THEN 'EU' ELSE 'US' END, 1000 + i % 9000 + 0.25, date('1960-01-01', (i % 15000) || ' days'),
        strftime('%Y-%m-%dT%H:%M:%SZ', '2020-01-01', i || ' minutes'),
        CASE WHEN i % 3 = 0 THEN NULL ELSE hex(i * 1234567) END FROM n;
      CREATE TABLE entries (id INTEGER PRIMARY KEY, name TEXT NOT NULL, amount REAL NOT NULL, note TEXT) STRICT;`);
  } finally {
    database.close();
  }
}
