/**
 * Kysely over the SQLite threads: one driver reads on the reading threads, the other writes in turns of the writer.
 *
 * @module
 */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { translateDriverError } from './errors.js';
import type { SqliteValue } from './sqlite-protocol.js';
import type { StatementResult } from './sqlite-thread.js';
import type { SqliteWriter, WriterTurn } from './sqlite-writer.js';

type Run = (sql: string, parameters: readonly SqliteValue[]) => Promise<StatementResult>;

export function readerDialect(run: Run): Dialect {
  return dialect(() => new ReaderDriver(run));
}

export function writerDialect(writer: SqliteWriter): Dialect {
  return dialect(() => new WriterDriver(writer));
}

function dialect(createDriver: () => Driver): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
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

class ReaderDriver implements Driver {
  readonly #connection: DatabaseConnection;

  constructor(run: Run) {
    this.#connection = new SqliteConnection(run);
  }

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }
  async beginTransaction(): Promise<void> {
    throw new TypeError('readers have no transactions');
  }
  async commitTransaction(): Promise<void> {}
  async rollbackTransaction(): Promise<void> {}
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}

class TurnConnection extends SqliteConnection {
  readonly turn: WriterTurn;

  constructor(turn: WriterTurn) {
    super((sql, parameters) => turn.run(sql, parameters));
    this.turn = turn;
  }
}

class WriterDriver implements Driver {
  readonly #writer: SqliteWriter;

  constructor(writer: SqliteWriter) {
    this.#writer = writer;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return new TurnConnection(await translated(this.#writer.acquire()));
  }

  /** The turn has begun with its savepoint. */
  async beginTransaction(): Promise<void> {}

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await translated((connection as TurnConnection).turn.commit());
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await (connection as TurnConnection).turn.rollback();
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    const { turn } = connection as TurnConnection;
    if (!turn.isOver) await turn.rollback();
  }

  async destroy(): Promise<void> {}
}

async function translated<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw translateDriverError(error);
  }
}
