/** Data sessions of SQLite. @module */
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { afterAll, beforeAll, describe } from 'vitest';
import { createSqliteConnector } from '../../src/connectors/sqlite/index.js';
import type { DataSubject } from './data-bench.js';
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

  describe('keep the contract', () => keepsDataContract('SQLite', () => subject));
});
