/**
 * A session with a MySQL or MariaDB database in which scoped queries are run. What these servers do not give back by
 * themselves is read by key, in the same transaction and from rows that are locked.
 *
 * @module
 */
import type { ScopedCount, ScopedDelete, ScopedInsert, ScopedSelect, ScopedUpdate } from '../../access/index.js';
import type { Bound, Column, Expression, Predicate } from '../../query/index.js';
import {
  type DataRow,
  type DataSession,
  type RunLimits,
  sourcesErrors,
  type WriteOutcome,
} from '../../sources/index.js';
import { compileCount, compileRows, compileSelect, withoutSemicolon } from '../compile-query.js';
import { compileDelete, compileInsert, compileUpdate, returnsRows } from '../compile-write.js';
import { createDecoder } from '../decode-rows.js';
import type { Flavour } from '../sql-flavour.js';
import type { Row, Session } from './connect.js';
import { decoders } from './data-decode.js';
import { columnOfAnswer } from './data-describe.js';
import { endsSession, isMixOfCollations, readStatementFault } from './data-errors.js';
import type { Exchange } from './data-exchange.js';
import { textLiteral } from './data-literals.js';
import { quoteName } from './quote.js';

export interface MysqlDataOptions {
  readonly flavour: Flavour<never>;
  /** For statements whose texts the server does not compare with its columns. */
  readonly convertingFlavour: Flavour<never>;
  readonly isMariadb: boolean;
  readonly mayWrite: boolean;
  /** `KILL QUERY` for this session's thread, from another login. Never throws. */
  kill(limitMs: number): Promise<void>;
}

/** The server is to end a statement by itself, where it can; so much later it is told to. */
const graceMs = 250;
/** What killing may take until the session is given up. */
const killMs = 1_000;
/** An answer nobody wants may come to its end by itself. */
const restMs = 25;
const rollbackMs = 2_000;
/** Rows one statement names by their keys. */
const keysPerStatement = 500;

type Make = (flavour: Flavour<never>) => string;

interface Answer {
  readonly rows: readonly Row[];
  readonly affected: number;
  readonly insertId: string | null;
}

export class MysqlDataSession implements DataSession {
  readonly #session: Session;
  readonly #options: MysqlDataOptions;
  #transaction: 'none' | 'open' | 'doomed' = 'none';
  #isBroken = false;
  /** MySQL's limit of the time of a SELECT, as the server has it; `null`: nobody knows. */
  #selectMs: number | null = null;
  /** Tables whose engine was found to have transactions. */
  readonly #transactional = new Set<string>();

  /** @param session  Made sober. */
  constructor(session: Session, options: MysqlDataOptions) {
    this.#session = session;
    this.#options = options;
  }

