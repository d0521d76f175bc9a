/**
 * What the store's queries need of a database. Two adapters make one: embedded SQLite and PostgreSQL.
 *
 * @module
 */
import type { CompiledQuery, Kysely } from 'kysely';
import type { Secret } from '../kernel/secret.js';
import type { StoreTables } from './schema.js';

export type StoreDatabase = Kysely<StoreTables>;

/**
 * One statement that is a transaction of its own, as durable as others.
 *
 * @returns how many rows it wrote; none where the server undid it for another's sake.
 */
export type WriteAlone = (statement: CompiledQuery) => Promise<number>;

export interface EngineStatistics {
  /** Transactions that were made durable. */
  readonly transactions: number;
  /** Commits that made them so; fewer than transactions where commits are grouped. */
  readonly commits: number;
}

export interface StoreEngine {
  readonly kind: 'sqlite' | 'postgres';
  /** Committed data, outside any transaction; one statement is one snapshot. */
  readonly read: StoreDatabase;
  /** Chains of the audit trail that let this engine's writers not wait for each other. */
  readonly auditChains: number;
  /**
   * Durable when it resolves. `work` may be run again when the database undid it for another transaction's sake, so it
   * has no effect but on the database.
   */
  transaction<T>(work: (tx: StoreDatabase) => Promise<T>): Promise<T>;
  /**
   * The same for works that are short and of which many go on at once: `work` may be run before it is known when its
   * transaction takes place, and again when something it looked up has changed by then.
   */
  planned<T>(work: (tx: StoreDatabase) => Promise<T>): Promise<T>;
  /** `null` where a transaction costs no more than a statement. */
  readonly writeAlone: WriteAlone | null;
  /** Called once, before events are written: whoever writes them links them. */
  linkWith(trailKey: Secret<Uint8Array>): void;
  /** A transaction with the time that changing tables takes, of which one runs at a time over all processes. */
  migration<T>(work: (tx: StoreDatabase) => Promise<T>): Promise<T>;
  statistics(): EngineStatistics;
  isReady(): Promise<boolean>;
  close(): Promise<void>;
}
