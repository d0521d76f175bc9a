/**
 * One question to a server, in the shape the driver runs: it collects rows as texts, the server's own, and never more
 * of them than was asked for, whatever the server sends.
 *
 * @module
 */
import { StreamGuardFault } from '../../network/index.js';
import type { RowTap } from './message-guard.js';

/** A row as the server wrote it: each value's text, by position; names of columns never become keys. */
export type Row = readonly (string | null)[];

/** What can be bound to `$1`, `$2` …; a list becomes an array (`text[]`, `oid[]` …), whatever the statement makes of it. */
export type Value = string | number | boolean | null | readonly (string | number)[];

export interface Answer {
  readonly rows: readonly Row[];
  /** Bytes of its rows. */
  readonly bytes: number;
  /** There are more rows behind the portal. */
  readonly isSuspended: boolean;
}

export interface AnswerLimits {
  readonly maxRows: number;
  readonly maxBytes: number;
}

/** What this file uses of the driver's connection. */
export interface QuestionWire {
  /** Who reads rows past the driver just now. */
  rowTap?: RowTap | null;
  readonly stream: { cork(): void; uncork(): void; pause(): void; resume(): void };
  query(sql: string): void;
  /** @param statement  Without a name it lasts until the next one without. */
  parse(statement: { readonly text: string; readonly name?: string }): void;
  bind(portal: {
    readonly portal: string;
    readonly statement?: string;
    readonly values: readonly (string | null)[];
  }): void;
  describe(statement: { readonly type: 'S'; readonly name: string }): void;
  execute(portal: { readonly portal: string; readonly rows: number }): void;
  close(what: { readonly type: 'P' | 'S'; readonly name: string }): void;
  sync(): void;
}

/** How a question is put on the wire. */
export type Ask = (wire: QuestionWire) => void;

/** Simple query protocol: may hold several statements; the answer has the rows of all of them. */
export function simpleQuery(sql: string): Ask {
  return (wire) => wire.query(sql);
}

/**
 * Extended query protocol: one statement with values.
 *
 * @param portal  A name keeps the portal until the transaction ends; empty lets it go with the answer.
 * @param rows    Rows to take now; 0 for all.
 */
export function openPortal(sql: string, values: readonly Value[], portal: string, rows: number): Ask {
  return (wire) => {
    wire.parse({ text: sql });
    wire.bind({ portal, values: values.map(textOf) });
    wire.execute({ portal, rows });
    wire.sync();
  };
}

export function readPortal(portal: string, rows: number): Ask {
  return (wire) => {
    wire.execute({ portal, rows });
    wire.sync();
  };
}

export function closePortal(portal: string): Ask {
  return (wire) => {
    wire.close({ type: 'P', name: portal });
    wire.sync();
  };
}

/** The driver calls its methods by their names (what it calls a submittable). */
export class Question {
  readonly answer: Promise<Answer>;
  readonly #ask: Ask;
  readonly #limits: AnswerLimits;
  #rows: Row[] = [];
  #bytes = 0;
  #isSuspended = false;
  #resolve: (answer: Answer) => void = ignore;
  #reject: (fault: unknown) => void = ignore;
  /** Called by the driver when it has one; the answer tells all there is. */
  readonly callback = ignore;

  constructor(ask: Ask, limits: AnswerLimits) {
    this.#ask = ask;
    this.#limits = limits;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  submit(wire: QuestionWire): void {
    // What belongs together leaves together.
    wire.stream.cork();
    this.#ask(wire);
    wire.stream.uncork();
  }

  handleDataRow(message: { readonly fields: (string | null)[]; readonly length: number }): void {
    this.#bytes += message.length;
    this.#rows.push(message.fields);
    if (this.#bytes > this.#limits.maxBytes || this.#rows.length > this.#limits.maxRows) {
      throw new StreamGuardFault('BYTE_BUDGET');
    }
  }

  handlePortalSuspended(): void {
    this.#isSuspended = true;
  }

  handleReadyForQuery(): void {
    this.#resolve({ rows: this.#rows, bytes: this.#bytes, isSuspended: this.#isSuspended });
  }

  handleError(fault: unknown): void {
    this.#rows = [];
    this.#reject(fault);
  }

  handleRowDescription(): void {}

  handleCommandComplete(): void {}

  handleEmptyQuery(): void {}
}

/** A value as it is bound. */
export function textOf(value: Value): string | null {
  if (value === null) return null;
  return typeof value === 'object' ? arrayText(value) : String(value);
}

/** The text of a one-dimensional array (PostgreSQL, §8.15.6 "Array Input and Output Syntax"). */
function arrayText(values: readonly (string | number)[]): string {
  const quoted = values.map((value) => `"${String(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
  return `{${quoted.join(',')}}`;
}

function ignore(): void {}
