/**
 * A session for data in the thread of an open file: compiles what is asked, hands it over, takes the rows batch by batch
 * and gives up in time. What happens in the library happens in the thread.
 *
 * @module
 */
import type { ScopedDelete, ScopedInsert, ScopedSelect, ScopedUpdate } from '../access/index.js';
import type { AppError } from '../kernel/errors.js';
import type { CanonicalType, Expression, JsonBatch, JsonForm } from '../query/index.js';
import {
  type DataRow,
  type DataSession,
  type JsonReading,
  type RunLimits,
  sourcesErrors,
  type WriteOutcome,
} from '../sources/index.js';
import { compileCount, compileSelect } from './compile-query.js';
import { compileDelete, compileInsert, compileUpdate, returnsRows } from './compile-write.js';
import { FileFault, type FileThread } from './file-thread.js';
import { type Compiled, type Flavour, scaleOfAverage } from './sql-flavour.js';

/** What a session is told of its engine. */
export interface FileDataEngine {
  /** Values travel to the thread as they are. */
  readonly flavour: Flavour<unknown>;
  /** Files of the engine are never written, whatever the source is for. */
  readonly isReadOnly?: boolean;
  /**
   * Whether the thread writes JSON (its verbs `json` and `moreJson`), and what it may ask the engine for the whole page
   * first, as it is.
   */
  readonly json?: (query: ScopedSelect, form: JsonForm) => unknown;
}

/** A column of an answer. */
export interface FileColumn {
  readonly type: CanonicalType;
  /** Digits after the point that a decimal has at least. */
  readonly scale: number;
}

/** One statement and what its answer may be. */
export interface FileStatement {
  readonly sql: string;
  readonly values: readonly unknown[];
  /** Of the answer; `null`: there is none, only a count. */
  readonly columns: readonly FileColumn[] | null;
  readonly maxRows: number;
  readonly maxBytes: number;
}

/** A statement whose rows are wanted as JSON. */
export interface FileJsonStatement extends Omit<FileStatement, 'maxRows' | 'maxBytes'> {
  readonly columns: readonly FileColumn[];
  readonly types: readonly CanonicalType[];
  readonly form: JsonForm;
  /** What {@link FileDataEngine.json} made. */
  readonly page: unknown;
}

/** How it is asked for: told once, then by its number. */
export interface FileJsonOrder extends Pick<FileStatement, 'maxRows' | 'maxBytes'> {
  readonly number: number;
  readonly statement: FileJsonStatement | null;
}

/** Statements that a thread remembers; a number that comes with another one is that one's from then on. */
const maxTold = 50;

export interface FileBatch {
  readonly rows: readonly DataRow[];
  readonly isLast: boolean;
}

/** What the thread says of a fault, and what the caller is told. */
const refusals = {
  QUERY_REFUSED: sourcesErrors.query_refused,
  QUERY_TIMEOUT: sourcesErrors.query_timeout,
  VALUE_REFUSED: sourcesErrors.value_refused,
  CONSTRAINT_VIOLATED: sourcesErrors.constraint_violated,
  SERIALIZATION_FAILED: sourcesErrors.serialization_failed,
  CONNECTION_LOST: sourcesErrors.connection_lost,
  RESULT_TOO_LARGE: sourcesErrors.result_too_large,
  RELATION_CHANGED: sourcesErrors.relation_changed,
} as const;

export type DataFaultReason = keyof typeof refusals;

/** How long a library may take to look up after it was told to stop; then its thread is left alone. */
const graceMs = 500;

