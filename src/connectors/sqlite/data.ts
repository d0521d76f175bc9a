/**
 * Runs scoped statements on an open SQLite file: rows batch by batch, writes in one transaction that begins with the
 * lock. Runs in the worker thread; whoever asks is slower than this, and is waited for.
 *
 * @module
 */
import type { JsonBatch, JsonRows, Relation } from '../../query/index.js';
import type { DataRow } from '../../sources/index.js';
import type { DataFaultReason, FileBatch, FileJsonOrder, FileJsonStatement, FileStatement } from '../file-session.js';
import { KnownFault } from '../file-worker.js';
import type { SqliteFile } from './connect.js';
import { addDataFunctions } from './data-functions.js';
import { type Stored, type Tell, tellerOf } from './data-values.js';
import { type JsonSelect, readJsonSelect } from './json-page.js';
import { typeOf } from './types.js';

/** A batch is sent when it has so many rows or bytes, or took so long. */
const batchLimits = { rows: 256, bytes: 262_144, ms: 100 } as const;

/** Statements that are kept prepared. */
const maxPages = 50;

/** Between two looks at a lock that another holds, milliseconds. */
const lockedMs = 15;

type StoredRow = readonly Stored[];

interface Cursor {
  /** Held for as long as its rows are read: the driver lets a statement go that nobody holds. */
  readonly prepared: unknown;
  readonly rows: Iterator<StoredRow>;
  readonly tellers: readonly Tell[];
  readonly statement: FileStatement;
  rowCount: number;
  byteCount: number;
}

export type SqliteDataVerbs = ReadonlyMap<string, (argument: never) => unknown>;

