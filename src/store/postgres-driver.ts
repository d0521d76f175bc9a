/**
 * Kysely over a pool of PostgreSQL connections: begins transactions that are durable when they commit, and throws away
 * a connection whose state is not known.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { refusedState, sqlState, storeErrors, translateDriverError } from './errors.js';
import type { Gate } from './gate.js';

export interface PostgresDriverSettings {
  readonly pool: Pool;
  /** Longest time of one statement and of one wait for a lock. */
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  /** Passed by whoever asks for a connection. */
  readonly gate: Gate;
  readonly onCommit: () => void;
}

export function postgresDialect(settings: PostgresDriverSettings): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new PostgresDriver(settings),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

class PostgresConnection implements DatabaseConnection {
  readonly #client: PoolClient;
  readonly #leaveGate: () => void;
  /** A failure after which it is not known what the server still does on this connection. */
  #broken: Error | null = null;
  readonly #onError = (error: Error) => {
    this.#broken = error;
  };

  constructor(client: PoolClient, leaveGate: () => void) {
    this.#client = client;
    this.#leaveGate = leaveGate;
    // Between two statements nobody else listens, and an unheard error would end the process.
    client.on('error', this.#onError);
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery, name?: string): Promise<QueryResult<R>> {
    try {
      const { rows, rowCount } = await this.#client.query({ name, text: sql, values: [...parameters] });
      return { rows: rows as R[], numAffectedRows: BigInt(rowCount ?? 0) };
    } catch (error) {
      throw this.#judge(error);
    }
  }

  /** Statements without parameters, in one message. */
  async control(sql: string): Promise<void> {
    try {
      await this.#client.query(sql);
    } catch (error) {
      throw this.#judge(error);
    }
  }

  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new TypeError('the store reads in pages, not in streams');
  }

  release(): void {
    this.#client.off('error', this.#onError);
    if (this.#broken === null) this.#client.release();
    else this.#client.release(this.#broken);
    this.#leaveGate();
  }

  markBroken(error: unknown): void {
    this.#broken = error instanceof Error ? error : new Error('the connection is in an unknown state');
  }

  #judge(error: unknown): unknown {
    // What is no refusal of the server is a time-out or a lost socket.
    if (!(error instanceof TypeError) && sqlState(error) === undefined) this.markBroken(error);
    return translateOrUnavailable(error);
  }
}

class PostgresDriver implements Driver {
  readonly #settings: PostgresDriverSettings;
  readonly #begin: string;

  constructor(settings: PostgresDriverSettings) {
    this.#settings = settings;
    // In the transaction and not in the session, so that a pooler between us and the server may share sessions. A
    // server that waits for its standbys as well keeps doing so.
    this.#begin = [
      'begin isolation level read committed read write',
      `set local statement_timeout = ${settings.statementTimeoutMs}`,
      `set local lock_timeout = ${settings.lockTimeoutMs}`,
      `set local idle_in_transaction_session_timeout = ${settings.statementTimeoutMs}`,
      `select set_config('synchronous_commit', 'on', true)
         where current_setting('synchronous_commit') in ('off', 'local', 'remote_write')`,
    ].join('; ');
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const leaveGate = await this.#settings.gate.enter();
    try {
      return new PostgresConnection(await this.#settings.pool.connect(), leaveGate);
    } catch (error) {
      leaveGate();
      throw translateOrUnavailable(error);
    }
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await own(connection).control(this.#begin);
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await own(connection).control('commit');
    this.#settings.onCommit();
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await own(connection).control('rollback');
    } catch (error) {
      // The server undoes what a lost connection left; what the caller is told is why the work failed.
      own(connection).markBroken(error);
    }
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    own(connection).release();
  }

  async destroy(): Promise<void> {}
}

/** SQLSTATEs: a prepared statement that is not there, and one that somebody else made there. */
const preparedElsewhere: ReadonlySet<unknown> = new Set(['26000', '42P05']);

/**
 * One statement outside of any transaction of ours, which the server parses and plans once for each connection. Where a
 * pooler gives a connection to several of us and does not know of prepared statements, it is sent as any other: nothing
 * was done by then.
 */
export function createPreparedRunner(settings: PostgresDriverSettings): (query: CompiledQuery) => Promise<bigint> {
  const driver = new PostgresDriver(settings);
  const names = new Map<string, string>();
  let isUnderstood = true;

  /** Of the text: whoever else prepared a statement of that name on a shared connection, it is the same one. */
  const nameOf = (text: string): string => {
    const known = names.get(text);
    if (known !== undefined) return known;
    const name = `latchkey_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
    names.set(text, name);
    return name;
  };

  const run = async (query: CompiledQuery, name?: string): Promise<bigint> => {
    const connection = own(await driver.acquireConnection());
    try {
      return (await connection.executeQuery(query, name)).numAffectedRows ?? 0n;
    } finally {
      connection.release();
    }
  };

  return async (query) => {
    if (!isUnderstood) return run(query);
    try {
      return await run(query, nameOf(query.sql));
    } catch (error) {
      if (!preparedElsewhere.has(refusedState(error))) throw error;
      isUnderstood = false;
      return run(query);
    }
  };
}

function own(connection: DatabaseConnection): PostgresConnection {
  return connection as PostgresConnection;
}

/** Time-outs, lost sockets and failed TLS are all a server that cannot be reached to whoever asked. */
function translateOrUnavailable(error: unknown): unknown {
  if (error instanceof TypeError || sqlState(error) !== undefined) return translateDriverError(error);
  return storeErrors.unavailable({ cause: error });
}
