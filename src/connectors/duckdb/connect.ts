/**
 * Opens one DuckDB file in the thread: to read only, shut off from files, network and extensions, with bounded memory and
 * threads. Whatever is asked can be interrupted.
 *
 * @module
 */
import { lstatSync } from 'node:fs';
import type {
  DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  DuckDBPreparedStatement,
  DuckDBResult,
  DuckDBValue,
} from '@duckdb/node-api';
import type { FileHeader } from '../file-identity.js';
import type { JudgedFile } from '../file-policy.js';
import { KnownFault } from '../file-worker.js';
import { factsOfDuckdbFault } from './errors.js';

/** Rows as the query has its columns: text, number, boolean, list of texts or `null`. */
export type Row = readonly unknown[];

export interface DuckdbFile {
  readonly path: string;
  /** `1.5.5`. */
  readonly version: string;
  /** Of the file's format. */
  readonly storageVersion: number;
  readonly isEncrypted: boolean;
  /** What the file's database is called among those that are open. */
  readonly catalog: string;
  /** All rows. @throws the library's own; a fault of the class INTERRUPT when time is up. */
  rows(sql: string, values?: readonly string[]): Promise<readonly Row[]>;
  /** Rows as they are taken, over a connection of their own, so that several can be read side by side. */
  stream(sql: string, values?: readonly string[]): AsyncGenerator<Row>;
  /** One statement, over the connection that {@link rows} asks. */
  prepare(sql: string): Promise<DuckDBPreparedStatement>;
  streamOf(prepared: DuckDBPreparedStatement): Promise<DuckDBResult>;
  chunkOf(result: DuckDBResult): Promise<DuckDBDataChunk | null>;
  /** Binds a statement without running it. */
  bind(sql: string): Promise<void>;
  /** The questions that follow have so long. */
  allow(ms: number): void;
  interrupt(): void;
  close(): void;
}

/** Formats the library reads; https://duckdb.org/docs/stable/internals/storage. */
const storageVersions = { oldest: 64, newest: 68 } as const;

/**
 * Applied in this order: what is forbidden last would forbid what comes after it. https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview
 */
const settings = {
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  allow_community_extensions: 'false',
  allow_unsigned_extensions: 'false',
  allow_persistent_secrets: 'false',
  threads: '1',
  temp_directory: '',
} as const;
const shutOff = { enable_external_access: 'false' } as const;

/**
 * While it opens a file the library keeps every block it looks at, as long as there is room: so there is little, unless
 * a log has to be replayed. Sorting a large catalogue takes more.
 */
const memory = { opening: '32MB', asking: '128MB' } as const;

/**
 * https://duckdb.org/docs/stable/internals/storage: a checksum, `DUCK`, the format's version, then flags of which the
 * lowest says that the rest is encrypted.
 *
 * @throws KnownFault
 */
export function judgeDuckdbHeader({ bytes }: FileHeader): void {
  if (bytes.length < 28 || bytes.toString('latin1', 8, 12) !== 'DUCK') {
    throw new KnownFault('DATABASE_FILE_NOT_A_DATABASE');
  }
  const version = bytes.readBigUInt64LE(12);
  if (version < storageVersions.oldest || version > storageVersions.newest) {
    throw new KnownFault('ENGINE_VERSION_UNSUPPORTED');
  }
}

/** @throws KnownFault · the library's own */
export async function openDuckdbFile(file: JudgedFile, header: FileHeader, key: string): Promise<DuckdbFile> {
  const isEncrypted = (header.bytes.readBigUInt64LE(20) & 1n) === 1n;
  if (isEncrypted && key === '') throw new KnownFault('AUTH_PASSWORD_REQUIRED');
  const { DuckDBInstance } = await loadDriver();

  async function open(memory_limit: string): Promise<DuckdbFile> {
    const instance = isEncrypted
      ? await DuckDBInstance.create(':memory:', { ...settings, memory_limit })
      : await DuckDBInstance.create(file.path, { access_mode: 'READ_ONLY', ...settings, memory_limit, ...shutOff });
    try {
      const connection = await instance.connect();
      if (isEncrypted) await attachEncrypted(connection, file.path, key);
      await connection.run(`SET GLOBAL memory_limit = '${memory.asking}'`);
      await connection.run('SET GLOBAL lock_configuration = true');
      return await prepare(instance, connection, file.path, isEncrypted, Number(header.bytes.readBigUInt64LE(12)));
    } catch (fault) {
      instance.closeSync();
      throw fault;
    }
  }

  try {
    if (hasLog(`${file.path}.wal`)) return await open(memory.asking);
    return await open(memory.opening).catch((fault: unknown) => {
      if (factsOfDuckdbFault(fault).code === 'OUT OF MEMORY') return open(memory.asking);
      throw fault;
    });
  } catch (fault) {
    const { reason, code } = factsOfDuckdbFault(fault);
    if (reason === null && damages.has(code)) throw new KnownFault('DATABASE_FILE_NOT_A_DATABASE');
    throw fault;
  }
}