  async *select(query: ScopedSelect, limits: RunLimits): AsyncGenerator<readonly DataRow[], void> {
    const decode = createDecoder(decoders, query.output);
    await this.#limitSelects(limits);
    const { running, first } = await this.#made(
      (flavour) => compileSelect(flavour, query).sql,
      async (sql) => {
        const begun = this.#run(this.#inTime(sql, limits), limits);
        try {
          return { running: begun, first: await begun.take() };
        } catch (fault) {
          await begun.end();
          throw fault;
        }
      },
    );
    try {
      for (let rows = first; rows !== null; rows = await running.take()) yield decode(rows);
    } finally {
      await running.end();
    }
  }

  async count(query: ScopedCount, limits: RunLimits): Promise<number> {
    const { rows } = await this.#read((flavour) => compileCount(flavour, query).sql, limits);
    return Number(rows[0]?.[0] ?? 0);
  }

  async insert(query: ScopedInsert, limits: RunLimits): Promise<WriteOutcome> {
    await this.#mustBeTransactional(query, limits);
    const { flavour } = this.#options;
    if (
      !flavour.write.hasReturning.insert &&
      query.key.length > 0 &&
      (query.check !== null || query.output.length > 0)
    ) {
      return this.#insertOneByOne(query, limits);
    }
    const decode = createDecoder(decoders, query.output);
    const rows: DataRow[] = [];
    let affected = 0;
    for (const [index, statement] of compileInsert(flavour, query).entries()) {
      const answer = await this.#write(
        (chosen) => (chosen === flavour ? statement : compileInsert(chosen, query)[index])?.sql ?? '',
        { ...limits, maxRows: limits.maxRows - rows.length },
      );
      affected += query.key.length === 0 ? answer.affected : Math.max(answer.rows.length, answer.affected);
      if (query.check !== null) this.#mustSatisfyCheck(query, answer.rows, statement.rowCount);
      if (returnsRows(query)) rows.push(...decode(answer.rows.map((row) => row.slice(0, query.output.length))));
    }
    return { affected, rows };
  }

  async update(query: ScopedUpdate, limits: RunLimits): Promise<WriteOutcome> {
    await this.#mustBeTransactional(query, limits);
    if (!returnsRows(query)) {
      const { affected } = await this.#write((flavour) => compileUpdate(flavour, query).sql, limits);
      return { affected, rows: [] };
    }
    const keys = await this.#lock(query, limits, []);
    const rows: DataRow[] = [];
    for (const chunk of chunks(keys)) {
      await this.#write((flavour) => compileUpdate(flavour, query, amongKeys(query.key, chunk)).sql, limits);
      // A key that was written is looked for as it is now.
      const now = chunk.map((key) => query.key.map((column, index) => valueIn(query, column) ?? key[index] ?? absent));
      rows.push(...(await this.#readByKey(query, now, limits)));
    }
    return { affected: keys.length, rows };
  }

  async remove(query: ScopedDelete, limits: RunLimits): Promise<WriteOutcome> {
    await this.#mustBeTransactional(query, limits);
    const { flavour } = this.#options;
    const decode = createDecoder(decoders, query.output);
    if (flavour.write.hasReturning.remove || !returnsRows(query)) {
      const answer = await this.#write((chosen) => compileDelete(chosen, query).sql, limits);
      return { affected: Math.max(answer.rows.length, answer.affected), rows: decode(answer.rows) };
    }
    const found: Row[] = [];
    const keys = await this.#lock(query, limits, found);
    for (const chunk of chunks(keys)) {
      await this.#write((chosen) => compileDelete(chosen, query, amongKeys(query.key, chunk)).sql, limits);
    }
    return { affected: keys.length, rows: decode(found) };
  }

  async begin(limits: RunLimits): Promise<void> {
    if (this.#transaction !== 'none') throw new TypeError('one transaction at a time');
    // Whatever becomes of it, a rollback is due.
    this.#transaction = 'open';
    await this.#collect(`START TRANSACTION ${this.#options.mayWrite ? 'READ WRITE' : 'READ ONLY'}`, limits);
  }

  async commit(limits: RunLimits): Promise<void> {
    // The server has rolled back by itself after some faults, and would commit nothing with a good conscience.
    if (this.#transaction === 'doomed') throw sourcesErrors.query_refused();
    if (limits.signal.aborted) throw sourcesErrors.cancelled();
    // Once it is on its way there is no use in killing it: nobody would know what became of it.
    await this.#collect('COMMIT', { ...limits, signal: neverAborted });
    this.#transaction = 'none';
  }

  async rollback(): Promise<void> {
    if (this.#transaction === 'none' || this.#isBroken) return;
    try {
      await this.#collect('ROLLBACK', { statementMs: rollbackMs, maxRows: 1, maxBytes: 1_024, signal: neverAborted });
      this.#transaction = 'none';
    } catch (fault) {
      this.#break();
      throw fault;
    }
  }

  async describe(text: string, limits: RunLimits): Promise<readonly Column[]> {
    const alone = withoutSemicolon(text);
    // What can be prepared alone is one statement; what can be selected from selects.
    const { places } = await this.#prepare(alone, limits);
    const { columns } = await this.#prepare(`SELECT * FROM (\n${alone}\n) AS q`, limits);
    if (places > 0) throw sourcesErrors.query_refused();
    const names = new Set(columns.map(({ name }) => name));
    if (columns.length === 0 || names.size !== columns.length || names.has('')) throw sourcesErrors.query_refused();
    return columns.map(columnOfAnswer);
  }

  async ping(timeoutMs: number): Promise<void> {
    const exchange = this.#start('DO 0', { maxRows: 1, maxBytes: 1_024 });
    if ((await within(exchange.ended, timeoutMs)) === true) return;
    this.#break();
    throw sourcesErrors.connection_lost();
  }

  isUsable(): boolean {
    return !this.#isBroken && this.#transaction === 'none';
  }

  close(): void {
    this.#isBroken = true;
    this.#session.close();
  }

  /** Where a row is not given back it is found by its key: one that was given, or the number the server made. */
  async #insertOneByOne(query: ScopedInsert, limits: RunLimits): Promise<WriteOutcome> {
    const { flavour } = this.#options;
    const keys: (readonly Bound[])[] = [];
    let affected = 0;
    for (const row of query.rows) {
      const [statement] = compileInsert(flavour, { ...query, rows: [row], check: null, output: [] });
      const answer = await this.#write(() => statement?.sql ?? '', limits);
      affected += answer.affected;
      const key = query.key.map((column): Bound => {
        const given = row[query.columns.findIndex(({ name }) => name === column.name)];
        if (given !== undefined && given.text !== null) return given;
        return { type: column.type, nativeType: column.nativeType, text: answer.insertId };
      });
      if (key.some(({ text }) => text === null)) this.#refuse(sourcesErrors.query_refused());
      keys.push(key);
    }
    const [first] = query.key;
    const shown: readonly Expression[] = query.output.map(({ expression }) => expression);
    const wanted: readonly Expression[] =
      shown.length > 0 || first === undefined ? shown : [{ kind: 'column', column: first }];
    const rows: Row[] = [];
    for (const chunk of chunks(keys)) {
      const found = amongKeys(query.key, chunk);
      const where: Predicate = query.check === null ? found : { kind: 'and', of: [found, query.check] };
      const within = { ...limits, maxRows: limits.maxRows - rows.length };
      const read = await this.#read((chosen) => compileRows(chosen, query.origin, wanted, where).sql, within);
      rows.push(...read.rows);
    }
    if (query.check !== null && rows.length !== keys.length) this.#refuse(sourcesErrors.row_out_of_reach());
    return { affected, rows: shown.length === 0 ? [] : createDecoder(decoders, query.output)(rows) };
  }

  /** Keys of the rows that are to be written, locked until the transaction ends. @param found  Gets their output. */
  async #lock(
    { origin, key, output, where }: ScopedUpdate | ScopedDelete,
    limits: RunLimits,
    found: Row[],
  ): Promise<readonly (readonly Bound[])[]> {
    const shown = output.map(({ expression }) => expression);
    const columns = key.map((column): Expression => ({ kind: 'column', column }));
    const { rows } = await this.#read(
      (flavour) => compileRows(flavour, origin, [...columns, ...shown], where, ' FOR UPDATE').sql,
      limits,
    );
    const decode = createDecoder(decoders, key);
    for (const row of rows) found.push(row.slice(key.length));
    return decode(rows).map((row) =>
      key.map(({ type, nativeType }, index) => ({ type, nativeType, text: row[index] ?? null })),
    );
  }

  async #readByKey(
    { origin, key, output }: ScopedUpdate,
    keys: readonly (readonly Bound[])[],
    limits: RunLimits,
  ): Promise<readonly DataRow[]> {
    const shown = output.map(({ expression }) => expression);
    const { rows } = await this.#read(
      (flavour) => compileRows(flavour, origin, shown, amongKeys(key, keys)).sql,
      limits,
    );
    return createDecoder(decoders, output)(rows);
  }

  /** All or nothing needs an engine that can. A view's is not known, and neither is a table's that may not be seen. */
  async #mustBeTransactional({ origin }: ScopedInsert | ScopedUpdate | ScopedDelete, limits: RunLimits): Promise<void> {
    if (this.#transaction === 'none') throw new TypeError('writes are made in a transaction');
    if (this.#transaction === 'doomed') throw sourcesErrors.query_refused();
    if (origin.kind !== 'table') throw new TypeError('only tables are written');
    const name = `${quoteName(origin.schema)}.${quoteName(origin.name)}`;
    if (this.#transactional.has(name)) return;
    const { rows } = await this.#read(
      () => `SELECT e.TRANSACTIONS FROM information_schema.TABLES t JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
       WHERE t.TABLE_SCHEMA = ${textLiteral(origin.schema)} AND t.TABLE_NAME = ${textLiteral(origin.name)}`,
      limits,
    );
    if (rows.some(([answer]) => answer !== 'YES')) this.#refuse(sourcesErrors.query_refused());
    if (this.#transactional.size < 1_000) this.#transactional.add(name);
  }

  #mustSatisfyCheck({ output }: ScopedInsert, rows: readonly Row[], rowCount: number): void {
    if (rows.length <= rowCount && rows.every((row) => row[output.length] === '1')) return;
    this.#refuse(sourcesErrors.row_out_of_reach());
  }

  /** What was written so far must not stay. */
  #refuse(refusal: Error): never {
    if (this.#transaction === 'open') this.#transaction = 'doomed';
    throw refusal;
  }

  #write(make: Make, limits: RunLimits): Promise<Answer> {
    if (this.#transaction !== 'open') throw new TypeError('writes are made in a transaction');
    return this.#made(make, (sql) => this.#collect(this.#inTime(sql, limits), limits));
  }

  async #read(make: Make, limits: RunLimits): Promise<Answer> {
    await this.#limitSelects(limits);
    return this.#made(make, (sql) => this.#collect(this.#inTime(sql, limits), limits));
  }

  /** Once more, converting, what the server would not compare: it refuses such a statement before it does anything. */
  async #made<T>(make: Make, run: (sql: string) => Promise<T>): Promise<T> {
    const before = this.#transaction;
    try {
      return await run(make(this.#options.flavour));
    } catch (fault) {
      if (!isMixOfCollations(fault)) throw fault;
      this.#transaction = before;
      return run(make(this.#options.convertingFlavour));
    }
  }

  /** MariaDB takes the limit with the statement. */
  #inTime(sql: string, { statementMs }: RunLimits): string {
    return this.#options.isMariadb
      ? `SET STATEMENT max_statement_time = ${Math.max(1, Math.ceil(statementMs)) / 1_000} FOR ${sql}`
      : sql;
  }

  /** MySQL has it in the session, and only for what selects; the rest is ended by us. */
  async #limitSelects(limits: RunLimits): Promise<void> {
    const ms = Math.max(1, Math.ceil(limits.statementMs));
    if (this.#options.isMariadb || this.#selectMs === ms) return;
    await this.#collect(`SET SESSION max_execution_time = ${ms}`, limits);
    this.#selectMs = ms;
  }

  /** Parsing takes no time to speak of; a server that takes some has its session closed. */
  async #prepare(sql: string, { statementMs, signal }: RunLimits) {
    if (this.#isBroken) throw sourcesErrors.connection_lost();
    if (signal.aborted) throw sourcesErrors.cancelled();
    try {
      const prepared = await within(this.#session.prepare(sql), statementMs);
      if (prepared !== null) return prepared;
      this.#break();
    } catch (fault) {
      if (endsSession(fault)) this.#break();
      throw readStatementFault(fault);
    }
    throw sourcesErrors.query_timeout();
  }

  async #collect(sql: string, limits: RunLimits): Promise<Answer> {
    const running = this.#run(sql, limits);
    const all: Row[] = [];
    try {
      for (let rows = await running.take(); rows !== null; rows = await running.take()) {
        for (const row of rows) all.push(row);
      }
    } finally {
      await running.end();
    }
    return { rows: all, ...running.done() };
  }

  #run(sql: string, limits: RunLimits): Running {
    const exchange = this.#start(sql, limits);
    const watch = this.#watch(exchange, limits);
    return {
      done: () => exchange.done(),
      take: async () => {
        try {
          return await exchange.take();
        } catch (fault) {
          if (this.#transaction === 'open') this.#transaction = 'doomed';
          if (endsSession(fault)) this.#break();
          if (limits.signal.aborted) throw sourcesErrors.cancelled({ cause: fault });
          throw readStatementFault(fault);
        }
      },
      end: () => watch.end(),
    };
  }

  #start(sql: string, { maxRows, maxBytes }: Pick<RunLimits, 'maxRows' | 'maxBytes'>): Exchange {
    if (this.#isBroken) throw sourcesErrors.connection_lost();
    return this.#session.exchange(sql, { maxRows, maxBytes });
  }

  /** Kills on the server when the caller went away or time is up, whether or not anybody reads at that moment. */
  #watch(exchange: Exchange, { statementMs, signal }: RunLimits): { end(): Promise<void> } {
    let killing: Promise<void> | null = null;
    const stop = (fault: unknown) => {
      exchange.fail(fault);
      killing ??= this.#kill(exchange);
    };
    const onAbort = () => stop(sourcesErrors.cancelled());
    const timer = setTimeout(() => stop(sourcesErrors.query_timeout()), statementMs + graceMs);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    return {
      end: async () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        if (killing === null && !exchange.isOver) {
          exchange.leave();
          if ((await within(exchange.ended, restMs)) === null) killing = this.#kill(exchange);
        }
        await killing;
      },
    };
  }

  async #kill(exchange: Exchange): Promise<void> {
    if ((await within(exchange.ended, 0)) !== null || this.#isBroken) return;
    const asked = this.#options.kill(killMs);
    const ended = await within(exchange.ended, killMs);
    await asked;
    if (ended === null || this.#isBroken) return this.#break();
    // It may have come too late for its statement; what it hits now is this.
    const barrier = this.#start('DO 0', { maxRows: 1, maxBytes: 1_024 });
    if ((await within(barrier.ended, killMs)) === null) this.#break();
  }

  #break(): void {
    if (!this.#isBroken) this.close();
  }
}

