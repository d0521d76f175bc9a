/**
 * A session with a PostgreSQL database in which scoped queries are run. A select outside a transaction is one packet
 * and one answer. Behind a pooler that gives every transaction another server session nothing is kept between
 * statements: each packet then is a transaction of its own, with its settings inside.
 *
 * @module
 */
import type { ScopedCount, ScopedDelete, ScopedInsert, ScopedSelect, ScopedUpdate } from '../../access/index.js';
import type { Column, JsonBatch, JsonForm } from '../../query/index.js';
import {
  type DataRow,
  type DataSession,
  type JsonReading,
  type RunLimits,
  sourcesErrors,
  type WriteOutcome,
} from '../../sources/index.js';
import { compileCount, compileSelect } from '../compile-query.js';
import { compileDelete, compileInsert, compileUpdate, returnsRows } from '../compile-write.js';
import { createDecoder } from '../decode-rows.js';
import type { Compiled, Flavour } from '../sql-flavour.js';
import { decoders } from './data-decode.js';
import { describeQuery } from './data-describe.js';
import { endsSession, isStalePlan, readStatementFault } from './data-errors.js';
import { Exchange, type Statement } from './data-exchange.js';
import type { PostgresValue } from './data-flavour.js';
import { KeptStatements, localTimeoutSql, once, soberSettings, timeoutSql, timeoutText } from './data-statements.js';
import { JsonRowBuffer } from './json-rows.js';
import type { OpenSession } from './open-session.js';
import type { Row } from './question.js';

export interface PostgresDataOptions {
  readonly flavour: Flavour<PostgresValue>;
  /** Somebody in between may give every transaction another session of the server. */
  readonly isPooled: boolean;
  readonly mayWrite: boolean;
  /** What the session was opened with. */
  readonly statementMs: number;
}

/** The server is to end a statement by itself; so much later it is told to. */
const graceMs = 250;
/** What cancelling may take until the session is given up. */
const cancelMs = 1_000;
/** An answer nobody wants may come to its end by itself. */
const restMs = 25;
const rollbackMs = 2_000;

/** READ COMMITTED: a write sees rows as they are when it gets to them, so that what it was asked to compare is compared. */
const beginWriting = 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE';
const beginReading = 'BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY';

const noColumns: ReadonlySet<string> = new Set();

export class PostgresDataSession implements DataSession {
  readonly #open: OpenSession;
  readonly #options: PostgresDataOptions;
  readonly #kept = new KeptStatements();
  #transaction: 'none' | 'open' | 'doomed' = 'none';
  /** `null`: nobody knows what the server has. */
  #timeout: string | null;
  #isBroken = false;
  /** What begins the transaction: it travels with the first statement. */
  #unsent: readonly Statement[] = [];

  /** @param open  Made sober, unless it is pooled. */
  constructor(open: OpenSession, options: PostgresDataOptions) {
    this.#open = open;
    this.#options = options;
    this.#timeout = options.isPooled ? null : timeoutText(options.statementMs);
  }

  async *select(query: ScopedSelect, limits: RunLimits): AsyncGenerator<readonly DataRow[], void> {
    const decode = createDecoder(decoders, query.output);
    const running = this.#run(compileSelect(this.#options.flavour, query), limits, noColumns);
    try {
      for (let rows = await running.take(); rows !== null; rows = await running.take()) yield decode(rows);
    } finally {
      await running.end();
    }
  }

  selectJson(query: ScopedSelect, form: JsonForm, limits: RunLimits): JsonReading {
    const json = new JsonRowBuffer(query.output, form);
    const running = this.#run(compileSelect(this.#options.flavour, query), limits, noColumns, json);
    return {
      next: () => running.takeJson(json),
      async end() {
        await running.end();
        json.release();
      },
    };
  }

  async count(query: ScopedCount, limits: RunLimits): Promise<number> {
    const { rows } = await this.#collect(compileCount(this.#options.flavour, query), limits, noColumns);
    return Number(rows[0]?.[0] ?? 0);
  }

