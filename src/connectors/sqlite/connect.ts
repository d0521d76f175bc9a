/**
 * Opens one SQLite file in the thread: to read only, without a trace beside it, with limits on what a hostile file could
 * ask for. The library cannot be interrupted, so our own questions look at the clock row by row.
 *
 * @module
 */
import { statSync } from 'node:fs';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { FileHeader } from '../file-identity.js';
import type { JudgedFile } from '../file-policy.js';
import { rightsOn } from '../file-rights.js';
import type { FileJob } from '../file-thread.js';
import { KnownFault } from '../file-worker.js';

/** How long to wait for another process to let go of the file. */
const busyTimeoutMs = 500;

/** What a row, a statement and a query may be at most; see https://sqlite.org/limits.html. */
const limits = {
  length: 16_777_216,
  sqlLength: 4_194_304,
  attach: 0,
  compoundSelect: 100,
  exprDepth: 200,
  likePatternLength: 1_000,
} as const;

/** Of scoped queries, which may have some hundred conditions (https://sqlite.org/limits.html, the library's own). */
const dataLimits = { exprDepth: 1_000, compoundSelect: 500 } as const;

export type Row = Readonly<Record<string, unknown>>;

export interface OpenOptions {
  readonly use: FileJob['use'];
  /** Whether what is being asked is to be given up. */
  readonly isStopped: () => boolean;
}

export interface SqliteFile {
  readonly database: DatabaseSyncInstance;
  readonly path: string;
  readonly version: string;
  /** Whether it keeps a write-ahead log. */
  readonly isWal: boolean;
  /** All rows. @throws KnownFault `QUERY_TIMEOUT` where the statement calls `in_time(…)` · the library's own */
  rows(sql: string, ...values: readonly (string | number)[]): readonly Row[];
  /** Row by row; nothing else is asked meanwhile. */
  each(sql: string): Iterable<Row>;
  /** The questions that follow have so long. */
  allow(ms: number): void;
  /** Whether the question that failed did because it was given up. */
  isLate(): boolean;
  close(): void;
}

const magic = Buffer.from('SQLite format 3\0', 'latin1');

/**
 * https://sqlite.org/fileformat2.html §1.3. A file of no bytes is an empty database.
 *
 * @throws KnownFault
 */
export function judgeSqliteHeader({ bytes, sizeBytes }: FileHeader): void {
  if (sizeBytes === 0) return;
  if (bytes.length < 100 || !bytes.subarray(0, magic.length).equals(magic)) {
    throw new KnownFault('DATABASE_FILE_NOT_A_DATABASE');
  }
  const [, readVersion] = formatVersions(bytes);
  if (readVersion > 2 || bytes.readUInt32BE(44) > 4) throw new KnownFault('ENGINE_VERSION_UNSUPPORTED');
}

/** @throws KnownFault `DRIVER_MISSING` · the library's own */
export async function openSqliteFile(
  file: JudgedFile,
  header: FileHeader,
  { use, isStopped }: OpenOptions,
): Promise<SqliteFile> {
  const DatabaseSync = await loadDriver();
  const isWal = header.sizeBytes > 0 && formatVersions(header.bytes).includes(2);
  const database = new DatabaseSync(
    use === 'look' ? locationOf(file.path, isWal) : dataLocationOf(file.path, isWal, use),
    {
      readOnly: use !== 'write',
      timeout: busyTimeoutMs,
      defensive: true,
      enableDoubleQuotedStringLiterals: false,
      limits: use === 'look' ? limits : { ...limits, ...dataLimits },
    },
  );
  try {
    return prepare(database, file.path, isWal, isStopped);
  } catch (fault) {
    database.close();
    throw fault;
  }
}

async function loadDriver() {
  try {
    return (await import('@photostructure/sqlite')).DatabaseSync;
  } catch {
    throw new KnownFault('DRIVER_MISSING');
  }
}

