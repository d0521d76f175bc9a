/** What went wrong, as a command tells it: a line for people, one JSON document with `--json`; and its exit code. @module */
import type { CommanderError } from 'commander';
import { ConfigError } from '../config/index.js';
import { AppError } from '../kernel/errors.js';
import { jsonText, printable } from './cells.js';
import { CommandEnd, exitCodes } from './output.js';

export interface Failure {
  readonly exitCode: number;
  readonly code: string;
  readonly message: string;
  /** What the message is about: the name of an option or of a member. */
  readonly field: string | null;
  readonly fix: string | null;
}

const endCodes: Readonly<Record<number, string>> = {
  [exitCodes.answerIsNo]: 'cli.answer_is_no',
  [exitCodes.wrongUse]: 'cli.wrong_use',
  [exitCodes.couldNotDetermine]: 'cli.undetermined',
  [exitCodes.interrupted]: 'cli.cancelled',
};

/** Nothing of a foreign error's own text is shown. */
export function explain(error: unknown): Failure {
  if (error instanceof CommandEnd) {
    const { exitCode, message, fix } = error;
    return { exitCode, code: endCodes[exitCode] ?? 'cli.ended', message, field: null, fix };
  }
  if (error instanceof ConfigError) {
    return { exitCode: exitCodes.wrongUse, code: 'config.refused', message: error.message, field: null, fix: null };
  }
  if (error instanceof AppError) {
    const { code, message, details } = error;
    return { exitCode: exitCodeOf(error), code, message, field: details.field ?? null, fix: details.fix ?? null };
  }
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  const message = `Something failed that should not have${code}.`;
  return { exitCode: exitCodes.couldNotDetermine, code: 'internal', message, field: null, fix: null };
}

function exitCodeOf({ kind }: AppError): number {
  switch (kind) {
    case 'invalid_input':
      return exitCodes.wrongUse;
    case 'cancelled':
      return exitCodes.interrupted;
    case 'internal':
    case 'unavailable':
    case 'timeout':
      return exitCodes.couldNotDetermine;
    default:
      return exitCodes.answerIsNo;
  }
}

/** Tells a failure on standard error and returns the exit code. */
export function reportFailure(error: unknown, isJson: boolean): number {
  const { exitCode, code, message, field, fix } = explain(error);
  if (isJson) process.stderr.write(`${jsonText({ error: { code, message, field, fix } })}\n`);
  else process.stderr.write(`${printableLines(lineOf(message, field, fix))}\n`);
  return exitCode;
}

/** A mistake in typing. For people the parser has told it by now. */
export function reportTypingMistake(error: CommanderError, isJson: boolean): number {
  if (error.exitCode === 0) return exitCodes.done;
  if (isJson) {
    const [message = '', ...hints] = error.message.replace(/^error: /, '').split('\n');
    const isHelp = error.code === 'commander.help';
    const hint = hints.map((line) => line.replace(/^\((.*)\)$/, '$1')).join(' ');
    const told = {
      ...{ code: 'cli.wrong_use', message: isHelp ? 'A command is missing.' : message },
      ...{ field: null, fix: hint === '' ? '--help tells more' : hint },
    };
    process.stderr.write(`${jsonText({ error: told })}\n`);
  }
  return exitCodes.wrongUse;
}

/** What may hold anything somebody typed or a server said, line by line. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

function lineOf(message: string, field: string | null, fix: string | null): string {
  return `${message}${field === null ? '' : ` (${field})`}${fix === null ? '' : ` ${fix}`}`;
}
