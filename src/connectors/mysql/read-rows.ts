/**
 * The rows of one answer, in batches, with back-pressure: while nobody takes them the socket is paused. Values are
 * read as the texts the server sent; none is parsed by what the server says its type is.
 *
 * @module
 */
import type { Socket } from 'node:net';
import type { Connection } from 'mysql2';

/** A row as the server wrote it: every value a text, in the order of the columns. */
export type Row = readonly (string | null)[];

/** Rows that wait for the reader before the socket is paused, and at most so many in a batch. */
const batchRows = 512;
/** The same where rows are long. */
const batchBytes = 1_048_576;

/**
 * @param connection  Idle; used for nothing else until this ends.
 * @param stream      Its socket, destroyed when the reader leaves before the end: the rest is not worth reading.
 * @param onColumns   Told the names of the columns before the first row.
 * @throws what the server says, what the connection breaks with, or the reason of the signal.
 */
export async function* readRows(
  connection: Connection,
  stream: Socket,
  sql: string,
  signal: AbortSignal,
  onColumns: (names: readonly string[]) => void = ignore,
): AsyncGenerator<readonly Row[], void> {
  signal.throwIfAborted();
  let waiting: Row[] = [];
  let waitingBytes = 0;
  let state = 'reading' as 'reading' | 'ended' | 'failed';
  let fault: unknown;
  let isPaused = false;
  let wake: () => void = ignore;
  const fail = (found: unknown) => {
    if (state !== 'reading') return;
    state = 'failed';
    fault = found;
    wake();
  };
  const onClose = () => fail(lost());
  const onAbort = () => fail(signal.reason);
  const query = connection.query({ sql, rowsAsArray: true, typeCast: false });
  query.on('fields', (fields: unknown) => {
    if (Array.isArray(fields)) onColumns(fields.map((field: { readonly name?: unknown }) => String(field.name)));
  });
  query.on('result', (row: unknown) => {
    if (state !== 'reading' || !Array.isArray(row)) return;
    const texts = row.map(asText);
    waiting.push(texts);
    waitingBytes += weigh(texts);
    if ((waiting.length >= batchRows || waitingBytes >= batchBytes) && !isPaused) {
      isPaused = true;
      connection.pause();
    }
    wake();
  });
  query.on('error', fail);
  query.on('end', () => {
    if (state === 'reading') state = 'ended';
    wake();
  });
  // The driver tells a broken connection to the connection alone when a query has no callback.
  connection.on('error', fail);
  stream.on('close', onClose);
  signal.addEventListener('abort', onAbort, { once: true });
  if (stream.destroyed) onClose();
  try {
    for (;;) {
      if (state === 'failed') throw fault;
      if (waiting.length > 0) {
        const batch = waiting;
        waiting = [];
        waitingBytes = 0;
        yield batch;
      } else if (state === 'ended') {
        return;
      } else if (isPaused) {
        isPaused = false;
        connection.resume();
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = ignore;
      }
    }
  } finally {
    connection.removeListener('error', fail);
    stream.removeListener('close', onClose);
    signal.removeEventListener('abort', onAbort);
    // Left in the middle of an answer: what follows on this connection would be its rest.
    if (state === 'reading' || (state === 'failed' && signal.aborted)) stream.destroy();
  }
}

/** About what a row takes in memory, in bytes. */
export function weigh(row: Row): number {
  return row.reduce((sum, value) => sum + 16 + (value?.length ?? 0), 48);
}

/** A value as the driver gives it without reading it. */
export function asText(value: unknown): string | null {
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.length).toString('utf8')
    : null;
}

/** The fault of an answer whose connection is closed. */
export function lost(): Error {
  return Object.assign(new Error('the connection was closed'), { code: 'PROTOCOL_CONNECTION_LOST' });
}

function ignore(): void {}