/** What is said of a statement later says of a file that is being opened that its own definitions make no sense. */
const damages: ReadonlySet<unknown> = new Set([
  'INVALID INPUT',
  'PARSER',
  'BINDER',
  'CONVERSION',
  'CONSTRAINT',
  'OUT OF RANGE',
]);

/** The library reads the log beside the file, too, and follows a link for it. @throws KnownFault for what is no file. */
function hasLog(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  if (!stats.isFile()) throw new KnownFault('DATABASE_FILE_NOT_A_DATABASE');
  return true;
}

async function loadDriver() {
  try {
    return await import('@duckdb/node-api');
  } catch {
    throw new KnownFault('DRIVER_MISSING');
  }
}

const interruptEveryMs = 20;
const attachedName = 'encrypted';

/** A key can only be given while attaching; the doors are shut right after. */
async function attachEncrypted(connection: DuckDBConnection, path: string, key: string): Promise<void> {
  await connection.run(
    `ATTACH ${quoteText(path)} AS ${attachedName} (TYPE duckdb, READ_ONLY, ENCRYPTION_KEY ${quoteText(key)})`,
  );
  await connection.run(`USE ${attachedName}`);
  for (const [name, value] of Object.entries(shutOff)) await connection.run(`SET GLOBAL ${name} = ${value}`);
}

/** Neither a path nor a key can be bound here. A literal has no escapes but the doubled quote. */
function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

async function prepare(
  instance: DuckDBInstance,
  first: DuckDBConnection,
  path: string,
  isEncrypted: boolean,
  storageVersion: number,
): Promise<DuckdbFile> {
  const connections = new Set([first]);
  let endsAtMs = Number.POSITIVE_INFINITY;

  /** Of what runs right now. */
  const stops = new Set<() => void>();

  /**
   * What is not done in time is interrupted, and then ends by itself. An interrupt that comes before the engine has
   * begun is lost, so it is repeated until the question has ended.
   */
  async function inTime<T>(connection: DuckDBConnection, ask: () => Promise<T>): Promise<T> {
    let repeated: NodeJS.Timeout | undefined;
    const stop = () => {
      connection.interrupt();
      repeated ??= setInterval(() => connection.interrupt(), interruptEveryMs);
    };
    const leftMs = endsAtMs - performance.now();
    const timer = Number.isFinite(leftMs) ? setTimeout(stop, Math.max(0, leftMs)) : undefined;
    stops.add(stop);
    try {
      return await ask();
    } finally {
      stops.delete(stop);
      clearTimeout(timer);
      clearInterval(repeated);
    }
  }

  async function* stream(sql: string, values: readonly string[] = []): AsyncGenerator<Row> {
    const connection = await instance.connect();
    connections.add(connection);
    try {
      if (isEncrypted) await connection.run(`USE ${attachedName}`);
      const result = await inTime(connection, () => connection.stream(sql, [...values]));
      for (;;) {
        const chunk = await inTime(connection, () => result.fetchChunk());
        if (chunk === null || chunk.rowCount === 0) return;
        for (const row of chunk.getRows()) yield row.map(plain);
      }
    } finally {
      connections.delete(connection);
      connection.closeSync();
    }
  }

  async function rows(sql: string, values: readonly string[] = []): Promise<readonly Row[]> {
    const reader = await inTime(first, () => first.runAndReadAll(sql, [...values]));
    return reader.getRows().map((row) => row.map(plain));
  }

  const [row] = await rows('SELECT version(), current_database()');
  return {
    path,
    version: String(row?.[0] ?? '').replace(/^v/, ''),
    storageVersion,
    isEncrypted,
    catalog: String(row?.[1] ?? ''),
    rows,
    stream,
    prepare: (sql) => inTime(first, () => first.prepare(sql)),
    streamOf: (prepared) => inTime(first, () => prepared.stream()),
    chunkOf: (result) => inTime(first, () => result.fetchChunk()),
    async bind(sql) {
      (await inTime(first, () => first.prepare(sql))).destroySync();
    },
    allow(ms) {
      endsAtMs = performance.now() + ms;
    },
    interrupt() {
      endsAtMs = 0;
      for (const stop of stops) stop();
    },
    close() {
      for (const connection of connections) connection.closeSync();
      connections.clear();
      instance.closeSync();
    },
  };
}

/** Numbers of 64 bits as the nearest of ours: they only count. Anything else is not asked for. */
function plain(value: DuckDBValue): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'object' && value !== null && 'items' in value) return value.items;
  return value;
}
