/**
 * What a command says: tables and lines for people, one JSON document with `--json`. Values that come from a store, a
 * database or a server are shown without control characters, so that they cannot drive the terminal.
 *
 * @module
 */
import { jsonText, printable, wrapToWidth } from './cells.js';
import { type Screen, screenOf } from './screen.js';
import { type Column, table } from './table.js';

export { printable } from './cells.js';
export { fields, table } from './table.js';

/** Exit codes of every command. */
export const exitCodes = {
  done: 0,
  /** A test failed, a check found something. */
  answerIsNo: 1,
  wrongUse: 2,
  couldNotDetermine: 3,
  /** Ctrl-C, as a shell tells it. */
  interrupted: 130,
} as const;

/** Ends a command with an exit code; thrown so that what is open gets closed on the way. */
export class CommandEnd extends Error {
  readonly exitCode: number;
  /** The option or variable to use. */
  readonly fix: string | null;

  constructor(exitCode: number, message: string, fix: string | null = null) {
    super(message);
    this.name = 'CommandEnd';
    this.exitCode = exitCode;
    this.fix = fix;
  }
}

export interface Output {
  readonly isJson: boolean;
  /** The command's answer: `value` with `--json`, `lines` for people. */
  answer(value: unknown, lines: readonly string[]): void;
  /** An answer of any number of rows. @param none  Where there are none: what to do next. */
  list(value: unknown, columns: readonly Column[], rows: readonly (readonly string[])[], none: string): void;
  /** A remark for people, on standard error. */
  remark(line: string): void;
}

export function createOutput(isJson: boolean, screen: Screen = screenOf()): Output {
  const answer = (value: unknown, lines: readonly string[]) => {
    if (isJson) process.stdout.write(documentOf(value));
    else if (lines.length > 0) process.stdout.write(`${lines.map(printable).join('\n')}\n`);
  };
  const remark = (line: string) => {
    // With --json standard error holds nothing but the one document that tells a failure.
    if (!isJson) process.stderr.write(`${wrapToWidth(printable(line), screen.columns).join('\n')}\n`);
  };
  return {
    isJson,
    answer,
    list(value, columns, rows, none) {
      const isEmptyForPerson = rows.length === 0 && screen.isTerminal;
      answer(value, isEmptyForPerson ? [] : table(columns, rows, screen));
      if (rows.length === 0) remark(none);
    },
    remark,
  };
}

/** The one document of an answer. Whoever reads it has every time twice: in milliseconds, and as ISO 8601. */
export function documentOf(value: unknown): string {
  return `${jsonText(withInstants(value), 2)}\n`;
}

/** Puts `createdAt` beside `createdAtMs`. */
export function withInstants(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withInstants);
  if (value === null || typeof value !== 'object' || 'toJSON' in value) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]): [string, unknown][] => {
      const same: [string, unknown] = [name, withInstants(one)];
      if (!name.endsWith('AtMs') || (one !== null && typeof one !== 'number')) return [same];
      const short = name.slice(0, -'Ms'.length);
      return short in value ? [same] : [same, [short, one === null ? null : isoInstant(one)]];
    }),
  );
}

/** Characters written at once. */
const chunkCharacters = 65_536;
/** A person who watches sees something at least this often. */
const flushMs = 200;

/**
 * Writes what is made on the way, as fast as it is taken. Whoever stops reading (`| head`) ends the command.
 *
 * @returns how many characters were written.
 */
export async function writePieces(pieces: AsyncIterable<string>): Promise<number> {
  let held = '';
  let written = 0;
  let flushedMs = performance.now();
  for await (const piece of pieces) {
    held += piece;
    if (held.length < chunkCharacters && performance.now() - flushedMs < flushMs) continue;
    written += held.length;
    await write(held);
    held = '';
    flushedMs = performance.now();
  }
  await write(held);
  return written + held.length;
}

function write(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (fault) => {
      if (fault === null || fault === undefined) resolve();
      // A reader who has seen enough ends it in silence; any other fault is told by the end of the command.
      else reject(new CommandEnd(exitCodes.done, ''));
    });
  });
}

/** For a person, in the time of their place: `2026-11-22 10:00`; for a file `2026-11-22T10:00:00Z`; `-` for none. */
export function instant(ms: number | null, { isTerminal }: Screen = screenOf()): string {
  if (ms === null) return '-';
  return isTerminal ? localInstant(ms).slice(0, 16) : isoInstant(ms);
}

/** To the second also for a person: of what happened. */
export function moment(ms: number, { isTerminal }: Screen = screenOf()): string {
  return isTerminal ? localInstant(ms) : isoInstant(ms);
}

function isoInstant(ms: number): string {
  return Math.abs(ms) > maxInstantMs ? '-' : new Date(ms).toISOString().replace('.000Z', 'Z');
}

/** The ends of the calendar (ECMA-262 §21.4.1.1). */
const maxInstantMs = 8.64e15;

function localInstant(ms: number): string {
  if (Math.abs(ms) > maxInstantMs) return '-';
  const at = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [String(at.getFullYear()).padStart(4, '0'), two(at.getMonth() + 1), two(at.getDate())].join('-');
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`;
}
