/**
 * One packet of statements and the answer to it: a few that only set the stage, and one whose rows are wanted. Rows are
 * taken in the pace of their reader: while nobody takes them the socket is paused, and the server waits.
 *
 * @module
 */
import { sourcesErrors } from '../../sources/index.js';
import type { PostgresValue } from './data-flavour.js';
import { type QuestionWire, type Row, textOf } from './question.js';

/** One statement of the extended protocol. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly PostgresValue[];
  /** Under which the server keeps it; empty: it does not. */
  readonly name: string;
  /** The server has it already. */
  readonly isKept: boolean;
}

export interface ExchangePlan {
  readonly statements: readonly Statement[];
  /** Which of them has rows to give; those of the others are ignored. */
  readonly wanted: number;
  /** Names of statements the server may forget. */
  readonly forget: readonly string[];
  readonly maxRows: number;
  readonly maxBytes: number;
}

/** Rows and bytes that wait for the reader before the socket is paused. */
const waitingRows = 2_000;
const waitingBytes = 262_144;

/** The driver calls its methods by their names (what it calls a submittable). */
export class Exchange {
  /** Settled when the server is ready again (then it is true), or has broken off or refused (then it is false). */
  readonly ended: Promise<boolean>;
  readonly #plan: ExchangePlan;
  #settle: (isReady: boolean) => void = ignore;
  #wire: QuestionWire | null = null;
  #at = 0;
  #tags: string[] = [];
  #rows: Row[] = [];
  #waitingBytes = 0;
  #rowCount = 0;
  #byteCount = 0;
  #isPaused = false;
  #isUnwanted = false;
  #isOver = false;
  #fault: unknown = null;
  #hasFailed = false;
  #wake: () => void = ignore;
  /** Called by the driver when it has one. */
  readonly callback = ignore;

  constructor(plan: ExchangePlan) {
    this.#plan = plan;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** The next rows; `null` after the last. @throws what the server says, or `sources.result_too_large`. */
  async take(): Promise<readonly Row[] | null> {
    for (;;) {
      if (this.#hasFailed) throw this.#fault;
      if (this.#rows.length > 0) {
        const rows = this.#rows;
        this.#rows = [];
        this.#waitingBytes = 0;
        this.#resume();
        return rows;
      }
      if (this.#isOver) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Ends the waiting of the reader with a fault; what still comes is read and thrown away. */
  fail(fault: unknown): void {
    if (!this.#hasFailed && !this.#isOver) {
      this.#hasFailed = true;
      this.#fault = fault;
    }
    this.leave();
    this.#wake();
  }

  /** Nobody wants the rest. */
  leave(): void {
    this.#isUnwanted = true;
    this.#rows = [];
    this.#resume();
  }

  /** Whether the whole answer has come. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** What the server said it did, of each statement: `UPDATE 3`. */
  get tags(): readonly string[] {
    return this.#tags;
  }

  submit(wire: QuestionWire): void {
    this.#wire = wire;
    // What belongs together leaves together.
    wire.stream.cork();
    for (const name of this.#plan.forget) wire.close({ type: 'S', name });
    for (const { sql, values, name, isKept } of this.#plan.statements) {
      if (!isKept) wire.parse({ text: sql, name });
      wire.bind({ portal: '', statement: name, values: values.map(textOf) });
      wire.execute({ portal: '', rows: 0 });
    }
    wire.sync();
    wire.stream.uncork();
  }

  handleDataRow(message: { readonly fields: (string | null)[]; readonly length: number }): void {
    if (this.#isUnwanted || this.#at !== this.#plan.wanted) return;
    this.#rowCount += 1;
    this.#byteCount += message.length;
    if (this.#rowCount > this.#plan.maxRows || this.#byteCount > this.#plan.maxBytes) {
      this.fail(sourcesErrors.result_too_large());
      return;
    }
    this.#rows.push(message.fields);
    this.#waitingBytes += message.length;
    if (!this.#isPaused && (this.#rows.length >= waitingRows || this.#waitingBytes >= waitingBytes)) {
      this.#isPaused = true;
      this.#wire?.stream.pause();
    }
    this.#wake();
  }

  handleCommandComplete(message: { readonly text: string }): void {
    this.#tags.push(message.text);
    this.#at += 1;
  }

  handleEmptyQuery(): void {
    this.#tags.push('');
    this.#at += 1;
  }

  handleReadyForQuery(): void {
    this.#isOver = true;
    this.#wake();
    this.#settle(true);
  }

  handleError(fault: unknown): void {
    this.fail(fault);
    this.#settle(false);
  }

  handleRowDescription(): void {}

  handlePortalSuspended(): void {}

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#wire?.stream.resume();
  }
}

function ignore(): void {}
