/**
 * Refusals of the store, and the one place where what a database driver threw becomes one of them: by SQLSTATE or
 * SQLite result code, never by text.
 *
 * @module
 */
import { AppError, defineErrors } from '../kernel/errors.js';
import { untrustedTrail } from './sqlite-protocol.js';

export const storeErrors = defineErrors('store', {
  overloaded: { kind: 'unavailable', message: 'Too many requests are waiting for the store. Try again shortly.' },
  busy: { kind: 'unavailable', message: 'The store is held by another process. Try again shortly.' },
  unavailable: { kind: 'unavailable', message: 'The store cannot be reached or cannot write at the moment.' },
  stopped: {
    kind: 'unavailable',
    message: 'The store has stopped, because a write could not be made durable.',
  },
  closed: { kind: 'unavailable', message: 'The store is closed.' },
  transaction_timeout: { kind: 'timeout', message: 'The transaction took too long and was undone.' },
  audit_untrusted: {
    kind: 'unavailable',
    message: 'The audit trail was changed from outside, so nothing can be recorded.',
  },
  failed: { kind: 'internal', message: 'The store could not do this.' },
  page_invalid: { kind: 'invalid_input', message: 'The page limit or cursor is not valid.' },
  url_invalid: { kind: 'failed_precondition', message: 'The store URL is not valid.' },
  location_invalid: {
    kind: 'failed_precondition',
    message: 'The folder or file of the store cannot be used.',
  },
  newer_database: {
    kind: 'failed_precondition',
    message: 'The database was written by a newer version of Latchkey. Start that version, or restore a backup.',
  },
  in_use: {
    kind: 'failed_precondition',
    message: 'The store is in use: stop the service on this data folder first.',
  },
  backup_elsewhere: {
    kind: 'unsupported',
    message: 'The store is PostgreSQL, which makes and restores its own backups.',
  },
  backup_exists: { kind: 'conflict', message: 'There is a file of that name already.' },
  backup_location_invalid: {
    kind: 'failed_precondition',
    message: 'The backup cannot be written there: the folder is missing or closed, or another file is in the way.',
  },
  backup_unreadable: { kind: 'failed_precondition', message: 'The backup cannot be read.' },
  backup_damaged: { kind: 'failed_precondition', message: 'The file is not a whole backup of Latchkey.' },
  foreign_database: { kind: 'failed_precondition', message: 'The database holds tables that are not of Latchkey.' },
});

/** What a SQLite thread answers instead of a result. `code` is the extended result code (sqlite.org/rescode.html). */
export class SqliteFailure extends Error {
  readonly code: number;
  /** Whether the connection was still inside its transaction afterwards. */
  readonly inTransaction: boolean;

  constructor(message: string, code: number, inTransaction: boolean) {
    super(message);
    this.name = 'SqliteFailure';
    this.code = code;
    this.inTransaction = inTransaction;
  }
}

const sqlite = {
  busy: 5,
  locked: 6,
  nomem: 7,
  readonly: 8,
  ioerr: 10,
  corrupt: 11,
  full: 13,
  cantopen: 14,
  notadb: 26,
};

/**
 * I/O codes that speak of locks, shared memory or memory and not of data: retrying is sound. Every other
 * `SQLITE_IOERR_*` may mean that the kernel dropped dirty pages, and a later sync that succeeds proves nothing.
 */
const harmlessIoCodes: ReadonlySet<number> = new Set([
  2058, // UNLOCK
  2314, // RDLOCK
  3082, // NOMEM
  3594, // CHECKRESERVEDLOCK
  3850, // LOCK
  4618, // SHMOPEN
  4874, // SHMSIZE: also how a full disk shows
  5130, // SHMLOCK
  5386, // SHMMAP
]);

/** Whether this failure leaves it unknown what is on the disk. */
export function isFatalForSqlite(error: unknown): boolean {
  if (!(error instanceof SqliteFailure) || error.code < 0) return false;
  const primary = error.code & 0xff;
  if (primary === sqlite.corrupt || primary === sqlite.notadb) return true;
  return primary === sqlite.ioerr && !harmlessIoCodes.has(error.code);
}

/** @returns the refusal for what the driver threw; refusals and programmer mistakes stay as they are. */
export function translateDriverError(error: unknown): unknown {
  if (error instanceof AppError || error instanceof TypeError) return error;
  if (error instanceof SqliteFailure) return fromSqlite(error);
  return fromPostgres(error);
}

function fromSqlite(error: SqliteFailure): AppError {
  if (error.code === untrustedTrail) return storeErrors.audit_untrusted();
  switch (error.code & 0xff) {
    case sqlite.busy:
    case sqlite.locked:
      return storeErrors.busy({ cause: error, details: { retryAfterSeconds: 1 } });
    case sqlite.nomem:
    case sqlite.readonly:
    case sqlite.ioerr:
    case sqlite.full:
    case sqlite.cantopen:
      return storeErrors.unavailable({ cause: error });
    case sqlite.corrupt:
    case sqlite.notadb:
      return storeErrors.stopped({ cause: error });
    default:
      return storeErrors.failed({ cause: error });
  }
}

/** What may be logged of a refusal of PostgreSQL. Its own message and detail quote values of rows. */
class PostgresFailure extends Error {
  /** SQLSTATE. */
  readonly code: string;

  constructor(
    code: string,
    error: { readonly routine?: unknown; readonly table?: unknown; readonly constraint?: unknown },
  ) {
    const where = [error.table, error.constraint, error.routine].filter((part) => typeof part === 'string');
    super(`SQLSTATE ${code} ${where.join(' ')}`.trimEnd());
    this.name = 'PostgresFailure';
    this.code = code;
  }
}

function fromPostgres(error: unknown): unknown {
  const code = sqlState(error);
  if (code === undefined) return storeErrors.failed({ cause: error });
  const cause = new PostgresFailure(code, error as object);
  switch (code.slice(0, 2)) {
    // Connection exception · insufficient resources · operator intervention (shutdown, time-out) · system error ·
    // wrong password and the like · no such database · read-only transaction.
    case '08':
    case '53':
    case '57':
    case '58':
    case '28':
    case '3D':
    case '25':
      return storeErrors.unavailable({ cause });
    // Serialization failure or deadlock that outlived its retries · lock not available.
    case '40':
    case '55':
      return storeErrors.busy({ cause, details: { retryAfterSeconds: 1 } });
    default:
      return storeErrors.failed({ cause });
  }
}

const sqlStatePattern = /^[0-9A-Z]{5}$/;

/** SQLSTATE, when it was the PostgreSQL server that refused; sockets, TLS and the driver have other codes or none. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  // EPIPE is five letters too.
  return typeof code === 'string' && sqlStatePattern.test(code) && code !== 'EPIPE' ? code : undefined;
}

/** SQLSTATE behind an error of ours, where a server refused. */
export function refusedState(error: unknown): string | undefined {
  return error instanceof AppError ? sqlState(error.cause) : undefined;
}
