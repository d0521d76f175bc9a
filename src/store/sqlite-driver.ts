/**
 * Kysely over SQLite threads: whatever runs a statement can be asked in queries.
 *
 * Kysely's own transactions let one statement finish before the next is sent. A turn on the writer keeps their order
 * anyway, so a database is made for each turn, and statements that do not need each other's answers travel together.
 *
 * @module
 */
import {
  type Compilable,
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  type KyselyProps,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Eventual } from '../kernel/eventual.js';
import type { AuditEventValues } from './audit-codecs.js';
import type { StoreDatabase } from './engine.js';
import { translateDriverError } from './errors.js';
import type { StoreTables } from './schema.js';
import type { SqliteRow, SqliteValue, Statement } from './sqlite-protocol.js';
import { numberOf } from './sqlite-texts.js';
import type { StatementResult } from './sqlite-thread.js';

export interface SqliteStatement extends Statement {
  /** Reads and changes nothing. */
  readonly isSelect: boolean;
}

/** What runs statements, in the order they are given. */
export interface SqliteRunner {
  /** @param isBeside  Whether it answers the same before and after everything the transaction writes. */
  run(statement: SqliteStatement, isBeside: boolean): Promise<StatementResult>;
  /**
   * A look-up that is thought to answer `usual`. Its answer may be that without asking, if nothing of the transaction is
   * ever written where it is another.
   */
  expect(statement: SqliteStatement, usual: readonly SqliteRow[]): Eventual<readonly SqliteRow[]>;
  /** Nobody needs the answer: it may be run at any time until the transaction commits. */
  runLater(statement: SqliteStatement): Eventual<void>;
  /** Events at the end of the trail, last of the transaction. */
  append(events: readonly AuditEventValues[]): Eventual<void>;
}

class SqliteConnection implements DatabaseConnection {
  readonly #runner: SqliteRunner;

  constructor(runner: SqliteRunner) {
    this.#runner = runner;
  }

  async executeQuery<R>(query: CompiledQuery, isBeside = false): Promise<QueryResult<R>> {
    const { rows, changes } = await translated(this.#runner.run(statementOf(query), isBeside));
    return { rows: rows as R[], numAffectedRows: BigInt(changes) };
  }

  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new TypeError('the store reads in pages, not in streams');
  }
}

function statementOf({ sql, parameters, query }: CompiledQuery): SqliteStatement {
  return {
    sql: numberOf(sql),
    parameters: parameters as readonly SqliteValue[],
    isSelect: query.kind === 'SelectQueryNode',
  };
}

/** Connections are given to it from outside: it takes none of its own. */
class SqliteDriver implements Driver {
  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    throw new TypeError('statements are run by threads');
  }
  async beginTransaction(): Promise<void> {
    throw new TypeError('transactions are turns of the writer');
  }
  async commitTransaction(): Promise<void> {}
  async rollbackTransaction(): Promise<void> {}
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}

const adapter = new SqliteAdapter();
const compiler = new SqliteQueryCompiler();
const driver = new SqliteDriver();
const dialect = {
  createAdapter: () => adapter,
  createDriver: () => driver,
  createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
  createQueryCompiler: () => compiler,
};
/** Made once: what a database for one transaction needs of it is only its executor. */
const unconnected = new Kysely<StoreTables>({ dialect });

/** A database that a {@link SqliteRunner} runs. */
export class SqliteDatabase extends Kysely<StoreTables> {
  readonly #runner: SqliteRunner;
  readonly #connection: SqliteConnection;

  constructor(runner: SqliteRunner) {
    const connection = new SqliteConnection(runner);
    const executor = unconnected.getExecutor().withConnectionProvider({
      provideConnection: (consumer) => consumer(connection),
    });
    super({ config: { dialect }, driver, dialect, executor } satisfies KyselyProps);
    this.#runner = runner;
    this.#connection = connection;
  }

  override executeQuery<R>(query: CompiledQuery<R> | Compilable<R>): Promise<QueryResult<R>> {
    return this.#connection.executeQuery('compile' in query ? query.compile() : query);
  }

  runBeside<R>(query: CompiledQuery<R>): Promise<QueryResult<R>> {
    return this.#connection.executeQuery(query, true);
  }

  expect<R>(query: CompiledQuery<R>, usual: readonly R[]): Eventual<readonly R[]> {
    const answer = this.#runner.expect(statementOf(query), usual as readonly SqliteRow[]);
    return translated(answer) as Eventual<readonly R[]>;
  }

  runLater(query: CompiledQuery): Eventual<void> {
    return translated(this.#runner.runLater(statementOf(query)));
  }

  append(events: readonly AuditEventValues[]): Eventual<void> {
    return translated(this.#runner.append(events));
  }
}

/** Fails with errors of ours, and not the driver's. */
export function translated<T>(answer: Eventual<T>): Eventual<T> {
  if (!(answer instanceof Promise)) return answer;
  return answer.catch((error: unknown) => {
    throw translateDriverError(error);
  });
}

/** Runs a look-up that answers the same before and after everything its transaction writes. */
export async function runBeside<R>(tx: StoreDatabase, query: CompiledQuery<R>): Promise<QueryResult<R>> {
  return tx instanceof SqliteDatabase ? tx.runBeside(query) : tx.executeQuery(query);
}

/**
 * Runs a look-up that nearly always answers `usual`. A planned transaction takes that for granted, and is done anew with
 * the true answer where it is another when it is written.
 */
export function expectAnswer<R>(
  tx: StoreDatabase,
  query: CompiledQuery<R>,
  usual: readonly R[],
): Eventual<readonly R[]> {
  return tx instanceof SqliteDatabase ? tx.expect(query, usual) : tx.executeQuery(query).then(({ rows }) => rows);
}

/** Runs a statement whose answer nobody needs: where there are threads between, it need not be waited for. */
export function runLater(tx: StoreDatabase, query: CompiledQuery): Eventual<void> {
  return tx instanceof SqliteDatabase ? tx.runLater(query) : tx.executeQuery(query).then(() => {});
}
