/** The connector of DuckDB files. The driver is loaded on first use and may be absent. @module */
import { workerUrl } from '../../kernel/worker-url.js';
import type { SourceConnector } from '../../sources/index.js';
import { createFileConnector, type FileConnectorOptions } from '../file-connector.js';
import { duckdbFlavour } from './data-flavour.js';
import { judgeDuckdbFault } from './errors.js';

export type DuckdbConnectorOptions = FileConnectorOptions;

export function createDuckdbConnector(options: DuckdbConnectorOptions): SourceConnector {
  return createFileConnector(
    {
      engine: 'duckdb',
      product: 'DuckDB',
      worker: workerUrl(import.meta.url, './worker.js'),
      question: 'SELECT 1',
      hasEncryption: true,
      judge: judgeDuckdbFault,
      data: { flavour: duckdbFlavour, isReadOnly: true },
    },
    options,
  );
}
