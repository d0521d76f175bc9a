/** The catalogue of DuckDB files: what every engine keeps, everything a file can hold, and what a large one costs. @module */
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDuckdbConnector } from '../../src/connectors/duckdb/index.js';
import { catalogGroups } from '../../src/sources/index.js';
import { keepsCatalogContract, readAll, tablesOf } from './catalog.contract.js';
import { type Folder, fileTarget, makeDuckdb, makeFolder, measureReading, openToAll } from './file-bench.js';

const shop = [
  'CREATE SCHEMA archive',
  'CREATE SCHEMA "odd "" schema"',
  "CREATE TYPE mood AS ENUM ('glad', 'sad, or \"so\"')",
  'CREATE TYPE money AS DECIMAL(12, 2)',
  'CREATE SEQUENCE numbers START 5 INCREMENT 2',
  `CREATE TABLE customers (id INTEGER PRIMARY KEY DEFAULT nextval('numbers'), email VARCHAR COLLATE NOCASE NOT NULL, name VARCHAR DEFAULT 'nobody',
     feels mood, tags VARCHAR[], place STRUCT(x DOUBLE, y DOUBLE), facts MAP(VARCHAR, INTEGER), born DATE, seen TIMESTAMPTZ, price money,
     twice INTEGER GENERATED ALWAYS AS (id * 2) VIRTUAL, UNIQUE (email, name), CHECK (email <> ')'))`,
  'CREATE TABLE orders (number BIGINT, line SMALLINT, customer INTEGER REFERENCES customers (id), PRIMARY KEY (line, number))',
  'CREATE INDEX orders_sum ON orders ((number + line), customer)',
  'CREATE UNIQUE INDEX "odd "" index" ON orders (customer)',
  'CREATE VIEW spenders AS SELECT email, count(*) AS spent FROM customers JOIN orders ON customer = id GROUP BY 1',
  'CREATE MACRO plus(a, b) AS a + b',
  'CREATE MACRO pick(n) AS TABLE SELECT * FROM customers LIMIT n',
  "COMMENT ON TABLE customers IS 'who buys'",
  "COMMENT ON COLUMN customers.email IS 'where to write'",
  "COMMENT ON VIEW spenders IS 'who buys much'",
  'CREATE TABLE archive.old (a INTEGER)',
  'CREATE TABLE "odd "" schema"."Größe 例 \'""; --" ("spalte ""x""" INTEGER)',
  'CREATE TABLE "__proto__" ("__proto__" INTEGER, "constructor" VARCHAR)',
  ...['a_b', 'axb', '\u{1f600}', '\u{ffee}'].map((name) => `CREATE TABLE "${name}" (x INTEGER)`),
  "INSERT INTO customers (id, email) VALUES (1, 'a@b'), (2, 'c@d')",
];

