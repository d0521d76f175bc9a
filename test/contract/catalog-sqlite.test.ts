/** The catalogue of SQLite files: what every engine keeps, everything a file can hold, and what a large one costs. @module */
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSqliteConnector } from '../../src/connectors/sqlite/index.js';
import { catalogGroups } from '../../src/sources/index.js';
import { keepsCatalogContract, openReading, readAll, tablesOf } from './catalog.contract.js';
import { type Folder, fileTarget, makeFolder, makeSqlite, measureReading, openToAll } from './file-bench.js';

const shop = `
  CREATE TABLE customers (id INTEGER PRIMARY KEY AUTOINCREMENT, email VARCHAR(120) NOT NULL CONSTRAINT one_email UNIQUE COLLATE NOCASE,
    name TEXT DEFAULT 'nobody, "yet" (unknown)', born DATE, CONSTRAINT has_at CHECK (email LIKE '%@%' AND name <> ')'));
  CREATE TABLE orders (number TEXT, line INT, customer INTEGER NOT NULL REFERENCES customers DEFERRABLE INITIALLY DEFERRED,
    price DECIMAL(10, 2) CHECK (price >= 0), amount INT DEFAULT (1 + 1), total REAL GENERATED ALWAYS AS (price * amount) STORED,
    twice AS (price * 2), note, data JSON, PRIMARY KEY (line, number),
    CONSTRAINT to_name FOREIGN KEY (customer, note) REFERENCES customers (id, name) ON DELETE CASCADE ON UPDATE SET NULL) WITHOUT ROWID;
  CREATE TABLE tight (a INTEGER PRIMARY KEY, b ANY, c BLOB) STRICT;
  CREATE INDEX orders_lower ON orders (lower(note) DESC, price) WHERE price > 10;
  CREATE UNIQUE INDEX "odd "" index" ON tight (b, c);
  CREATE VIEW spenders AS SELECT email, sum(total) AS spent FROM customers JOIN orders ON customer = id GROUP BY 1;
  CREATE TRIGGER watch AFTER UPDATE OF price ON ORDERS BEGIN SELECT 1; END;
  CREATE TRIGGER redirect INSTEAD OF DELETE ON spenders BEGIN SELECT 1; END;
  CREATE VIRTUAL TABLE words USING fts5(body);
  CREATE TABLE "__proto__" ("__proto__" INT, "constructor" TEXT);
  CREATE TABLE "Größe 例 '""; --" ("spalte ""x""" INT);
  CREATE TABLE a_b (x INT); CREATE TABLE axb (x INT); CREATE TABLE "\u{1f600}" (x INT); CREATE TABLE "\u{ffee}" (x INT);
  INSERT INTO customers (email) VALUES ('a@b'), ('c@d'); ANALYZE;`;