  async insert(query: ScopedInsert, limits: RunLimits): Promise<WriteOutcome> {
    const columns = new Set(query.columns.map(({ name }) => name));
    const decode = createDecoder(decoders, query.output);
    const rows: DataRow[] = [];
    let affected = 0;
    for (const statement of compileInsert(this.#options.flavour, query)) {
      const answer = await this.#write(statement, { ...limits, maxRows: limits.maxRows - rows.length }, columns);
      affected += answer.affected;
      if (query.check !== null) this.#mustSatisfyCheck(query, answer.rows, statement.rowCount);
      if (returnsRows(query)) rows.push(...decode(answer.rows.map((row) => row.slice(0, query.output.length))));
    }
    return { affected, rows };
  }

  async update(query: ScopedUpdate, limits: RunLimits): Promise<WriteOutcome> {
    const columns = new Set(query.set.map(({ column }) => column.name));
    const answer = await this.#write(compileUpdate(this.#options.flavour, query), limits, columns);
    return { affected: answer.affected, rows: createDecoder(decoders, query.output)(answer.rows) };
  }

  async remove(query: ScopedDelete, limits: RunLimits): Promise<WriteOutcome> {
    const answer = await this.#write(compileDelete(this.#options.flavour, query), limits, noColumns);
    return { affected: answer.affected, rows: createDecoder(decoders, query.output)(answer.rows) };
  }

  async begin(limits: RunLimits): Promise<void> {
    if (this.#transaction !== 'none') throw new TypeError('one transaction at a time');
    const first = once(this.#options.mayWrite ? beginWriting : beginReading);
    const settings = this.#options.isPooled ? [soberSettings(limits.statementMs, true)] : [];
    // Whatever becomes of it, a rollback is due.
    this.#transaction = 'open';
    this.#unsent = [first, ...settings];
    if (this.#options.isPooled) this.#timeout = timeoutText(limits.statementMs);
  }

  async commit(limits: RunLimits): Promise<void> {
    if (this.#transaction === 'doomed') throw sourcesErrors.query_refused();
    if (limits.signal.aborted) throw sourcesErrors.cancelled();
    if (this.#endUnsent()) return;
    // Once it is on its way there is no use in cancelling: nobody would know what became of it.
    const tags = await this.#ask([once('COMMIT')], { ...limits, signal: neverAborted });
    this.#transaction = 'none';
    if (this.#options.isPooled) this.#timeout = null;
    // A transaction that has failed answers a COMMIT with another word.
    if (tags[0] !== 'COMMIT') throw sourcesErrors.query_refused();
  }

  async rollback(): Promise<void> {
    if (this.#transaction === 'none' || this.#isBroken || this.#endUnsent()) return;
    // What was set in it is set no more.
    this.#timeout = null;
    const limits = { statementMs: rollbackMs, maxRows: 1, maxBytes: 1_024, signal: neverAborted };
    try {
      await this.#ask([once('ROLLBACK')], limits);
      this.#transaction = 'none';
    } catch (fault) {
      this.#break();
      throw fault;
    }
  }

  async describe(text: string, limits: RunLimits): Promise<readonly Column[]> {
    const controller = new AbortController();
    const isOwnTransaction = this.#options.isPooled && this.#transaction === 'none';
    if (isOwnTransaction) await this.begin(limits);
    if (this.#unsent.length > 0) await this.#ask(this.#takeUnsent(), limits);
    const late = setTimeout(() => controller.abort(), limits.statementMs);
    try {
      const asked = describeQuery(this.#open.session, text);
      asked.catch(ignore);
      return await Promise.race([asked, aborted([controller.signal, limits.signal])]);
    } catch (fault) {
      if (fault instanceof Gone || endsSession(fault)) this.#break();
      if (!(fault instanceof Gone)) throw readStatementFault(fault, noColumns);
      throw limits.signal.aborted ? sourcesErrors.cancelled() : sourcesErrors.query_timeout();
    } finally {
      clearTimeout(late);
      if (isOwnTransaction) await this.rollback().catch(ignore);
    }
  }

  async ping(timeoutMs: number): Promise<void> {
    const limits = { statementMs: timeoutMs, maxRows: 1, maxBytes: 1_024, signal: neverAborted };
    const exchange = this.#converse([once('SELECT 1')], 0, limits);
    const isReady = await within(exchange.ended, timeoutMs);
    if (isReady === true) return;
    this.#break();
    throw sourcesErrors.connection_lost();
  }

  isUsable(): boolean {
    return !this.#isBroken && this.#transaction === 'none';
  }

  close(): void {
    this.#isBroken = true;
    this.#open.session.close();
  }

  #takeUnsent(): readonly Statement[] {
    const unsent = this.#unsent;
    this.#unsent = [];
    return unsent;
  }

  /** @returns whether the server has not been told of the transaction that ends: then it need not be told at all. */
  #endUnsent(): boolean {
    if (this.#takeUnsent().length === 0) return false;
    this.#transaction = 'none';
    if (this.#options.isPooled) this.#timeout = null;
    return true;
  }

  async #write(
    statement: Compiled<PostgresValue>,
    limits: RunLimits,
    columns: ReadonlySet<string>,
  ): Promise<{ readonly affected: number; readonly rows: readonly Row[] }> {
    if (this.#transaction === 'none') throw new TypeError('writes are made in a transaction');
    const { rows, tag } = await this.#collect(statement, limits, columns);
    return { affected: Number(/\d+$/.exec(tag)?.[0] ?? 0), rows };
  }

  #mustSatisfyCheck({ output }: ScopedInsert, rows: readonly Row[], rowCount: number): void {
    // A row that a trigger swallowed is not there and violates nothing.
    const isGood = rows.length <= rowCount && rows.every((row) => row[output.length] === '1');
    if (isGood) return;
    this.#transaction = 'doomed';
    throw sourcesErrors.row_out_of_reach();
  }

  async #collect(
    statement: Compiled<PostgresValue>,
    limits: RunLimits,
    columns: ReadonlySet<string>,
  ): Promise<{ readonly rows: readonly Row[]; readonly tag: string }> {
    const running = this.#run(statement, limits, columns);
    const all: Row[] = [];
    try {
      for (let rows = await running.take(); rows !== null; rows = await running.take()) {
        for (const row of rows) all.push(row);
      }
    } finally {
      await running.end();
    }
    return { rows: all, tag: running.tag() };
  }

  /** A statement with what has to come before and after it, and its watch. */
  #run(
    compiled: Compiled<PostgresValue>,
    limits: RunLimits,
    columns: ReadonlySet<string>,
    json: JsonRowBuffer | null = null,
  ): Running {
    const { isPooled } = this.#options;
    const isAlone = isPooled && this.#transaction === 'none';
    const before: Statement[] = [...this.#takeUnsent()];
    const timeout = timeoutText(limits.statementMs);
    if (isAlone) before.push(once(beginReading), soberSettings(limits.statementMs, true));
    else if (this.#timeout !== timeout) {
      const set = { sql: isPooled ? localTimeoutSql : timeoutSql, values: [timeout] };
      before.push(isPooled ? once(set.sql, set.values) : this.#kept.take(set));
      this.#timeout = timeout;
    }
    const main = isPooled ? once(compiled.sql, compiled.values) : this.#kept.take(compiled);
    const statements = [...before, main, ...(isAlone ? [once('COMMIT')] : [])];
    const exchange = this.#converse(statements, before.length, limits, json);
    const watch = this.#watch(exchange, limits);
    const translate = async (fault: unknown) => {
      // Which of them failed, and so what the server has and has set, is not known.
      this.#timeout = null;
      for (const { sql } of statements) this.#kept.forget(sql);
      if (this.#transaction === 'open') this.#transaction = 'doomed';
      if (endsSession(fault)) this.#break();
      if (limits.signal.aborted) return sourcesErrors.cancelled({ cause: fault });
      if (isStalePlan(fault) && main.isKept) return sourcesErrors.relation_changed({ cause: fault });
      return readStatementFault(fault, columns);
    };
    return {
      async take() {
        try {
          return await exchange.take();
        } catch (fault) {
          throw await translate(fault);
        }
      },
      async takeJson(into) {
        try {
          return await exchange.takeJson(into);
        } catch (fault) {
          throw await translate(fault);
        }
      },
      tag: () => exchange.tags[before.length] ?? '',
      end: async () => {
        await watch.end();
        // Behind a pooler a transaction that failed, or was left, is still there.
        if (isAlone && !exchange.isOver && !this.#isBroken) {
          this.#transaction = 'doomed';
          await this.rollback().catch(ignore);
        }
      },
    };
  }

  /** Statements whose rows nobody wants. @returns what the server says it did, of each. */
  async #ask(statements: readonly Statement[], limits: RunLimits): Promise<readonly string[]> {
    const exchange = this.#converse(statements, -1, limits);
    const watch = this.#watch(exchange, limits);
    try {
      while ((await exchange.take()) !== null);
      return exchange.tags;
    } catch (fault) {
      if (endsSession(fault)) this.#break();
      throw limits.signal.aborted ? sourcesErrors.cancelled({ cause: fault }) : readStatementFault(fault, noColumns);
    } finally {
      await watch.end();
    }
  }

  #converse(
    statements: readonly Statement[],
    wanted: number,
    { maxRows, maxBytes }: Pick<RunLimits, 'maxRows' | 'maxBytes'>,
    json: JsonRowBuffer | null = null,
  ): Exchange {
    const forget = this.#kept.takeForgotten();
    const exchange = new Exchange({ statements, wanted, forget, maxRows, maxBytes }, json);
    if (this.#isBroken) exchange.handleError(sourcesErrors.connection_lost());
    else this.#open.session.converse(exchange);
    return exchange;
  }

  /** Cancels on the server when the caller went away or time is up, whether or not anybody reads at that moment. */
  #watch(exchange: Exchange, { statementMs, signal }: RunLimits): { end(): Promise<void> } {
    let cancelling: Promise<void> | null = null;
    const stop = (fault: unknown) => {
      exchange.fail(fault);
      cancelling ??= this.#cancel(exchange);
    };
    const onAbort = () => stop(sourcesErrors.cancelled());
    const timer = setTimeout(() => stop(sourcesErrors.query_timeout()), statementMs + graceMs);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    return {
      end: async () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        if (cancelling === null && !exchange.isOver) {
          exchange.leave();
          if ((await within(exchange.ended, restMs)) === null) cancelling = this.#cancel(exchange);
        }
        await cancelling;
      },
    };
  }

  async #cancel(exchange: Exchange): Promise<void> {
    const isOver = await within(exchange.ended, 0);
    if (isOver !== null) return;
    const asked = this.#open.cancel(cancelMs);
    const ended = await within(exchange.ended, cancelMs);
    await asked;
    // Behind a pooler nobody knows whom a late cancel would hit.
    if (ended === null || this.#options.isPooled) return this.#break();
    // It may have come too late for its statement; what it hits now is this.
    const barrier = this.#converse([once('SELECT 1')], -1, { maxRows: 1, maxBytes: 1_024 });
    if ((await within(barrier.ended, cancelMs)) === null) this.#break();
  }

  #break(): void {
    if (!this.#isBroken) this.close();
  }
}

interface Running {
  take(): Promise<readonly Row[] | null>;
  takeJson(json: JsonRowBuffer): Promise<JsonBatch>;
  tag(): string;
  /** Must be called, whatever happened; afterwards the session is ready for the next one, or broken. */
  end(): Promise<void>;
}

const neverAborted = new AbortController().signal;

class Gone extends Error {}

function aborted(signals: readonly AbortSignal[]): Promise<never> {
  const signal = AbortSignal.any([...signals]);
  return new Promise((_, reject) => {
    if (signal.aborted) reject(new Gone());
    else signal.addEventListener('abort', () => reject(new Gone()), { once: true });
  });
}

/** @returns `null` when it takes longer. */
async function within<T>(work: Promise<T>, limitMs: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function ignore(): void {}
