/**
 * What reading the catalogue of a PostgreSQL costs at the least: the statements of the connector and nothing done with
 * what they answer.
 *
 * @module
 */
import pg from 'pg';
import type { Dialect } from '../src/connectors/postgres/catalog/selection.js';
import {
  beginReading,
  selectConstraints,
  selectIndexes,
  selectRoutines,
  selectSequences,
  selectTables,
  selectTriggers,
  selectTypes,
} from '../src/connectors/postgres/catalog/statements.js';
import { type CatalogRequest, catalogGroups } from '../src/sources/index.js';

/** Everything but sizes, which are of the disk. */
export const wholeCatalogue: CatalogRequest = {
  schemas: null,
  names: [],
  groups: new Set(catalogGroups.filter((group) => group !== 'sizes')),
  after: null,
  limit: null,
};

/** The statements of the connector, with columns as rows, each whole, side by side through the plain driver. @returns how many tables. */
export async function readBareCatalogue(connect: pg.ClientConfig, serverVersion: string): Promise<number> {
  const clients = Array.from({ length: 4 }, () => new pg.Client(connect));
  await Promise.all(clients.map((client) => client.connect()));
  const dialect: Dialect = { version: Number(serverVersion.split('.')[0]) * 10_000, isUtf8: true };
  const statements = [
    [0, 'table', selectTables],
    [1, 'table', plainColumns],
    [2, 'table', selectConstraints],
    [3, 'table', selectIndexes],
    [0, 'table', selectTriggers],
    [0, 'type', selectTypes],
    [0, 'sequence', selectSequences],
    [0, 'routine', selectRoutines],
  ] as const;
  try {
    await Promise.all(clients.map((client) => client.query(beginReading(dialect.version, 600_000, null))));
    const answers = await Promise.all(
      clients.map(async (client, lane) => {
        const mine: number[] = [];
        for (const [where, section, build] of statements) {
          if (where !== lane) continue;
          const { sql, values } = build({ request: wholeCatalogue, section, oids: null }, dialect);
          mine.push((await client.query(sql, [...values])).rows.length);
        }
        return mine;
      }),
    );
    return answers[0]?.[0] ?? 0;
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

/** What one asks who wants a row for each column. */
function plainColumns(): { sql: string; values: string[] } {
  const sql = `SELECT t.oid, x.* FROM (SELECT c.oid, n.nspname, c.relname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname::text !~ '^pg_' AND n.nspname <> 'information_schema'
    ORDER BY n.nspname::text COLLATE "C", c.relname::text COLLATE "C") t
  CROSS JOIN LATERAL (SELECT a.attname, a.attnum, a.atttypid, a.atttypmod, a.attnotnull,
    CASE WHEN a.atthasdef THEN (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
      WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum) END,
    nullif(a.attidentity, ''), nullif(a.attgenerated, ''),
    CASE WHEN a.attcollation NOT IN (0, 100) THEN (SELECT l.collname FROM pg_collation l
      WHERE l.oid = a.attcollation) END,
    (SELECT d.description FROM pg_description d WHERE d.objoid = a.attrelid
      AND d.classoid = 'pg_class'::regclass AND d.objsubid = a.attnum)
    FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum OFFSET 0) x`;
  return { sql, values: [] };
}
