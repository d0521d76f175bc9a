/**
 * What a command says: tables and lines for people, one JSON document with `--json`. Values that come from a store, a
 * database or a server are shown without control characters, so that they cannot drive the terminal.
 *
 * @module
 */
import { ConfigError } from '../config/index.js';
import { AppError } from '../kernel/errors.js';

/** Exit codes of every command. */
export const exitCodes = {
  done: 0,
  /** A test failed, a check found something. */
  answerIsNo: 1,
  wrongUse: 2,
  couldNotDetermine: 3,
} as const;

/** Ends a command with an exit code; thrown so that what is open gets closed on the way. */
export class CommandEnd extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.name = 'CommandEnd';
    this.exitCode = exitCode;
  }
}

export interface Output {
  readonly isJson: boolean;
  /** The command's answer: `value` with `--json`, `lines` for people. */
  answer(value: unknown, lines: readonly string[]): void;
  /** A remark for people, on standard error. */
  remark(line: string): void;
}

export function createOutput(isJson: boolean): Output {
  return {
    isJson,
    answer(value, lines) {
      if (isJson) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
      else if (lines.length > 0) process.stdout.write(`${lines.map(printable).join('\n')}\n`);
    },
    remark(line) {
      process.stderr.write(`${printable(line)}\n`);
    },
  };
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
  // Every failed write is told to its own caller; the event besides would end the process.
  process.stdout.on('error', () => undefined);
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
      else reject(new CommandEnd(exitCodes.done, ''));
    });
  });
}

/** Without C0, C1, bidi controls and line separators; what is left cannot move a cursor or reorder a line. */
export function printable(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·');
}

/** Columns aligned by their widest cell. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [headings, ...rows].map((row) => row.map(printable));
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => (column === headings.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** `2026-11-22T10:00:00Z`, or `-` for none. */
export function instant(ms: number | null): string {
  return ms === null ? '-' : new Date(ms).toISOString().replace('.000Z', 'Z');
}

/** What went wrong, as a command tells it; nothing of a foreign error's own text is shown. */
export function explain(error: unknown): { exitCode: number; message: string; code: string } {
  if (error instanceof CommandEnd) return { exitCode: error.exitCode, message: error.message, code: 'cli.ended' };
  if (error instanceof ConfigError) {
    return { exitCode: exitCodes.wrongUse, message: error.message, code: 'config.refused' };
  }
  if (error instanceof AppError) {
    const isDetermined = error.kind !== 'internal' && error.kind !== 'unavailable' && error.kind !== 'timeout';
    const field = error.details.field === undefined ? '' : ` (${error.details.field})`;
    const fix = error.details.fix === undefined ? '' : ` ${error.details.fix}`;
    return {
      exitCode:
        error.kind === 'invalid_input'
          ? exitCodes.wrongUse
          : isDetermined
            ? exitCodes.answerIsNo
            : exitCodes.couldNotDetermine,
      message: `${error.message}${field}${fix}`,
      code: error.code,
    };
  }
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return {
    exitCode: exitCodes.couldNotDetermine,
    message: `Something failed that should not have${code}.`,
    code: 'internal',
  };
}