/** @param isStopped  Whether what is being asked is to be given up. */
export function createSqliteData(file: SqliteFile, isStopped: () => boolean): SqliteDataVerbs {
  const { database } = file;
  const functions = addDataFunctions(database);
  for (const pragma of ['foreign_keys = ON', 'busy_timeout = 0']) database.exec(`PRAGMA ${pragma}`);
  let cursor: Cursor | null = null;

  /** Asks again while another process holds the file, until it is given up. */
  async function patiently<T>(work: () => T): Promise<T> {
    for (;;) {
      try {
        return work();
      } catch (fault) {
        if (!(fault instanceof KnownFault) || fault.reason !== locked || isStopped()) throw fault;
      }
      await new Promise((resolve) => setTimeout(resolve, lockedMs));
    }
  }

  function prepare(sql: string) {
    functions.reset();
    try {
      const statement = database.prepare(sql);
      statement.setReturnArrays(true);
      statement.setReadBigInts(true);
      return statement;
    } catch (fault) {
      // Names are the catalogue's, so what is unknown now was known then.
      throw new KnownFault(codeOf(fault) === 1 ? 'RELATION_CHANGED' : reasonOf(fault));
    }
  }

  /**
   * The driver tells the code of a fault only where it reads one row: what failed without is asked once more in that
   * way, for its code.
   */
  function reasonWithCode(fault: unknown, sql: string, again: () => unknown): DataFaultReason | typeof locked {
    if (file.isLate()) return 'QUERY_TIMEOUT';
    let known = codeOf(fault) === null ? null : fault;
    try {
      if (known === null) again();
    } catch (second) {
      known = second;
    }
    if (file.isLate()) return 'QUERY_TIMEOUT';
    // What does not fail again was somebody's who is done by now: they had the file.
    if (known === null) return locked;
    // A schema that is another by now is noticed with the first step, and known when it is prepared again.
    return codeOf(known) === 1 ? reasonToPrepare(sql) : reasonOf(known);
  }

  function reasonToPrepare(sql: string): DataFaultReason {
    try {
      database.prepare(sql);
      return 'QUERY_REFUSED';
    } catch {
      return 'RELATION_CHANGED';
    }
  }

  async function select(statement: FileStatement): Promise<FileBatch> {
    end();
    file.allow(Number.POSITIVE_INFINITY);
    return patiently(() => {
      const { sql, values, columns: told } = statement;
      const prepared = prepare(sql);
      try {
        const rows: Iterator<StoredRow> = prepared.iterate(...values);
        cursor = { prepared, rows, tellers: (told ?? []).map(tellerOf), statement, rowCount: 0, byteCount: 0 };
        return nextBatch(cursor);
      } catch (fault) {
        end();
        if (fault instanceof KnownFault) throw fault;
        throw new KnownFault(reasonWithCode(fault, sql, () => prepared.get(...values)));
      }
    });
  }

  function nextBatch(from: Cursor): FileBatch {
    const startedMs = performance.now();
    const rows: DataRow[] = [];
    let bytes = 0;
    while (rows.length < batchLimits.rows && bytes < batchLimits.bytes) {
      const { done, value } = from.rows.next();
      if (done === true) {
        end();
        return { rows, isLast: true };
      }
      const row = tell(from.tellers, value);
      bytes += countRow(from, row);
      rows.push(row);
      if (performance.now() - startedMs > batchLimits.ms) break;
    }
    return { rows, isLast: false };
  }

  /** Whole pages of before, prepared; `null`: it is nothing for this file. */
  const pages = new Map<string, ReturnType<typeof prepare> | null>();
  let json: JsonRows | null = null;
  const told = new Map<number, FileJsonStatement>();

  async function selectJson({ number, statement: sent, maxRows, maxBytes }: FileJsonOrder): Promise<JsonBatch> {
    end();
    if (sent !== null) told.set(number, sent);
    const statement = told.get(number);
    if (statement === undefined) throw new TypeError('a statement was told before it is asked for by its number');
    const whole = wholePage(statement, maxRows, maxBytes);
    if (whole !== null) return whole;
    // Most pages are whole, and whoever opens a file does not wait for it to be loaded.
    json = new (await import('../../query/index.js')).JsonRows(
      statement.types.map((type) => ({ type })),
      statement.form,
    );
    const { rows, isLast } = await select({ ...statement, maxRows, maxBytes });
    return json.take(rows, isLast);
  }

  function moreJson(): JsonBatch {
    if (json === null) throw new TypeError('nothing is being read');
    const { rows, isLast } = more();
    return json.take(rows, isLast);
  }

  /** @returns `null` where it has to be read row by row, or failed: then that says why. */
  function wholePage(statement: FileJsonStatement, maxRows: number, maxBytes: number): JsonBatch | null {
    const page = statement.page as JsonSelect | null;
    if (page === null) return null;
    const { sql, values } = page;
    let prepared = pages.get(sql);
    if (prepared === null) return null;
    file.allow(Number.POSITIVE_INFINITY);
    try {
      prepared ??= prepare(sql);
      pages.delete(sql);
      const found = readJsonSelect(page, prepared.get(...values) as unknown as readonly unknown[]);
      pages.set(sql, found === null ? null : prepared);
      if (pages.size > maxPages) for (const oldest of [...pages.keys()].slice(0, 1)) pages.delete(oldest);
      if (found === null || found.rows > maxRows || found.text.length > maxBytes) return null;
      return { ...found, isLast: true };
    } catch (fault) {
      // Bytes where a text should be are nothing for JSON, and so is a statement that cannot be prepared.
      if (fault instanceof KnownFault || codeOf(fault) === 1) pages.set(sql, null);
      return null;
    }
  }

  function more(): FileBatch {
    const from = cursor;
    if (from === null) throw new TypeError('nothing is being read');
    try {
      return nextBatch(from);
    } catch (fault) {
      end();
      if (fault instanceof KnownFault) throw fault;
      const { sql, values } = from.statement;
      throw new KnownFault(reasonWithCode(fault, sql, () => prepare(sql).get(...values)));
    }
  }

  function end(): null {
    const { rows } = cursor ?? {};
    cursor = null;
    rows?.return?.();
    return null;
  }

  function write({ sql, values, columns: told, maxRows, maxBytes }: FileStatement): {
    readonly affected: number;
    readonly rows: readonly DataRow[];
  } {
    end();
    file.allow(Number.POSITIVE_INFINITY);
    const prepared = prepare(sql);
    try {
      if (told === null) return { affected: Number(prepared.run(...values).changes), rows: [] };
      const counted = { rowCount: 0, byteCount: 0, statement: { maxRows, maxBytes } };
      const tellers = told.map(tellerOf);
      const rows = (prepared.all(...values) as StoredRow[]).map((row) => tell(tellers, row));
      for (const row of rows) countRow(counted, row);
      return { affected: rows.length, rows };
    } catch (fault) {
      if (fault instanceof KnownFault) throw fault;
      throw new KnownFault(reasonWithCode(fault, sql, () => prepared.get(...values)));
    }
  }

  function execute(sql: string): void {
    const prepared = prepare(sql);
    try {
      prepared.run();
    } catch (fault) {
      throw new KnownFault(reasonOf(fault));
    }
  }

  async function begin(): Promise<null> {
    end();
    database.exec('PRAGMA query_only = OFF');
    try {
      await patiently(() => execute('BEGIN IMMEDIATE'));
    } catch (fault) {
      database.exec('PRAGMA query_only = ON');
      throw fault instanceof KnownFault && fault.reason === locked ? new KnownFault('SERIALIZATION_FAILED') : fault;
    }
    return null;
  }

  async function commit(): Promise<null> {
    end();
    // Some faults end a transaction by themselves (https://sqlite.org/lang_transaction.html §3).
    if (!database.isTransaction) throw new KnownFault('SERIALIZATION_FAILED');
    await patiently(() => execute('COMMIT'));
    database.exec('PRAGMA query_only = ON');
    return null;
  }

  function rollback(): null {
    end();
    if (database.isTransaction) execute('ROLLBACK');
    database.exec('PRAGMA query_only = ON');
    return null;
  }

  /** As a statement of its own and in parentheses, so that it is one query and nothing else. */
  function columns(text: string): Relation['columns'] {
    try {
      const plain = database.prepare(text);
      const statement = database.prepare(`SELECT * FROM (\n${text}\n) LIMIT 0`);
      const told = statement.columns();
      const names = new Set(plain.columns().map(({ name }) => name));
      if (names.size !== told.length) throw new KnownFault('QUERY_REFUSED');
      return told.map(({ name, type }) => {
        const nativeType = type ?? '';
        const { canonicalType, length } = typeOf(nativeType);
        return {
          name,
          type: canonicalType,
          nativeType,
          length,
          isNullable: true,
          hasDefault: false,
          isComputed: false,
        };
      });
    } catch {
      throw new KnownFault('QUERY_REFUSED');
    }
  }

  return new Map<string, (argument: never) => unknown>([
    ['select', translated(select)],
    ['more', translated(more)],
    ['json', translated(selectJson)],
    ['moreJson', translated(moreJson)],
    ['end', end],
    ['write', translated(write)],
    ['begin', begin],
    ['commit', translated(commit)],
    ['rollback', rollback],
    ['columns', columns],
  ]);
}

