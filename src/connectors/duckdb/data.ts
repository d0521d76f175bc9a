/**
 * Runs scoped selects on an open DuckDB file: rows in the chunks the library makes, read as they are taken. The file is
 * open to read only, because two who write to it in one process would destroy it and this process may have it open
 * twice. Runs in the worker thread.
 *
 * @module
 */
import type { DuckDBPreparedStatement, DuckDBResult } from '@duckdb/node-api';
import type { CanonicalType, Relation } from '../../query/index.js';
import type { DataRow } from '../../sources/index.js';
import type { DataFaultReason, FileBatch, FileStatement } from '../file-session.js';
import { KnownFault } from '../file-worker.js';
import type { DuckdbFile } from './connect.js';
import { factsOfDuckdbFault } from './errors.js';
import { canonicalTypeOf } from './types.js';

type Tell = (text: string) => string;

interface Cursor {
  readonly prepared: DuckDBPreparedStatement;
  readonly result: DuckDBResult;
  readonly tellers: readonly Tell[];
  readonly statement: FileStatement;
  rowCount: number;
  byteCount: number;
}

export type DuckdbDataVerbs = ReadonlyMap<string, (argument: never) => Promise<unknown>>;

/** @param isStopped  Whether what is being asked is to be given up. */
export function createDuckdbData(file: DuckdbFile, isStopped: () => boolean): DuckdbDataVerbs {
  let cursor: Cursor | null = null;

  async function select(statement: FileStatement): Promise<FileBatch> {
    await end();
    file.allow(Number.POSITIVE_INFINITY);
    const prepared = await judged('PREPARE', () => file.prepare(statement.sql));
    return judged('RUN', async () => {
      statement.values.forEach((value, index) => {
        if (value === null) prepared.bindNull(index + 1);
        else prepared.bindVarchar(index + 1, String(value));
      });
      const result = await file.streamOf(prepared);
      const tellers = (statement.columns ?? []).map(({ type }) => tellersByType.get(type) ?? plain);
      cursor = { prepared, result, tellers, statement, rowCount: 0, byteCount: 0 };
      return nextBatch(cursor);
    });
  }

  async function nextBatch(from: Cursor): Promise<FileBatch> {
    const chunk = await file.chunkOf(from.result);
    if (chunk === null || chunk.rowCount === 0) {
      await end();
      return { rows: [], isLast: true };
    }
    const rows = chunk.getRows().map((row) => tell(from, row));
    return { rows, isLast: false };
  }

  async function more(): Promise<FileBatch> {
    const from = cursor;
    if (from === null) throw new TypeError('nothing is being read');
    return judged('RUN', () => nextBatch(from));
  }

  async function end(): Promise<null> {
    const { prepared } = cursor ?? {};
    cursor = null;
    prepared?.destroySync();
    return null;
  }

  /** As a statement of its own and in parentheses, so that it is one query and nothing else. */
  async function columns(text: string): Promise<Relation['columns']> {
    file.allow(describeMs);
    try {
      const plain = await file.prepare(text);
      const inside = await file.prepare(`SELECT * FROM (\n${text}\n)`);
      const told = Array.from({ length: inside.columnCount }, (_, index) => {
        const nativeType = String(inside.columnType(index));
        return {
          name: inside.columnName(index),
          type: canonicalTypeOf(nativeType),
          nativeType,
          length: null,
          isNullable: true,
          hasDefault: false,
          isComputed: false,
        };
      });
      const names = new Set(Array.from({ length: plain.columnCount }, (_, index) => plain.columnName(index)));
      plain.destroySync();
      inside.destroySync();
      if (names.size !== told.length) throw new KnownFault('QUERY_REFUSED');
      return told;
    } catch {
      throw new KnownFault('QUERY_REFUSED');
    }
  }

  async function judged<T>(step: 'PREPARE' | 'RUN', work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (fault) {
      await end();
      if (fault instanceof KnownFault) throw fault;
      throw new KnownFault(isStopped() ? 'QUERY_TIMEOUT' : reasonOf(fault, step));
    }
  }

  return new Map<string, (argument: never) => Promise<unknown>>([
    ['select', select],
    ['more', more],
    ['end', end],
    ['rollback', end],
    ['columns', columns],
  ]);
}

const describeMs = 15_000;

/** @throws KnownFault `RESULT_TOO_LARGE` */
function tell(from: Cursor, row: readonly unknown[]): DataRow {
  const told = from.tellers.map((teller, index) => {
    const value = row[index];
    // Everything is sent as text but a count.
    return value === null || value === undefined ? null : teller(String(value));
  });
  from.rowCount += 1;
  for (const text of told) from.byteCount += text === null ? 0 : Buffer.byteLength(text);
  const { maxRows, maxBytes } = from.statement;
  if (from.rowCount > maxRows || from.byteCount > maxBytes) throw new KnownFault('RESULT_TOO_LARGE');
  return told;
}

const plain: Tell = (text) => text;

const words = new Map([
  ['inf', 'Infinity'],
  ['-inf', '-Infinity'],
  ['nan', 'NaN'],
  ['-nan', 'NaN'],
]);

/** The shortest digits are the same everywhere; where the exponent begins is not. */
const number: Tell = (text) => words.get(text) ?? String(Number(text) + 0);

/** Of years with four digits. */
const moment: Tell = (text) => (text[10] === ' ' ? `${text.slice(0, 10)}T${text.slice(11)}` : text);

const tellersByType = new Map<CanonicalType, Tell>([
  ['float32', number],
  ['float64', number],
  ['timestamp', moment],
  ['timestamptz', (text) => (text[10] === ' ' ? `${moment(text)}Z` : text)],
]);

function reasonOf(fault: unknown, step: 'PREPARE' | 'RUN'): DataFaultReason {
  const { code } = factsOfDuckdbFault(fault);
  const known = reasonByClass.get(String(code)) ?? 'QUERY_REFUSED';
  // Names are the catalogue's, so what is unknown now was known then.
  return step === 'PREPARE' && (code === 'BINDER' || code === 'CATALOG') ? 'RELATION_CHANGED' : known;
}

/** The classes of https://duckdb.org/docs/stable/clients/c/api, as the library writes them. */
const reasonByClass = new Map<string, DataFaultReason>([
  ['INTERRUPT', 'QUERY_TIMEOUT'],
  ['CONVERSION', 'VALUE_REFUSED'],
  ['OUT OF RANGE', 'VALUE_REFUSED'],
  ['CONSTRAINT', 'CONSTRAINT_VIOLATED'],
  ['TRANSACTION', 'SERIALIZATION_FAILED'],
  ['IO', 'CONNECTION_LOST'],
  ['FATAL', 'CONNECTION_LOST'],
  ['INTERNAL', 'CONNECTION_LOST'],
  ['SERIALIZATION', 'CONNECTION_LOST'],
  ['OUT OF MEMORY', 'QUERY_REFUSED'],
]);