export function createFileSession(
  thread: FileThread,
  { flavour, json }: FileDataEngine,
  { isWriting }: { readonly isWriting: boolean },
): DataSession {
  let isOver = false;
  let isInTransaction = false;
  /** Something in the transaction was refused: what was done before must not stay without it. */
  let isSpoilt = false;
  /** Queries whose statements the thread has answered, and so has. */
  const told = new Map<ScopedSelect, { readonly form: JsonForm; readonly number: number }>();
  const numbered: (ScopedSelect | undefined)[] = [];
  let toldCount = 0;

  function leave(): void {
    isOver = true;
    thread.leave();
  }

  function refusalOf(fault: unknown): AppError {
    const reason = fault instanceof FileFault ? fault.reason : null;
    const known = Object.hasOwn(refusals, reason ?? '') ? refusals[reason as DataFaultReason] : null;
    const refusal = known ?? sourcesErrors.connection_lost;
    if (refusal === sourcesErrors.connection_lost) leave();
    return refusal({ cause: fault });
  }

  /** Watches over what is asked within the limits; {@link Watch.end} when it is done. */
  function watch({ statementMs, signal }: Pick<RunLimits, 'statementMs' | 'signal'>): Watch {
    let refusal: AppError | null = null;
    let grace: NodeJS.Timeout | undefined;
    /** Of what is being asked. Not one promise for all to race with: it would keep every answer. */
    const waiting = new Set<(refusal: AppError) => void>();
    const stop = (told: AppError) => {
      if (refusal !== null) return;
      refusal = told;
      thread.stop();
      grace = setTimeout(() => {
        leave();
        for (const giveUp of waiting) giveUp(told);
      }, graceMs);
    };
    const timer = setTimeout(() => stop(sourcesErrors.query_timeout()), statementMs);
    const onAbort = () => stop(sourcesErrors.cancelled());
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    return {
      async ask(verb, argument) {
        if (isOver) throw sourcesErrors.connection_lost();
        if (refusal !== null) throw refusal;
        try {
          const answer = await new Promise((resolve, reject) => {
            waiting.add(reject);
            thread
              .ask(verb, argument)
              .then(resolve, reject)
              .finally(() => waiting.delete(reject));
          });
          if (refusal !== null) throw refusal;
          return answer;
        } catch (fault) {
          // A fault of the engine that came of being stopped says nothing of its own.
          throw refusal ?? refusalOf(fault);
        }
      },
      end() {
        clearTimeout(timer);
        clearTimeout(grace);
        signal.removeEventListener('abort', onAbort);
      },
    };
  }

  async function within<T>(limits: Pick<RunLimits, 'statementMs' | 'signal'>, work: (ask: Watch['ask']) => Promise<T>) {
    const watching = watch(limits);
    try {
      return await work(watching.ask);
    } finally {
      watching.end();
    }
  }

  /** For what must be said even to a caller that left. @returns whether it was answered soon. */
  async function settle(verb: string): Promise<boolean> {
    if (isOver) return false;
    thread.stop();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), graceMs);
    });
    const answered = thread.ask(verb).then(
      () => true,
      () => false,
    );
    const isAnswered = await Promise.race([answered, late]);
    clearTimeout(timer);
    if (!isAnswered) leave();
    return isAnswered;
  }

  async function write(
    ask: Watch['ask'],
    compiled: Compiled<unknown>,
    columns: readonly FileColumn[] | null,
    { maxRows, maxBytes }: RunLimits,
  ): Promise<WriteOutcome> {
    if (!isInTransaction) throw new TypeError('a write is made in a transaction');
    isSpoilt = true;
    const outcome = (await ask('write', {
      ...compiled,
      columns,
      maxRows,
      maxBytes,
    } satisfies FileStatement)) as WriteOutcome;
    isSpoilt = false;
    return outcome;
  }

  /** A number that from now on is nobody else's. */
  function takeNumber(): number {
    toldCount = (toldCount + 1) % maxTold;
    const before = numbered[toldCount];
    if (before !== undefined && told.get(before)?.number === toldCount) told.delete(before);
    numbered[toldCount] = undefined;
    return toldCount;
  }

  function selectJson(
    query: ScopedSelect,
    form: JsonForm,
    limits: RunLimits,
    pageOf: NonNullable<FileDataEngine['json']>,
  ): JsonReading {
    const watching = watch(limits);
    const { maxRows, maxBytes } = limits;
    const known = told.get(query);
    const isTold = known?.form === form;
    const number = isTold ? known.number : takeNumber();
    const statement: FileJsonStatement | null = isTold
      ? null
      : {
          ...compileSelect(flavour, query),
          ...{ columns: columnsOf(query), types: query.output.map(({ type }) => type) },
          ...{ form, page: pageOf(query, form) },
        };
    let isDone = false;
    let next: Promise<unknown> | null = watching.ask('json', {
      ...{ number, maxRows, maxBytes, statement },
    } satisfies FileJsonOrder);
    return {
      async next() {
        const batch = (await (next ?? watching.ask('moreJson'))) as JsonBatch;
        if (!isTold) {
          told.set(query, { form, number });
          numbered[number] = query;
        }
        isDone = batch.isLast;
        next = null;
        if (!isDone) {
          // Read while this one is taken, and never more.
          next = watching.ask('moreJson');
          next.catch(() => undefined);
        }
        return batch;
      },
      async end() {
        watching.end();
        if (!isDone) await settle('end');
      },
    };
  }

  async function change(query: ScopedUpdate | ScopedDelete, compiled: Compiled<unknown>, limits: RunLimits) {
    return within(limits, (ask) => write(ask, compiled, returnsRows(query) ? columnsOf(query) : null, limits));
  }

  return {
    async *select(query, limits) {
      const watching = watch(limits);
      let isDone = false;
      try {
        const { maxRows, maxBytes } = limits;
        const statement = { ...compileSelect(flavour, query), columns: columnsOf(query), maxRows, maxBytes };
        let next = watching.ask('select', statement satisfies FileStatement);
        for (;;) {
          const batch = (await next) as FileBatch;
          isDone = batch.isLast;
          if (!isDone) {
            // Read while this one is taken, and never more.
            next = watching.ask('more');
            next.catch(() => undefined);
          }
          if (batch.rows.length > 0) yield batch.rows;
          if (isDone) return;
        }
      } finally {
        watching.end();
        if (!isDone) await settle('end');
      }
    },
    ...(json === undefined ? {} : { selectJson: (query, form, limits) => selectJson(query, form, limits, json) }),
    async count(query, limits) {
      return within(limits, async (ask) => {
        const statement = { ...compileCount(flavour, query), columns: [whole], maxRows: 1, maxBytes: 64 };
        const { rows } = (await ask('select', statement satisfies FileStatement)) as FileBatch;
        return Number(rows[0]?.[0]);
      });
    },
    async insert(query, limits) {
      return within(limits, async (ask) => {
        const isAnswered = query.key.length > 0 && (query.output.length > 0 || query.check !== null);
        const columns = isAnswered ? [...columnsOf(query), whole] : null;
        let affected = 0;
        const rows: DataRow[] = [];
        for (const statement of compileInsert(flavour, query)) {
          const outcome = await write(ask, statement, columns, limits);
          affected += outcome.affected;
          for (const row of outcome.rows) {
            if (row.at(-1) !== '1') {
              isSpoilt = true;
              throw sourcesErrors.row_out_of_reach();
            }
            if (query.output.length > 0) rows.push(row.slice(0, -1));
          }
        }
        return { affected, rows };
      });
    },
    update: (query, limits) => change(query, compileUpdate(flavour, query), limits),
    remove: (query, limits) => change(query, compileDelete(flavour, query), limits),
    async begin(limits) {
      if (!isWriting) throw sourcesErrors.query_refused();
      isInTransaction = true;
      isSpoilt = false;
      await within(limits, (ask) => ask('begin'));
    },
    async commit(limits) {
      if (isSpoilt) throw sourcesErrors.query_refused();
      await within(limits, (ask) => ask('commit'));
      isInTransaction = false;
    },
    async rollback() {
      if (await settle('rollback')) isInTransaction = false;
    },
    async describe(text, limits) {
      return within(
        limits,
        async (ask) => (await ask('columns', text)) as Awaited<ReturnType<DataSession['describe']>>,
      );
    },
    isUsable: () => !isOver && !isInTransaction,
    close: leave,
  };
}

