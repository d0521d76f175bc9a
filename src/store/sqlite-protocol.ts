/**
 * What the main thread and a SQLite thread say to each other. Requests are answered in the order they were sent.
 *
 * @module
 */
import type { AuditEventValues } from './audit-codecs.js';
import type { StatementText } from './sqlite-texts.js';

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

export interface Statement {
  readonly sql: StatementText;
  readonly parameters: readonly SqliteValue[];
}

/** A look-up and what it answered. */
export interface AnsweredRead extends Statement {
  readonly rows: readonly SqliteRow[];
}

/** A transaction that is known in full before it begins. */
export interface WriteUnit {
  /** It is written only while these still answer the same. */
  readonly reads: readonly AnsweredRead[];
  readonly writes: readonly Statement[];
  /** Recorded at the end of the trail. */
  readonly events: readonly AuditEventValues[];
}

/** `changed`: a look-up answers something else now. `failed`: a statement was refused. Nothing of either is written. */
export type UnitOutcome = 'written' | 'changed' | 'failed';

/** One thing to do; its answer is a {@link TaskReply}. */
export type Task =
  /** `isWithin`: it belongs to the transaction that is open, and does nothing where that is gone. */
  | ({ readonly id: number; readonly isWithin: boolean } & Statement)
  /** Events at the end of the trail, inside the transaction that is open. */
  | { readonly id: number; readonly events: readonly AuditEventValues[] }
  /** One transaction, made durable, of units that each are written wholly or not at all. */
  | { readonly id: number; readonly units: readonly WriteUnit[] };

export type ThreadRequest =
  /** `texts`: those that have the next numbers. */
  | { readonly tasks: readonly Task[]; readonly texts: readonly string[] }
  /** The key of the trail. */
  | { readonly trailKey: Uint8Array }
  | { readonly close: true };

export type SqliteRow = Record<string, SqliteValue>;

export interface StatementFailure {
  readonly message: string;
  /** Extended result code; 0 when it was not SQLite that failed, or {@link untrustedTrail}. */
  readonly code: number;
  readonly inTransaction: boolean;
}

/** Instead of a result code: the end of the trail is not one this install wrote. */
export const untrustedTrail = -1;

export interface TaskReply {
  readonly id: number;
  readonly rows: SqliteRow[];
  readonly changes: number;
  /** Of units, in their order. */
  readonly outcomes?: readonly UnitOutcome[];
  readonly failure?: StatementFailure;
}

export type ThreadReply =
  | { readonly opened: true }
  | { readonly refused: StatementFailure }
  | { readonly replies: readonly TaskReply[] }
  | { readonly closed: true };
