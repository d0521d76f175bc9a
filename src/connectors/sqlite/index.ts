/** The connector of SQLite files. @module */
import type { Connector } from '../../sources/index.js';
import { probeSqlite } from './probe.js';

export interface SqliteConnectorOptions {
  /** Folders whose files may be opened; empty: any while bound to loopback, none otherwise. */
  readonly roots: readonly string[];
  /** Live: whether every listener of ours is bound to a loopback address. */
  readonly isBoundToLoopback: () => boolean;
  /** Our data folder: never opened as a source, nor anything below it. */
  readonly ownFolders: readonly string[];
  /** Our store's file, wherever it is; nor that, under any name. */
  readonly ownFiles: readonly string[];
}

export function createSqliteConnector(options: SqliteConnectorOptions): Connector {
  const { roots, isBoundToLoopback, ownFolders, ownFiles } = options;
  const sidecars = ownFiles.flatMap((file) => [file, `${file}-wal`, `${file}-shm`, `${file}-journal`]);
  return {
    engine: 'sqlite',
    wellKnownPorts: [],
    extraKeys: [],
    isFileEngine: true,
    preflight: () => Promise.reject(new TypeError('not here yet')),
    openCatalog: () => Promise.reject(new TypeError('not here yet')),
    authTypes: ['basic'],
    probe: (target, limits) =>
      probeSqlite({ roots, isAnyFileAllowed: isBoundToLoopback(), ownFolders, ownFiles: sidecars }, target, limits),
  };
}