interface Watch {
  /** @throws what the caller is told. */
  ask(verb: string, argument?: unknown): Promise<unknown>;
  end(): void;
}

const whole: FileColumn = { type: 'int64', scale: 0 };

function columnsOf({ output }: ScopedSelect | ScopedInsert | ScopedUpdate | ScopedDelete): readonly FileColumn[] {
  return output.map(({ type, expression }) => ({ type, scale: type === 'decimal' ? scaleOf(expression) : 0 }));
}

/** By the column's declaration: `DECIMAL(10,2)`. */
function scaleOf(expression: Expression): number {
  switch (expression.kind) {
    case 'column':
    case 'masked':
      return declaredScale(expression.column.nativeType);
    case 'cases':
      return expression.cases.reduce((most, { then }) => Math.max(most, scaleOf(then)), 0);
    case 'aggregate': {
      if (expression.of === null) return 0;
      const { of } = expression;
      return expression.function === 'avg' ? Math.max(scaleOfAverage(null), scaleOf(of)) : scaleOf(of);
    }
    default:
      return 0;
  }
}

function declaredScale(nativeType: string): number {
  return Math.min(maxScale, Number(/\(\d+,\s?(\d+)\)/.exec(nativeType)?.[1] ?? 0));
}

/** A declaration may say anything. */
const maxScale = 40;