describe('the catalogue of an SQLite file', () => {
  let folder: Folder;
  const connector = createSqliteConnector(openToAll);
  const subjectOf = (name: string) => ({ connector, target: fileTarget('sqlite', folder.at(name)) });

  beforeAll(() => {
    folder = makeFolder();
    makeSqlite(folder.at('shop.db'), shop);
    makeSqlite(folder.at('changing.db'), shop);
  });
  afterAll(() => folder.remove());

  describe('keeps the contract', () => {
    keepsCatalogContract(() => ({
      ...subjectOf('changing.db'),
      failing: fileTarget('sqlite', folder.at('none.db')),
      schema: 'main',
      definitions: [
        'CREATE TABLE more (a INT)',
        'ALTER TABLE more ADD COLUMN b TEXT',
        'ALTER TABLE more RENAME COLUMN b TO c',
        'CREATE INDEX more_c ON more (c)',
        'CREATE VIEW most AS SELECT * FROM more',
        'CREATE TRIGGER often AFTER INSERT ON more BEGIN SELECT 1; END',
        'DROP INDEX more_c',
        'DROP VIEW most',
      ],
      data: ["INSERT INTO customers (email) VALUES ('e@f')", 'ANALYZE', 'DELETE FROM customers', 'VACUUM'],
      run: async (sql) => makeSqlite(folder.at('changing.db'), sql),
    }));
  });

  test('has everything a file can hold', async () => {
    const tables = tablesOf(await readAll(subjectOf('shop.db'), { groups: new Set(catalogGroups) }));
    expect(tables.map((table) => `${table.kind} ${table.name}`)).toEqual([
      ...['table Größe 例 \'"; --', 'table __proto__', 'table a_b', 'table axb', 'table customers', 'table orders'],
      ...['view spenders', 'table tight', 'table words', 'table \u{ffee}', 'table \u{1f600}'],
    ]);
    const byName = new Map(tables.map((table) => [table.name, table]));
    expect(byName.get('customers')).toMatchObject({
      rowEstimate: 2,
      primaryKey: { name: null, columns: ['id'] },
      uniqueKeys: [{ name: 'one_email', columns: ['email'] }],
      checks: [{ name: 'has_at', expression: "email LIKE '%@%' AND name <> ')'" }],
      columns: [
        { name: 'id', canonicalType: 'int64', isNullable: false, identity: 'auto_increment' },
        {
          name: 'email',
          nativeType: 'VARCHAR(120)',
          canonicalType: 'text',
          length: 120,
          isNullable: false,
          collation: 'NOCASE',
        },
        { name: 'name', default: `'nobody, "yet" (unknown)'`, isNullable: true, collation: null },
        { name: 'born', nativeType: 'DATE', canonicalType: 'date' },
      ],
      grantsForCaller: ['select', 'insert', 'update', 'delete'],
      bytes: expect.any(Number),
    });
    expect(byName.get('orders')).toMatchObject({
      primaryKey: { columns: ['line', 'number'] },
      foreignKeys: [
        {
          name: null,
          columns: ['customer'],
          toSchema: 'main',
          toTable: 'customers',
          toColumns: ['id'],
          isDeferrable: true,
        },
        {
          name: 'to_name',
          columns: ['customer', 'note'],
          toColumns: ['id', 'name'],
          onDelete: 'cascade',
          onUpdate: 'set_null',
          isDeferrable: false,
        },
      ],
      checks: [{ name: null, expression: 'price >= 0' }],
      indexes: [
        {
          name: 'orders_lower',
          columns: ['lower(note) DESC', 'price'],
          isUnique: false,
          where: 'price > 10',
          method: 'btree',
        },
        { name: 'sqlite_autoindex_orders_1', columns: ['line', 'number'], isUnique: true, where: null },
      ],
      triggers: [{ name: 'watch', timing: 'after', events: ['update'] }],
    });
    expect(byName.get('orders')?.columns).toMatchObject([
      { name: 'number', ordinal: 1, isNullable: false, canonicalType: 'text' },
      { name: 'line', isNullable: false },
      { name: 'customer', isNullable: false },
      { name: 'price', canonicalType: 'decimal', precision: 10, scale: 2 },
      { name: 'amount', default: '1 + 1', generated: null },
      { name: 'total', default: 'price * amount', generated: 'stored', canonicalType: 'float64' },
      { name: 'twice', default: 'price * 2', generated: 'virtual' },
      { name: 'note', nativeType: '', canonicalType: 'other' },
      { name: 'data', canonicalType: 'json' },
    ]);
    expect(byName.get('tight')?.indexes).toMatchObject([{ name: 'odd " index', columns: ['b', 'c'], isUnique: true }]);
    expect(byName.get('spenders')).toMatchObject({
      columns: [{ name: 'email' }, { name: 'spent' }],
      triggers: [{ name: 'redirect', timing: 'instead_of', events: ['delete'] }],
      grantsForCaller: ['select'],
    });
    expect(byName.get('words')?.columns?.map((column) => column.name)).toEqual(['body']);
  });

  test('what is broken is told, and the rest is whole', async () => {
    makeSqlite(
      folder.at('broken.db'),
      `CREATE TABLE gone (a); CREATE VIEW lost AS SELECT * FROM gone; CREATE TABLE kept (a); DROP TABLE gone;
       PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES
       ('table', 'alien', 'alien', 0, 'CREATE VIRTUAL TABLE alien USING spatial_index(x)')`,
    );
    const items = await readAll(subjectOf('broken.db'));
    expect(items).toMatchObject([
      { section: 'table', table: { kind: 'table', name: 'alien' } },
      { section: 'fault', fault: { schema: 'main', name: 'alien', group: 'columns', reason: 'CATALOG_PARTIAL' } },
      { section: 'table', table: { name: 'kept', columns: [{ name: 'a' }] } },
      { section: 'table', table: { kind: 'view', name: 'lost' } },
      { section: 'fault', fault: { name: 'lost', group: 'columns' } },
    ]);
  });

  test('views that multiply, and names without end, take bounded time', async () => {
    const doubling = Array.from(
      { length: 60 },
      (_, i) => `CREATE VIEW v${i + 1} AS SELECT * FROM v${i} UNION ALL SELECT * FROM v${i}`,
    );
    makeSqlite(folder.at('bomb.db'), `CREATE TABLE v0 (a, b); ${doubling.join(';')}`);
    const startedMs = performance.now();
    const items = await readAll(subjectOf('bomb.db'), {}, { readMs: 20_000 }).catch(
      (fault: { code: string }) => fault.code,
    );
    expect(performance.now() - startedMs).toBeLessThan(20_000);
    expect(items).not.toEqual([]);
    const wide = Array.from({ length: 1_999 }, (_, i) => `c${i} INT DEFAULT (${'('.repeat(20)}1${')'.repeat(20)})`);
    makeSqlite(folder.at('wide.db'), `CREATE TABLE wide (${wide.join(',')}, CHECK (c1 > 0))`);
    const [table] = tablesOf(await readAll(subjectOf('wide.db')));
    expect(table?.columns).toHaveLength(1_999);
    expect(table?.checks).toEqual([{ name: null, expression: 'c1 > 0' }]);
  });

  test('a writer is not kept waiting by whoever reads slowly', async () => {
    makeSqlite(folder.at('shared.db'), Array.from({ length: 300 }, (_, i) => `CREATE TABLE t${i} (a)`).join(';'));
    const reading = await openReading(subjectOf('shared.db'));
    const writer = new DatabaseSync(folder.at('shared.db'), { timeout: 200 });
    let isWritten = false;
    for await (const _ of reading.items()) {
      if (!isWritten) writer.exec('INSERT INTO t0 VALUES (1)');
      isWritten = true;
    }
    writer.close();
    expect(isWritten).toBe(true);
  });

  test('a text of UTF-16 comes in the same order', async () => {
    const names = ['b', 'a', 'ä', 'Z', '\u{ffee}', '\u{1f600}'].map((name) => `CREATE TABLE "${name}" (x)`);
    makeSqlite(folder.at('wide-text.db'), `PRAGMA encoding = 'UTF-16'; ${names.join(';')}`);
    const tables = tablesOf(await readAll(subjectOf('wide-text.db')));
    expect(tables.map((table) => table.name)).toEqual(['Z', 'a', 'b', 'ä', '\u{ffee}', '\u{1f600}']);
  });

  test('2,000 tables: memory, the loop and the time beside the bare questions', async () => {
    const tables = Array.from(
      { length: 2_000 },
      (
        _,
        i,
      ) => `CREATE TABLE t${i} (id INTEGER PRIMARY KEY, code VARCHAR(40) NOT NULL UNIQUE, ${Array.from({ length: 9 }, (__, j) => `c${j} TEXT`)},
        parent INTEGER REFERENCES t${Math.max(0, i - 1)}, CHECK (code <> '')); CREATE INDEX i${i} ON t${i} (c1, c2)`,
    );
    makeSqlite(folder.at('large.db'), `BEGIN; ${tables.join(';')}; COMMIT`);
    const startedMs = performance.now();
    const database = new DatabaseSync(folder.at('large.db'), { readOnly: true });
    for (const pragma of ['table_xinfo', 'foreign_key_list', 'index_list']) {
      database
        .prepare(`SELECT s.sql, x.* FROM sqlite_schema AS s, pragma_${pragma}(s.name) AS x WHERE s.type = 'table'`)
        .all();
    }
    database
      .prepare("SELECT x.* FROM sqlite_schema AS s, pragma_index_xinfo(s.name) AS x WHERE s.type = 'index'")
      .all();
    database.close();
    const bareMs = performance.now() - startedMs;
    const told = await measureReading(subjectOf('large.db'));
    console.info(`SQLite, 2,000 tables: bare ${Math.round(bareMs)} ms, ${JSON.stringify(told)}`);
    expect(told).toMatchObject({ tables: 2_000, columns: 24_000 });
    expect(told.grownMb).toBeLessThan(64);
    expect(told.stallMs).toBeLessThan(100);
    expect(told.ms).toBeLessThan(bareMs * 4 + 1_500);
  });
});
