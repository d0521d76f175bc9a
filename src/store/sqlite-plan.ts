/**
 * Transactions that do not hold the writer while they think. What one looks up is answered from what is committed and
 * remembered; what it writes is gathered. When it is done the whole goes to the writer as one unit, which is written
 * if the look-ups still answer the same: so it is as if all of it had happened then. Whoever needs the answer of a
 * write takes a turn on the writer in the middle, where everything so far is looked up and written anew.
 *
 * @module
 */
import type { Eventual } from '../kernel/eventual.js';
import type { AuditEventValues } from './audit-codecs.js';
import { SqliteDatabase, type SqliteRunner, type SqliteStatement, translated } from './sqlite-driver.js';
import type { AnsweredRead, SqliteRow, Statement, WriteUnit } from './sqlite-protocol.js';
import type { StatementResult } from './sqlite-thread.js';
import type { WriterTurn } from './sqlite-turn.js';
import { isSameAnswer } from './sqlite-units.js';
import type { SqliteWriter } from './sqlite-writer.js';

export type Read = (statement: Statement) => Promise<StatementResult>;
type Work<T> = (tx: SqliteDatabase) => Promise<T>;

/** Runs `work` on a turn of the writer. */
export async function inTurn<T>(writer: SqliteWriter, work: Work<T>, timeoutMs?: number): Promise<T> {
  const turn = await translated(writer.acquire(timeoutMs));
  let result: T;
  try {
    result = await work(new SqliteDatabase(runnerOf(turn)));
  } catch (error) {
    await turn.rollback();
    throw error;
  }
  await translated(turn.commit());
  return result;
}

/** Runs `work` planned, and again on a turn when that does not hold. */
export async function planned<T>(writer: SqliteWriter, read: Read, work: Work<T>): Promise<T> {
  const plan = new Plan(writer, read);
  let result: T;
  try {
    result = await work(new SqliteDatabase(plan));
  } catch (error) {
    await plan.undo();
    // What it was refused by may have been half of a change.
    if (plan.isDoubtful) return inTurn(writer, work);
    throw error;
  }
  return (await plan.commit()) ? result : inTurn(writer, work);
}

class Plan implements SqliteRunner {
  readonly #writer: SqliteWriter;
  readonly #read: Read;
  readonly #reads: Promise<AnsweredRead>[] = [];
  /** Look-ups that were not asked, with what was taken for their answers. */
  readonly #guesses: AnsweredRead[] = [];
  readonly #writes: Statement[] = [];
  #events: readonly AuditEventValues[] = [];
  #turn: Promise<WriterTurn> | null = null;
  #held: WriterTurn | null = null;
  #isChanged = false;
  #isRefused = false;
  #isOver = false;

  constructor(writer: SqliteWriter, read: Read) {
    this.#writer = writer;
    this.#read = read;
  }

  /** Whether what `work` saw may not be what is there. */
  get isDoubtful(): boolean {
    const isOfBefore = this.#turn === null && this.#reads.length + this.#guesses.length > 0;
    return this.#isChanged || (isOfBefore && !this.#isRefused);
  }

  async run(statement: SqliteStatement, isBeside: boolean): Promise<StatementResult> {
    this.#assertOpen();
    // What was gathered is not there to be read before it is written.
    const isAnswered = statement.isSelect && (isBeside || this.#writes.length === 0);
    if (this.#turn === null && isAnswered) return this.#lookUp(statement);
    return (await this.#takeTurn()).run(statement.sql, statement.parameters);
  }

  expect(statement: SqliteStatement, usual: readonly SqliteRow[]): Eventual<readonly SqliteRow[]> {
    this.#assertOpen();
    if (this.#turn !== null || this.#writes.length > 0) return this.run(statement, false).then(({ rows }) => rows);
    this.#guesses.push({ sql: statement.sql, parameters: statement.parameters, rows: usual });
    return usual;
  }

  runLater({ sql, parameters }: SqliteStatement): Eventual<void> {
    this.#assertOpen();
    if (this.#turn !== null) return this.#turn.then((turn) => turn.run(sql, parameters)).then(() => {});
    this.#writes.push({ sql, parameters });
  }

  append(events: readonly AuditEventValues[]): Eventual<void> {
    this.#assertOpen();
    if (this.#turn !== null) return this.#turn.then((turn) => turn.append(events));
    this.#events = [...this.#events, ...events];
  }

  /** @returns false: it does not hold any more, and nothing of it is written. */
  async commit(): Promise<boolean> {
    this.#isOver = true;
    if (this.#turn !== null) return this.#commitTurn(this.#turn);
    const unit: WriteUnit = { reads: await this.#answered(), writes: this.#writes, events: this.#events };
    // One look-up alone is of one moment.
    const isOfOneMoment = unit.reads.length <= 1 && this.#guesses.length === 0;
    if (unit.writes.length + unit.events.length === 0 && isOfOneMoment) return true;
    return (await translated(this.#writer.write(unit))) === 'written';
  }

  #answered(): Eventual<readonly AnsweredRead[]> {
    if (this.#reads.length === 0) return this.#guesses;
    return Promise.all(this.#reads).then((reads) => [...this.#guesses, ...reads]);
  }

  async #commitTurn(taken: Promise<WriterTurn>): Promise<boolean> {
    try {
      await translated((await taken).commit());
      return true;
    } catch (error) {
      await this.undo();
      if (this.#isChanged) return false;
      throw error;
    }
  }

  async undo(): Promise<void> {
    this.#isOver = true;
    await this.#held?.rollback();
  }

  async #lookUp({ sql, parameters }: SqliteStatement): Promise<StatementResult> {
    const answer = this.#read({ sql, parameters });
    const read = answer.then(({ rows }) => ({ sql, parameters, rows }));
    read.catch(() => {
      this.#isRefused = true;
    });
    this.#reads.push(read);
    return answer;
  }

  #takeTurn(): Promise<WriterTurn> {
    this.#turn ??= this.#beginTurn();
    return this.#turn;
  }

  async #beginTurn(): Promise<WriterTurn> {
    const turn = await this.#writer.acquire();
    this.#held = turn;
    if (this.#isOver) {
      await turn.rollback();
      throw new TypeError('the transaction is over');
    }
    for (const before of await this.#answered()) {
      const { rows } = await turn.run(before.sql, before.parameters);
      if (isSameAnswer(before.rows, rows)) continue;
      this.#isChanged = true;
      throw new TypeError('what was looked up has changed');
    }
    for (const { sql, parameters } of this.#writes.splice(0)) await turn.run(sql, parameters);
    await turn.append(this.#events);
    return turn;
  }

  #assertOpen(): void {
    if (this.#isOver) throw new TypeError('the transaction is over');
  }
}

function runnerOf(turn: WriterTurn): SqliteRunner {
  return {
    run: ({ sql, parameters }) => turn.run(sql, parameters),
    expect: async ({ sql, parameters }) => (await turn.run(sql, parameters)).rows,
    runLater: async ({ sql, parameters }) => void (await turn.run(sql, parameters)),
    append: (events) => turn.append(events),
  };
}
