/**
 * A thread that owns one connection to the SQLite file and does what it is told, one statement after the other. It
 * waits for the disk so that the event loop never does.
 *
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import { DatabaseSync } from '@photostructure/sqlite';
import { isFatalForSqlite, SqliteFailure } from './errors.js';
import {
  halt,
  type SqliteRow,
  type SqliteThreadData,
  type Statement,
  type StatementFailure,
  type Task,
  type TaskReply,
  type ThreadReply,
  type ThreadRequest,
  type UnitOutcome,
  untrustedTrail,
  type WriteUnit,
} from './sqlite-protocol.js';
import type { StatementText } from './sqlite-texts.js';
import { SqliteTrail, UntrustedTrail } from './sqlite-trail.js';
import { writeUnits } from './sqlite-units.js';

interface Prepared {
  readonly statement: ReturnType<InstanceType<typeof DatabaseSync>['prepare']>;
  readonly givesRows: boolean;
}

type Answer = Omit<TaskReply, 'id' | 'failure'>;

const noRows: SqliteRow[] = [];
const maxPrepared = 256;
const busyCode = 5;

const port = parentPort;
if (port === null) throw new TypeError('sqlite-worker runs in a worker thread only');
const options = workerData as SqliteThreadData;
/** By number. */
const texts: string[] = [];
const prepared = new Map<string, Prepared>();
let trail: SqliteTrail | null = null;
/** The failure after which it is not known what is on the disk. */
let fatal: unknown = null;

function reply(message: ThreadReply): void {
  port?.postMessage(message);
}

function open(): InstanceType<typeof DatabaseSync> {
  const database = new DatabaseSync(options.file, {
    readOnly: options.isReader,
    timeout: options.busyTimeoutMs,
    enableForeignKeyConstraints: true,
    defensive: true,
  });
  const set = (pragma: string) => waitingForLock(() => database.exec(`pragma ${pragma}`));
  set('trusted_schema = off');
  set('cell_size_check = on');
  set('temp_store = memory');
  set('cache_size = -16384');
  if (options.isReader) {
    set('query_only = on');
    return database;
  }
  set('journal_mode = wal');
  // This build's own default in WAL mode is NORMAL, which answers before the data is durable.
  set('synchronous = full');
  set('checkpoint_fullfsync = on');
  // Checkpoints are run by the writer between groups, where their failures are seen.
  set('wal_autocheckpoint = 0');
  set('journal_size_limit = 67108864');
  // Deleted rows hold digests and sealed values.
  set('secure_delete = on');
  const mode = Object.values(database.prepare('pragma journal_mode').get() as SqliteRow)[0];
  const level = Object.values(database.prepare('pragma synchronous').get() as SqliteRow)[0];
  if (mode !== 'wal' || level !== 2) throw new Error('the file system does not allow WAL with full sync');
  return database;
}

/** Changing to WAL and recovering it after a crash answer BUSY without asking the busy handler. */
function waitingForLock(run: () => void): void {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const deadline = performance.now() + options.busyTimeoutMs;
  for (;;) {
    try {
      run();
      return;
    } catch (error) {
      const isBusy = (failureOf(error, false).code & 0xff) === busyCode;
      if (!isBusy || performance.now() > deadline) throw error;
      Atomics.wait(sleeper, 0, 0, 20);
    }
  }
}

function failureOf(error: unknown, inTransaction: boolean): StatementFailure {
  if (error instanceof UntrustedTrail) return { message: 'untrusted trail', code: untrustedTrail, inTransaction };
  const code = (error as { sqliteExtendedCode?: unknown } | null)?.sqliteExtendedCode;
  return {
    message: error instanceof Error ? error.message : 'unknown',
    code: typeof code === 'number' ? code : 0,
    inTransaction,
  };
}

function prepare(database: InstanceType<typeof DatabaseSync>, text: StatementText): Prepared {
  const sql = typeof text === 'number' ? texts[text] : text;
  if (sql === undefined) throw new TypeError('a text that was not told');
  const known = prepared.get(sql);
  if (known !== undefined) {
    // A Map keeps insertion order: putting it back makes the first entry the least recently used.
    prepared.delete(sql);
    prepared.set(sql, known);
    return known;
  }
  const statement = database.prepare(sql);
  const fresh = { statement, givesRows: statement.columns().length > 0 };
  prepared.set(sql, fresh);
  if (prepared.size > maxPrepared) {
    const oldest = prepared.keys().next().value;
    if (oldest !== undefined) prepared.delete(oldest);
  }
  return fresh;
}

function run(database: InstanceType<typeof DatabaseSync>, { sql, parameters }: Statement): Answer {
  const { statement, givesRows } = prepare(database, sql);
  if (givesRows) return { rows: statement.all(...parameters) as SqliteRow[], changes: 0 };
  return { rows: noRows, changes: Number(statement.run(...parameters).changes) };
}

function assertTransaction({ isTransaction }: InstanceType<typeof DatabaseSync>): void {
  if (!isTransaction) throw new Error('the transaction is gone');
}

/** What was sent before the answer came that the disk is not to be trusted any more is not written behind it. */
function write(database: InstanceType<typeof DatabaseSync>, units: readonly WriteUnit[]): readonly UnitOutcome[] {
  const failed = (error: unknown) => {
    const { message, code, inTransaction } = failureOf(error, database.isTransaction);
    return new SqliteFailure(message, code, inTransaction);
  };
  if (fatal !== null) throw fatal;
  try {
    return writeUnits({ database, trail, run: (statement) => run(database, statement), failureOf: failed }, units);
  } catch (error) {
    if (isFatalForSqlite(failed(error))) fatal = error;
    throw error;
  }
}

function work(database: InstanceType<typeof DatabaseSync>, task: Task): Answer {
  if ('sql' in task) {
    if (task.isWithin) assertTransaction(database);
    return run(database, task);
  }
  if ('units' in task) return { rows: noRows, changes: 0, outcomes: write(database, task.units) };
  assertTransaction(database);
  if (trail === null) throw new TypeError('the key of the trail is not known');
  const end = trail.open();
  end.append(task.events);
  end.close();
  return { rows: noRows, changes: 0 };
}

function replyTo(database: InstanceType<typeof DatabaseSync>, task: Task): TaskReply {
  try {
    return { id: task.id, ...work(database, task) };
  } catch (error) {
    return { id: task.id, rows: noRows, changes: 0, failure: failureOf(error, database.isTransaction) };
  }
}

function answer(database: InstanceType<typeof DatabaseSync>, request: ThreadRequest): void {
  if ('tasks' in request) {
    texts.push(...request.texts);
    reply({ replies: request.tasks.map((task) => replyTo(database, task)) });
    return;
  }
  if ('trailKey' in request) {
    trail = new SqliteTrail(database, request.trailKey);
    return;
  }
  prepared.clear();
  trail = null;
  database.close();
  reply({ closed: true });
  port?.close();
}

/** Runs `work`, unless the process is ending; then nothing more is begun. */
function unlessHalted(work: () => void): void {
  Atomics.store(options.halt, halt.isBusy, 1);
  if (Atomics.load(options.halt, halt.isAsked) === 0) work();
  Atomics.store(options.halt, halt.isBusy, 0);
  Atomics.notify(options.halt, halt.isBusy);
}

unlessHalted(() => {
  try {
    const database = open();
    port.on('message', (request: ThreadRequest) => unlessHalted(() => answer(database, request)));
    reply({ opened: true });
  } catch (error) {
    reply({ refused: failureOf(error, false) });
    port.close();
  }
});
