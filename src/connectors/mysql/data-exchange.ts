/**
 * One statement and its answer. Rows are taken in the pace of their reader: while nobody takes them the socket is
 * paused, and the server waits. An answer nobody wants any more is read to its end and thrown away.
 *
 * @module
 */
import type { Socket } from 'node:net';
import type { Connection } from 'mysql2';
import { sourcesErrors } from '../../sources/index.js';
import { asText, lost, type Row, weigh } from './read-rows.js';

export interface ExchangeLimits {
  readonly maxRows: number;
  readonly maxBytes: number;
}

export interface Exchange {
  /** Settled when the whole answer has come (then it is true), or the server refused or broke off (then it is false). */
  readonly ended: Promise<boolean>;
  readonly isOver: boolean;
  /** The next rows; `null` after the last. @throws what the server says, or `sources.result_too_large`. */
  take(): Promise<readonly Row[] | null>;
  /** Ends the waiting of the reader with a fault. */
  fail(fault: unknown): void;
  /** Nobody wants the rest. */
  leave(): void;
  /** What a write did, once it is over. */
  done(): { readonly affected: number; readonly insertId: string | null; readonly warnings: number };
}

/** Rows and bytes that wait for the reader before the socket is paused. */
const waitingRows = 1_000;
const waitingBytes = 524_288;

/** @param connection  Idle, or answering what nobody waits for. */
export function startExchange(connection: Connection, stream: Socket, sql: string, limits: ExchangeLimits): Exchange {
  let rows: Row[] = [];
  let bytes = 0;
  let rowCount = 0;
  let byteCount = 0;
  let isPaused = false;
  let isUnwanted = false;
  let isOver = false;
  let hasFailed = false;
  let fault: unknown = null;
  let isSettled = false;
  let wake: () => void = ignore;
  let settle: (isComplete: boolean) => void = ignore;
  let header = { affected: 0, insertId: null as string | null, warnings: 0 };
  const ended = new Promise<boolean>((resolve) => {
    settle = resolve;
  });

  function resume(): void {
    if (!isPaused) return;
    isPaused = false;
    connection.resume();
  }

  function leave(): void {
    isUnwanted = true;
    rows = [];
    resume();
  }

  function fail(found: unknown): void {
    if (!hasFailed && !isOver) {
      hasFailed = true;
      fault = found;
    }
    leave();
    wake();
  }

  function finish(isComplete: boolean): void {
    if (isSettled) return;
    isSettled = true;
    connection.removeListener('error', onBroken);
    stream.removeListener('close', onClose);
    settle(isComplete);
  }

  function onBroken(found: unknown): void {
    fail(found);
    finish(false);
  }

  function onClose(): void {
    onBroken(lost());
  }

  const query = connection.query({ sql, rowsAsArray: true, typeCast: false });
  query.on('result', (result: unknown) => {
    if (!Array.isArray(result)) {
      header = readHeader(result);
      return;
    }
    if (isUnwanted) return;
    const row = result.map(asText);
    const weight = weigh(row);
    rowCount += 1;
    byteCount += weight - rowWeight - 16 * row.length;
    if (rowCount > limits.maxRows || byteCount > limits.maxBytes) {
      fail(sourcesErrors.result_too_large());
      return;
    }
    rows.push(row);
    bytes += weight;
    if (!isPaused && (rows.length >= waitingRows || bytes >= waitingBytes)) {
      isPaused = true;
      connection.pause();
    }
    wake();
  });
  query.on('error', (found: unknown) => {
    fail(found);
    finish(false);
  });
  query.on('end', () => {
    if (!hasFailed || !isSettled) isOver = true;
    finish(true);
    wake();
  });
  // The driver tells a broken connection to the connection alone when a query has no callback.
  connection.on('error', onBroken);
  stream.on('close', onClose);
  if (stream.destroyed) onClose();

  return {
    ended,
    get isOver() {
      return isOver;
    },
    async take() {
      for (;;) {
        if (hasFailed) throw fault;
        if (rows.length > 0) {
          const batch = rows;
          rows = [];
          bytes = 0;
          resume();
          return batch;
        }
        if (isOver) return null;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    fail,
    leave,
    done: () => header,
  };
}

/** What {@link weigh} counts for a row besides its values. */
const rowWeight = 48;

function readHeader(result: unknown): { affected: number; insertId: string | null; warnings: number } {
  const { affectedRows, insertId, warningStatus } = Object(result) as Readonly<Record<string, unknown>>;
  const isNumbered = (typeof insertId === 'number' && Number.isSafeInteger(insertId)) || typeof insertId === 'string';
  return {
    affected: Number(affectedRows ?? 0),
    insertId: isNumbered && String(insertId) !== '0' ? String(insertId) : null,
    warnings: Number(warningStatus ?? 0),
  };
}

function ignore(): void {}
