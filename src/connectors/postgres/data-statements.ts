/**
 * The statements of ours that a session for data keeps on the server, so that one that comes again is only bound; and
 * those that make a session sober.
 *
 * @module
 */
import type { Compiled } from '../sql-flavour.js';
import type { Statement } from './data-exchange.js';
import type { PostgresValue } from './data-flavour.js';

const maxKept = 50;
const maxKeptCharacters = 16_384;

export class KeptStatements {
  /** SQL to name, the one used longest ago first. */
  readonly #names = new Map<string, string>();
  #forgotten: string[] = [];
  #made = 0;

  /** @returns the statement under the name it has or will have. */
  take({ sql, values }: Compiled<PostgresValue>): Statement {
    if (sql.length > maxKeptCharacters) return once(sql, values);
    const known = this.#names.get(sql);
    if (known !== undefined) {
      this.#names.delete(sql);
      this.#names.set(sql, known);
      return { sql, values, name: known, isKept: true };
    }
    this.#made += 1;
    const name = `latchkey_${this.#made}`;
    this.#names.set(sql, name);
    const [oldest] = this.#names.keys();
    if (this.#names.size > maxKept && oldest !== undefined) this.forget(oldest);
    return { sql, values, name, isKept: false };
  }

  /** After a fault nobody knows whether the server has it. */
  forget(sql: string): void {
    const name = this.#names.get(sql);
    if (name === undefined) return;
    this.#names.delete(sql);
    this.#forgotten.push(name);
  }

  /** Names to be closed with the next packet. */
  takeForgotten(): readonly string[] {
    const names = this.#forgotten;
    this.#forgotten = [];
    return names;
  }
}

/** A statement the server does not keep. */
export function once(sql: string, values: readonly PostgresValue[] = []): Statement {
  return { sql, values, name: '', isKept: false };
}

/** A transaction nobody ends is ended by the server. */
const idleInTransactionMs = 60_000;

/**
 * Makes a session one whose answers are the same whatever the server's defaults are, and that writes nothing by
 * itself. Temporary objects come last: a function of the database may leave some.
 */
export function soberSettings(statementMs: number, isLocal: boolean): Statement {
  const settings: readonly (readonly [string, string])[] = [
    ['search_path', 'pg_catalog, pg_temp'],
    ['TimeZone', 'UTC'],
    ['DateStyle', 'ISO, YMD'],
    ['IntervalStyle', 'postgres'],
    ['bytea_output', 'hex'],
    ['extra_float_digits', '3'],
    ['standard_conforming_strings', 'on'],
    ['transform_null_equals', 'off'],
    ['client_min_messages', 'error'],
    ['idle_in_transaction_session_timeout', String(idleInTransactionMs)],
    ['statement_timeout', timeoutText(statementMs)],
    // Of a transaction it is said when it begins.
    ...(isLocal ? [] : [['default_transaction_read_only', 'on'] as const]),
  ];
  const calls = settings.map((_, index) => `pg_catalog.set_config($${2 * index + 1}, $${2 * index + 2}, ${isLocal})`);
  return once(`SELECT ${calls.join(', ')}`, settings.flat());
}

export const timeoutSql = "SELECT pg_catalog.set_config('statement_timeout', $1, false)";
export const localTimeoutSql = "SELECT pg_catalog.set_config('statement_timeout', $1, true)";

/** Whole milliseconds; never 0, which means for ever. */
export function timeoutText(statementMs: number): string {
  return String(Math.min(2_147_483_647, Math.max(1, Math.ceil(statementMs))));
}