/** Another holds the file; asked again before anybody is told. */
const locked = 'LOCKED';

/** Who gave up waiting for a lock is told that others were there first. */
function translated<A extends never[], T>(verb: (...argument: A) => Promise<T> | T): (...argument: A) => Promise<T> {
  return async (...argument) => {
    try {
      return await verb(...argument);
    } catch (fault) {
      throw fault instanceof KnownFault && fault.reason === locked ? new KnownFault('SERIALIZATION_FAILED') : fault;
    }
  };
}

function tell(tellers: readonly Tell[], row: StoredRow): DataRow {
  return tellers.map((teller, index) => teller(row[index] ?? null));
}

/** @throws KnownFault `RESULT_TOO_LARGE` */
function countRow(
  counted: { rowCount: number; byteCount: number; readonly statement: Pick<FileStatement, 'maxRows' | 'maxBytes'> },
  row: DataRow,
): number {
  let bytes = 0;
  for (const value of row) bytes += value === null ? 0 : Buffer.byteLength(value);
  counted.rowCount += 1;
  counted.byteCount += bytes;
  const { maxRows, maxBytes } = counted.statement;
  if (counted.rowCount > maxRows || counted.byteCount > maxBytes) throw new KnownFault('RESULT_TOO_LARGE');
  return bytes;
}

function codeOf(fault: unknown): number | null {
  return fault instanceof Error && 'errcode' in fault && typeof fault.errcode === 'number' ? fault.errcode : null;
}

/** By result code, extended before primary (https://sqlite.org/rescode.html). */
function reasonOf(fault: unknown): DataFaultReason | typeof locked {
  const code = codeOf(fault);
  if (code === null) return 'QUERY_REFUSED';
  return reasonByCode.get(code) ?? reasonByCode.get(code & 0xff) ?? 'QUERY_REFUSED';
}

const reasonByCode = new Map<number, DataFaultReason | typeof locked>([
  [5, locked], // BUSY
  [517, 'SERIALIZATION_FAILED'], // BUSY_SNAPSHOT
  [6, locked], // LOCKED
  [9, 'QUERY_TIMEOUT'], // INTERRUPT
  [10, 'CONNECTION_LOST'], // IOERR
  [11, 'CONNECTION_LOST'], // CORRUPT
  [14, 'CONNECTION_LOST'], // CANTOPEN
  [15, locked], // PROTOCOL
  [17, 'RELATION_CHANGED'], // SCHEMA
  [18, 'VALUE_REFUSED'], // TOOBIG
  [19, 'CONSTRAINT_VIOLATED'], // CONSTRAINT
  [3091, 'VALUE_REFUSED'], // CONSTRAINT_DATATYPE
  [20, 'VALUE_REFUSED'], // MISMATCH
  [25, 'VALUE_REFUSED'], // RANGE
  [26, 'CONNECTION_LOST'], // NOTADB
]);
