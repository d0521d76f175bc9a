/**
 * What the main thread and a SQLite thread say to each other. Statements are answered in the order they were sent.
 *
 * @module
 */

export type SqliteValue = null | number | bigint | string | Uint8Array;

export interface SqliteThreadOptions {
  readonly file: string;
  readonly isReader: boolean;
  /** How long a statement waits for another process's lock. */
  readonly busyTimeoutMs: number;
}

/**
 * Two numbers both threads see, so that the process can end between two statements. Ending it inside of one makes the
 * native driver abort the process, whatever exit code was meant.
 */
export const halt = { isAsked: 0, isBusy: 1, length: 2 } as const;

export interface SqliteThreadData extends SqliteThreadOptions {
  readonly halt: Int32Array<SharedArrayBuffer>;
}

export interface StatementRequest {
  readonly id: number;
  readonly sql: string;
  readonly parameters: readonly SqliteValue[];
}

export type ThreadRequest = { readonly statements: readonly StatementRequest[] } | { readonly close: true };

export type SqliteRow = Record<string, SqliteValue>;

export interface StatementFailure {
  readonly message: string;
  /** Extended result code; 0 when it was not SQLite that failed. */
  readonly code: number;
  readonly inTransaction: boolean;
}

export interface StatementReply {
  readonly id: number;
  readonly rows: SqliteRow[];
  readonly changes: number;
  readonly failure?: StatementFailure;
}

export type ThreadReply =
  | { readonly opened: true }
  | { readonly refused: StatementFailure }
  | { readonly replies: readonly StatementReply[] }
  | { readonly closed: true };