describe('the catalogue of a DuckDB file', () => {
  let folder: Folder;
  const connector = createDuckdbConnector(openToAll);
  const subjectOf = (name: string) => ({ connector, target: fileTarget('duckdb', folder.at(name)) });

  beforeAll(async () => {
    folder = makeFolder();
    await makeDuckdb(folder.at('shop.duckdb'), shop);
    await makeDuckdb(folder.at('changing.duckdb'), shop);
  });
  afterAll(() => folder.remove());

  describe('keeps the contract', () => {
    keepsCatalogContract(() => ({
      ...subjectOf('changing.duckdb'),
      failing: fileTarget('duckdb', folder.at('none.duckdb')),
      schema: 'main',
      definitions: [
        'CREATE TABLE more (a INTEGER)',
        'ALTER TABLE more ADD COLUMN b VARCHAR',
        'ALTER TABLE more ALTER b SET DEFAULT 1',
        'ALTER TABLE more RENAME b TO c',
        "COMMENT ON TABLE more IS 'more'",
        "COMMENT ON COLUMN more.c IS 'c'",
        'CREATE INDEX more_c ON more (c)',
        'CREATE VIEW most AS SELECT * FROM more',
        "CREATE TYPE size AS ENUM ('s', 'm')",
        'CREATE SEQUENCE more_numbers',
        'CREATE MACRO minus(a, b) AS a - b',
        'CREATE OR REPLACE MACRO minus(a, b) AS b - a',
        'DROP VIEW most',
      ],
      data: [
        "INSERT INTO customers (id, email) VALUES (7, 'e@f')",
        "SELECT nextval('numbers')",
        'DELETE FROM customers WHERE id = 7',
        'VACUUM ANALYZE',
      ],
      run: (sql) => makeDuckdb(folder.at('changing.duckdb'), [sql]),
    }));
  });

  test('has everything a file can hold', async () => {
    const items = await readAll(subjectOf('shop.duckdb'), { groups: new Set(catalogGroups) });
    const tables = tablesOf(items);
    expect(tables.map((table) => `${table.kind} ${table.schema}.${table.name}`)).toEqual([
      ...['table archive.old', 'table main.__proto__', 'table main.a_b', 'table main.axb', 'table main.customers'],
      ...['table main.orders', 'view main.spenders', 'table main.\u{ffee}', 'table main.\u{1f600}'],
      'table odd " schema.Größe 例 \'"; --',
    ]);
    const byName = new Map(tables.map((table) => [table.name, table]));
    expect(byName.get('customers')).toMatchObject({
      comment: 'who buys',
      rowEstimate: 2,
      primaryKey: { columns: ['id'] },
      uniqueKeys: [{ columns: ['email', 'name'] }],
      foreignKeys: [],
      checks: [{ expression: "(email != ')')" }],
      columns: [
        {
          name: 'id',
          ordinal: 1,
          nativeType: 'INTEGER',
          canonicalType: 'int32',
          isNullable: false,
          default: "nextval('numbers')",
        },
        { name: 'email', canonicalType: 'text', isNullable: false, collation: 'NOCASE', comment: 'where to write' },
        { name: 'name', default: "'nobody'", isNullable: true },
        { name: 'feels', canonicalType: 'enum' },
        { name: 'tags', nativeType: 'VARCHAR[]', canonicalType: 'array' },
        { name: 'place', canonicalType: 'struct' },
        { name: 'facts', canonicalType: 'map' },
        { name: 'born', canonicalType: 'date' },
        { name: 'seen', canonicalType: 'timestamptz' },
        { name: 'price', nativeType: 'DECIMAL(12,2)', canonicalType: 'decimal', precision: 12, scale: 2 },
        { name: 'twice', ordinal: 11, generated: 'virtual' },
      ],
      triggers: [],
      grantsForCaller: ['select', 'insert', 'update', 'delete'],
      bytes: null,
    });
    expect(byName.get('orders')).toMatchObject({
      primaryKey: { columns: ['line', 'number'] },
      foreignKeys: [
        { columns: ['customer'], toSchema: 'main', toTable: 'customers', toColumns: ['id'], onDelete: 'no_action' },
      ],
      indexes: [
        { name: 'odd " index', columns: ['customer'], isUnique: true, method: 'art', where: null },
        { name: 'orders_sum', columns: ['((number + line))', 'customer'], isUnique: false },
      ],
    });
    expect(byName.get('spenders')).toMatchObject({
      comment: 'who buys much',
      columns: [{ name: 'email' }, { name: 'spent', canonicalType: 'int64' }],
      grantsForCaller: ['select'],
    });
    expect(items.filter((item) => item.section !== 'table')).toEqual([
      {
        section: 'type',
        type: { kind: 'domain', schema: 'main', name: 'money', values: null, over: 'DECIMAL', comment: null },
      },
      {
        section: 'type',
        type: {
          kind: 'enum',
          schema: 'main',
          name: 'mood',
          values: ['glad', 'sad, or "so"'],
          over: null,
          comment: null,
        },
      },
      {
        section: 'sequence',
        sequence: { schema: 'main', name: 'numbers', nativeType: 'BIGINT', start: null, increment: '2', comment: null },
      },
      {
        section: 'routine',
        routine: {
          kind: 'function',
          schema: 'main',
          name: 'pick',
          arguments: 'n',
          returns: 'TABLE',
          language: 'sql',
          volatility: null,
          comment: null,
        },
      },
      {
        section: 'routine',
        routine: {
          kind: 'function',
          schema: 'main',
          name: 'plus',
          arguments: 'a, b',
          returns: null,
          language: 'sql',
          volatility: null,
          comment: null,
        },
      },
    ]);
  });

  test('2,000 tables: memory, the loop and the time beside the bare questions', async () => {
    const tables = Array.from(
      { length: 2_000 },
      (
        _,
        i,
      ) => `CREATE TABLE t${i} (id INTEGER PRIMARY KEY, code VARCHAR NOT NULL, ${Array.from({ length: 9 }, (__, j) => `c${j} VARCHAR`)},
        parent INTEGER, CHECK (code <> '')); COMMENT ON TABLE t${i} IS 'number ${i}'`,
    );
    await makeDuckdb(folder.at('large.duckdb'), ['BEGIN', tables.join(';'), 'COMMIT']);
    const [startedMs, startedBytes] = [performance.now(), process.memoryUsage.rss()];
    const instance = await DuckDBInstance.create(folder.at('large.duckdb'), { access_mode: 'READ_ONLY', threads: '1' });
    const connection = await instance.connect();
    for (const source of ['tables', 'columns', 'constraints', 'indexes', 'views']) {
      await (await connection.run(`SELECT * FROM duckdb_${source}() WHERE database_name = 'large'`)).getRows();
    }
    const bareMb = Math.round((process.memoryUsage.rss() - startedBytes) / 1e6);
    connection.closeSync();
    instance.closeSync();
    const bareMs = performance.now() - startedMs;
    const told = await measureReading(subjectOf('large.duckdb'));
    console.info(`DuckDB, 2,000 tables: bare ${Math.round(bareMs)} ms and ${bareMb} MB, ${JSON.stringify(told)}`);
    expect(told).toMatchObject({ tables: 2_000, columns: 24_000 });
    // The library itself holds the whole catalogue of an open file; it may take what it takes, and we 64 MB more.
    expect(told.grownMb).toBeLessThan(bareMb + 64);
    expect(told.stallMs).toBeLessThan(100);
    expect(told.ms).toBeLessThan(bareMs * 4 + 1_500);
  }, 120_000);
});
