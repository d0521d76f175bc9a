/**
 * One packet of statements and the answer to it: a few that only set the stage, and one whose rows are wanted. Rows are
 * taken in the pace of their reader: while nobody takes them the socket is paused, and the server waits.
 *
 * @module
 */

import type { JsonBatch } from '../../query/index.js';
import { sourcesErrors } from '../../sources/index.js';
import type { PostgresValue } from './data-flavour.js';
import type { JsonRowBuffer } from './json-rows.js';
import type { RowTap } from './message-guard.js';
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

/** Characters of JSON that are handed on together, where there are so many. */
const batchBytes = 65_536;
/** Rows and bytes that wait for the reader before the socket is paused. */
const waitingRows = 2_000;
const waitingBytes = 262_144;

/** The driver calls its methods by their names (what it calls a submittable). */
export class Exchange implements RowTap {
  /** Settled when the server is ready again (then it is true), or has broken off or refused (then it is false). */
  readonly ended: Promise<boolean>;
  readonly #plan: ExchangePlan;
  #settle: (isReady: boolean) => void = ignore;
  #wire: QuestionWire | null = null;
  /** Rows become JSON on their way in, past the driver. */
  readonly #json: JsonRowBuffer | null;
  #at = 0;
  /** Statements whose end the tap has seen, which may be before the driver has. */
  #tappedAt = 0;
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

  /** @param json  Where rows go; absent: {@link take} gives them. */
  constructor(plan: ExchangePlan, json: JsonRowBuffer | null = null) {
    this.#plan = plan;
    this.#json = json;
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

  /** The next rows as JSON. @throws as {@link take} */
  async takeJson(json: JsonRowBuffer): Promise<JsonBatch> {
    for (;;) {
      if (this.#hasFailed) throw this.#fault;
      if (this.#isOver || json.length >= batchBytes) {
        const batch = { ...json.take(), isLast: this.#isOver };
        this.#resume();
        return batch;
      }
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
    wire.rowTap = this.#json === null ? null : this;
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

  takeRow(bytes: Buffer, start: number, end: number): boolean {
    const json = this.#json;
    if (json === null || this.#tappedAt !== this.#plan.wanted) return false;
    if (this.#isUnwanted) return true;
    this.#count(end - start - 1);
    if (this.#hasFailed) return true;
    json.add(bytes, start, end);
    if (json.length < batchBytes) return true;
    if (!this.#isPaused && json.length >= waitingBytes) this.#pause();
    this.#wake();
    return true;
  }

  endRows(): void {
    this.#tappedAt += 1;
  }

  handleDataRow(message: { readonly fields: (string | null)[]; readonly length: number }): void {
    if (this.#isUnwanted || this.#at !== this.#plan.wanted) return;
    this.#count(message.length);
    if (this.#hasFailed) return;
    this.#rows.push(message.fields);
    this.#waitingBytes += message.length;
    if (!this.#isPaused && (this.#rows.length >= waitingRows || this.#waitingBytes >= waitingBytes)) this.#pause();
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
    if (this.#wire !== null) this.#wire.rowTap = null;
    this.#isOver = true;
    this.#wake();
    this.#settle(true);
  }

  handleError(fault: unknown): void {
    if (this.#wire !== null) this.#wire.rowTap = null;
    this.fail(fault);
    this.#settle(false);
  }

  handleRowDescription(): void {}

  handlePortalSuspended(): void {}

  #count(bytes: number): void {
    this.#rowCount += 1;
    this.#byteCount += bytes;
    const { maxRows, maxBytes } = this.#plan;
    if (this.#rowCount > maxRows || this.#byteCount > maxBytes) this.fail(sourcesErrors.result_too_large());
  }

  #pause(): void {
    this.#isPaused = true;
    this.#wire?.stream.pause();
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#wire?.stream.resume();
  }
}

function ignore(): void {}
