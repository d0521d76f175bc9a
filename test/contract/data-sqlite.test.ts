/** Data sessions of SQLite. @module */
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSqliteConnector } from '../../src/connectors/sqlite/index.js';
import { bothAsJson, type DataSubject, openSession, readRelation, talk } from './data-bench.js';
import { keepsDataContract } from './data-session.contract.js';
import { type Folder, fileTarget, makeFolder, openToAll } from './file-bench.js';

const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;

describe('data sessions of SQLite', () => {
  let folder: Folder;
  let subject: DataSubject;
  let owner: DatabaseSyncInstance;
  const connector = createSqliteConnector(openToAll) as DataSubject['connector'];

  beforeAll(() => {
    folder = makeFolder();
    const path = folder.at('data.db');
    owner = new DatabaseSync(path);
    owner.exec('pragma journal_mode = wal; pragma busy_timeout = 5000');
    subject = {
      engine: 'sqlite',
      connector,
      target: fileTarget('sqlite', path),
      schema: 'main',
      types: {
        flag: 'boolean',
        large: 'bigint',
        double: 'double',
        word: 'varchar(100)',
        bytes: 'blob',
        day: 'date',
        hour: 'time',
        moment: 'timestamp',
        uid: 'uuid',
        document: 'json',
      },
      numberedKey: 'integer primary key',
      quote,
      table: quote,
      sql: async (text) => owner.exec(text),
      slowQuery: null,
      rowsQuery: (count) =>
        `with recursive r(n) as (select 1 union all select n + 1 from r where n < ${count})
         select n as id, 'label of the row ' || n as label from r`,
      running: async () => null,
    };
  });

  afterAll(() => {
    owner.close();
    folder.remove();
  });

  describe('pages that the engine writes as JSON', () => {
    const plainRows = [
      [1, 'Ann', 'EU', 1002.25, '2024-02-29', 12.5],
      [2, 'O\'Brien \\ "x"\b\t\n\f\r\u0001\u001f\u007f/ \u2028 zoë 日本 😀', null, 1000, null, 7],
      [Number.MAX_SAFE_INTEGER, '', 'x'.repeat(3_000), -0, '1970-01-01', -0.01],
      [-5, 'null', '{}', null, '', null],
      [7, '__proto__', '\u001d', 0.07, 'today?', 99_999_999_999.99],
    ];
    const unusualRows: readonly (readonly unknown[])[] = [
      [9_007_199_254_740_993n, 'a', 'b', 1, '2024-01-01', 1],
      ['words', 'a', 'b', 1, '2024-01-01', 1],
      [5.5, 'a', 'b', 1, '2024-01-01', 1],
      [11, 'a\u0000b', 'b', 1, '2024-01-01', 1],
      [12, new Uint8Array([104, 105]), 'b', 1, '2024-01-01', 1],
      [13, 'a', 'b', 0.1 + 0.2, '2024-01-01', 1],
      [14, 'a', 'b', 1e300, '2024-01-01', 1],
      [15, 'a', 'b', 'much', '2024-01-01', 1],
      [16, 'a', 'b', 1, '2024-01-01 00:00', 1],
      [17, 'a', 'b', 1, 20240101, 1],
      [18, 'a', 'b', 1, '2024-01-01', 1 / 3],
      [19, 'a', 'b', 1, '2024-01-01', 'none'],
    ];
    const fill = (name: string, rows: readonly (readonly unknown[])[]) => {
      owner.exec(`create table ${name} (a integer, b text, c varchar(10), d real, e date, f numeric)`);
      const insert = owner.prepare(`insert into ${name} values (?, ?, ?, ?, ?, ?)`);
      for (const row of rows) insert.run(...row);
    };
    const order = ['b', 'a'].map((by) => ({ by, direction: 'asc' as const }));

    test('are byte for byte what is made of their rows, whatever stands in one of them', async () => {
      fill('plain_rows', plainRows);
      const relation = await readRelation(subject, 'plain_rows');
      const session = await openSession(subject);
      const isSame = async (name: string) => {
        const { scope } = talk(session, {
          ...relation,
          origin: { kind: 'table', schema: 'main', name, isView: false },
        });
        for (const [limit, form] of [
          [4, { limit: 3 }] as const,
          [100, { limit: 99 }] as const,
          [100, { constants: [['_rs', '"Q"']] as const }] as const,
        ]) {
          const { told, made } = await bothAsJson(session, scope.select({ orderBy: order, limit }), form);
          expect(told).toEqual(made);
        }
      };
      await isSame('plain_rows');
      for (const [at, row] of unusualRows.entries()) {
        fill(`unusual_${at}`, [...plainRows, row]);
        await isSame(`unusual_${at}`);
      }
      session.close();
    });
  });

  describe('keep the contract', () => keepsDataContract('SQLite', () => subject));
});