interface Running {
  done(): ReturnType<Exchange['done']>;
  take(): Promise<readonly Row[] | null>;
  /** Must be called, whatever happened; afterwards the session is ready for the next one, or broken. */
  end(): Promise<void>;
}

const absent: Bound = { type: 'text', nativeType: null, text: null };

function valueIn({ set }: ScopedUpdate, { name }: Column): Bound | undefined {
  return set.find(({ column }) => column.name === name)?.value;
}

function* chunks(keys: readonly (readonly Bound[])[]): Generator<readonly (readonly Bound[])[]> {
  for (let at = 0; at < keys.length; at += keysPerStatement) yield keys.slice(at, at + keysPerStatement);
}

/** @param keys  At least one; each in the order of the columns. */
function amongKeys(columns: readonly Column[], keys: readonly (readonly Bound[])[]): Predicate {
  const [only, ...more] = columns;
  if (only !== undefined && more.length === 0) {
    const right = keys.flatMap(([value]) => (value === undefined ? [] : [value]));
    return { kind: 'in', left: { kind: 'column', column: only }, isNegated: false, right };
  }
  const same = (key: readonly Bound[]): Predicate => ({
    kind: 'and',
    of: columns.map((column, index) => ({
      kind: 'compare',
      left: { kind: 'column', column },
      operator: 'eq',
      right: key[index] ?? absent,
    })),
  });
  return { kind: 'or', of: keys.map(same) };
}

const neverAborted = new AbortController().signal;

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