function prepare(database: DatabaseSyncInstance, path: string, isWal: boolean, isStopped: () => boolean): SqliteFile {
  let endsAtMs = Number.POSITIVE_INFINITY;
  let isLate = false;
  // Throws where a statement asks for it, because nothing else stops the library.
  database.function('in_time', { deterministic: false, varargs: true, directOnly: true }, () => {
    if (performance.now() < endsAtMs && !isStopped()) return 1;
    isLate = true;
    throw new Error('time is up');
  });
  // What stands in the schema runs nothing, and pages are looked at before they are believed
  // (https://sqlite.org/security.html).
  for (const pragma of ['trusted_schema = OFF', 'cell_size_check = ON', 'mmap_size = 0', 'query_only = ON']) {
    database.exec(`PRAGMA ${pragma}`);
  }

  /** Statements that are being read: the driver lets one go that nobody holds, and with it what its rows are read from. */
  const held = new Set<unknown>();

  function inTime<T>(ask: () => T): T {
    try {
      return ask();
    } catch (fault) {
      if (isLate) throw new KnownFault('QUERY_TIMEOUT');
      throw fault;
    }
  }

  /**
   * The driver tells the code of a fault only where it reads one row: what failed without a code is asked once more in
   * that way, for its code.
   */
  function withCode<T>(sql: string, values: readonly (string | number)[], ask: () => T): T {
    try {
      return ask();
    } catch (fault) {
      if (isLate || (fault instanceof Error && 'errcode' in fault)) throw fault;
      database.prepare(sql.startsWith('PRAGMA') ? sql : `SELECT count(*) FROM (${sql})`).get(...values);
      throw fault;
    }
  }

  const file: SqliteFile = {
    database,
    path,
    version: '',
    isWal,
    rows: (sql, ...values) => inTime(() => withCode(sql, values, () => database.prepare(sql).all(...values) as Row[])),
    *each(sql) {
      const statement = inTime(() => database.prepare(sql));
      held.add(statement);
      try {
        const rows = statement.iterate() as IterableIterator<Row>;
        for (;;) {
          const { done, value } = inTime(() => withCode(sql, [], () => rows.next()));
          if (done === true) return;
          yield value;
        }
      } finally {
        held.delete(statement);
      }
    },
    allow(ms) {
      endsAtMs = performance.now() + ms;
      isLate = false;
    },
    isLate: () => isLate,
    close: () => database.close(),
  };
  // Opening reads nothing; the header and the schema are read with the first questions.
  file.rows('PRAGMA schema_version');
  const [row] = file.rows(
    'SELECT sqlite_version() AS version FROM (SELECT count(*) FROM sqlite_schema WHERE rowid < 0)',
  );
  return { ...file, version: String(row?.['version'] ?? '') };
}

/**
 * A file with a write-ahead log at rest is opened as one that nobody changes: else the library would put `-wal` and
 * `-shm` beside it, and leave them there. Where a log is, somebody writes, and the library joins in as it must.
 */
function locationOf(path: string, isWal: boolean): string {
  if (!isWal || exists(`${path}-wal`)) return path;
  return `file:${path.split('/').map(encodeURIComponent).join('/')}?immutable=1`;
}

/**
 * For as long as a session lasts others may write, so the library takes part in the locking, and puts its files beside
 * a log where it may. Where it may not, nobody who shares our rights writes: the file is taken as one that stays.
 */
function dataLocationOf(path: string, isWal: boolean, use: 'read' | 'write'): string {
  const isLonely = isWal && !exists(`${path}-wal`) && !rightsOn(path).isFolderWritable;
  const how = isLonely ? 'immutable=1' : `mode=${use === 'write' ? 'rw' : 'ro'}`;
  return `file:${path.split('/').map(encodeURIComponent).join('/')}?${how}`;
}

function exists(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch {
    return false;
  }
}

function formatVersions(bytes: Buffer): readonly [write: number, read: number] {
  return [bytes[18] ?? 0, bytes[19] ?? 0];
}
