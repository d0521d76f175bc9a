/**
 * Rows of the statements as they are wanted, across the batches they come in. What the server cannot answer ends a
 * statement, not the reading: its transaction is brought back to where it was sound, and every feed of that session
 * goes on from its place.
 *
 * @module
 */
import type { CatalogPlace } from '../../../sources/index.js';
import { isServerError, type Session } from '../connect.js';
import type { OpenSession } from '../open-session.js';
import type { Row } from '../question.js';
import type { Built } from './statements.js';

/** Most rows of a batch; `connect.ts` makes it fewer where they are long. */
const mostRows = 2_000;

/** A fault of one statement. The session is sound again. */
export class StatementFault extends Error {
  /** SQLSTATE. */
  readonly code: string;

  constructor(code: string, cause: unknown) {
    super('a statement of a reading failed', { cause });
    this.code = code;
  }

  /** The statement did nothing wrong: another one of its session did. */
  get isOfAnother(): boolean {
    return this.code === '25P02' || this.code === '34000';
  }
}

/** The savepoint a reading's transaction goes back to. */
export const soundPoint = 'SAVEPOINT latchkey';

/** A session inside the transaction of a reading. */
export class Lane {
  readonly open: OpenSession;
  #generation = 0;

  constructor(open: OpenSession) {
    this.open = open;
  }

  get session(): Session {
    return this.open.session;
  }

  /** Changes with every return to the savepoint: portals of before are gone. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Reads a fault of a statement that was put in a generation.
   * @throws the fault itself when the connection or the server is at its end.
   */
  async recover(fault: unknown, generation: number): Promise<StatementFault> {
    if (!isServerError(fault)) throw fault;
    const code = fault.code ?? '';
    // Connection, resources, operator intervention (PostgreSQL, appendix A): nothing goes on here.
    if (/^(08|53|57)/.test(code)) throw fault;
    if (generation === this.#generation) {
      this.#generation += 1;
      await this.session.ask(`ROLLBACK TO ${soundPoint}`);
    }
    return new StatementFault(code, fault);
  }

  /** Asks one question of its own. @throws {@link StatementFault} */
  async rows(built: Built): Promise<readonly Row[]> {
    const generation = this.#generation;
    try {
      return await this.session.rows(built.sql, built.values);
    } catch (fault) {
      throw await this.recover(fault, generation);
    }
  }
}

/** Gets every batch before its rows are given out. */
export type Prepare = (lane: Lane, rows: readonly Row[]) => Promise<void>;

/** The rows of one statement in their order. */
export class Feed {
  readonly #lane: Lane;
  readonly #build: (after: CatalogPlace | null) => Built;
  readonly #prepare: Prepare | null;
  readonly #batchRows: number;
  #stream: AsyncGenerator<readonly Row[], void>;
  #generation: number;
  #rows: readonly Row[] = [];
  #at = 0;
  #isDone = false;

  constructor(
    lane: Lane,
    build: (after: CatalogPlace | null) => Built,
    after: CatalogPlace | null,
    prepare: Prepare | null = null,
    batchRows = mostRows,
  ) {
    this.#lane = lane;
    this.#build = build;
    this.#prepare = prepare;
    this.#batchRows = batchRows;
    this.#generation = lane.generation;
    this.#stream = this.#open(after);
  }

  get lane(): Lane {
    return this.#lane;
  }

  /** Begins again after a place. */
  restart(after: CatalogPlace | null): void {
    this.#rows = [];
    this.#at = 0;
    this.#isDone = false;
    this.#generation = this.#lane.generation;
    this.#stream = this.#open(after);
  }

  /** There is neither a row at hand nor the certainty that none will come. */
  get isEmpty(): boolean {
    return this.#at >= this.#rows.length && !this.#isDone;
  }

  /** The next row; `undefined` when there is none at hand. */
  get head(): Row | undefined {
    return this.#rows[this.#at];
  }

  shift(): void {
    this.#at += 1;
  }

  /** Fetches the next batch. @throws {@link StatementFault} */
  async fill(): Promise<void> {
    try {
      const next = await this.#stream.next();
      if (next.done === true) {
        this.#isDone = true;
        return;
      }
      await this.#prepare?.(this.#lane, next.value);
      this.#rows = next.value;
      this.#at = 0;
    } catch (fault) {
      if (fault instanceof StatementFault) throw fault;
      throw await this.#lane.recover(fault, this.#generation);
    }
  }

  /** Fetches all there is, at most `limit` rows, and keeps it at hand. @throws {@link StatementFault} */
  async drain(limit: number): Promise<void> {
    const all = this.#rows.slice(this.#at);
    while (!this.#isDone) {
      this.#rows = [];
      await this.fill();
      all.push(...this.#rows);
      if (all.length > limit) throw new Error('more rows than were asked for');
    }
    this.#rows = all;
    this.#at = 0;
  }

  /** The rows at hand. */
  get rest(): readonly Row[] {
    return this.#rows.slice(this.#at);
  }

  /** Adds the rows at hand whose first field is the key. @returns whether there can be no more of them. */
  take(key: string, into: Row[]): boolean {
    for (;;) {
      const row = this.#rows[this.#at];
      if (row === undefined) return this.#isDone;
      if (row[0] !== key) return true;
      into.push(row);
      this.#at += 1;
    }
  }

  #open(after: CatalogPlace | null): AsyncGenerator<readonly Row[], void> {
    const { sql, values } = this.#build(after);
    return this.#lane.session.stream(sql, values, { batchRows: this.#batchRows });
  }
}

/** Characters of a row. */
export function lengthOf(row: Row): number {
  let length = 0;
  for (const value of row) length += value?.length ?? 0;
  return length;
}
