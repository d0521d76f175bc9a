/**
 * Kysely over a SQLite thread: whatever runs a statement can be asked in queries.
 *
 * Kysely's own transactions let one statement finish before the next is sent. A turn on the writer keeps their order
 * anyway, so a database is made for each turn, and statements that do not need each other's answers travel together.
 *
 * @module
 */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { StoreDatabase } from './engine.js';
import { translateDriverError } from './errors.js';
import type { StoreTables } from './schema.js';
import type { SqliteValue } from './sqlite-protocol.js';
import type { StatementResult } from './sqlite-thread.js';

type Run = (sql: string, parameters: readonly SqliteValue[]) => Promise<StatementResult>;

const adapter = new SqliteAdapter();
const compiler = new SqliteQueryCompiler();

/** @param run  Runs statements in the order they are given. */
export function sqliteDatabase(run: Run): StoreDatabase {
  return new Kysely<StoreTables>({
    dialect: {
      createAdapter: () => adapter,
      createDriver: () => new SqliteDriver(run),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => compiler,
    },
  });
}

class SqliteConnection implements DatabaseConnection {
  readonly #run: Run;

  constructor(run: Run) {
    this.#run = run;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    try {
      const { rows, changes } = await this.#run(sql, parameters as readonly SqliteValue[]);
      return { rows: rows as R[], numAffectedRows: BigInt(changes) };
    } catch (error) {
      throw translateDriverError(error);
    }
  }

  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new TypeError('the store reads in pages, not in streams');
  }
}

class SqliteDriver implements Driver {
  readonly #connection: DatabaseConnection;

  constructor(run: Run) {
    this.#connection = new SqliteConnection(run);
  }

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }
  async beginTransaction(): Promise<void> {
    throw new TypeError('transactions are turns of the writer');
  }
  async commitTransaction(): Promise<void> {}
  async rollbackTransaction(): Promise<void> {}
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}
