/** The connector of SQLite files. @module */
import { workerUrl } from '../../kernel/worker-url.js';
import type { SourceConnector } from '../../sources/index.js';
import { createFileConnector, type FileConnectorOptions } from '../file-connector.js';
import { sqliteFlavour } from './data-flavour.js';
import { judgeSqliteFault } from './errors.js';
import { jsonSelectOf } from './json-select.js';

export type SqliteConnectorOptions = FileConnectorOptions;

export function createSqliteConnector(options: SqliteConnectorOptions): SourceConnector {
  return createFileConnector(
    {
      engine: 'sqlite',
      product: 'SQLite',
      worker: workerUrl(import.meta.url, './worker.js'),
      question: 'SELECT 1 FROM sqlite_schema LIMIT 1',
      hasEncryption: false,
      judge: judgeSqliteFault,
      data: { flavour: sqliteFlavour, json: jsonSelectOf },
    },
    options,
  );
}
