/**
 * Log lines: JSON on standard output, pretty on a terminal. Rooms say what happened; only this room decides how it is
 * written. Errors are logged by name, code and stack; values that could be secrets never reach it, because they are of
 * type `Secret`.
 *
 * @module
 */
import { type Logger, pino } from 'pino';
import { AppError } from '../kernel/errors.js';

export type Log = Logger;

export interface LogOptions {
  readonly level: string;
  /** For a person at a terminal instead of a machine. */
  readonly isPretty: boolean;
}

export function createLog(options: LogOptions): Log {
  return pino({
    level: options.level,
    base: null,
    // UTC, so that lines of several machines sort.
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { fault: describeFault },
    ...(options.isPretty
      ? { transport: { target: 'pino-pretty', options: { translateTime: 'SYS:HH:MM:ss', ignore: 'requestId' } } }
      : {}),
  });
}

/**
 * What of an error may be written: its own text can quote what a database or a client sent, so of foreign errors only
 * the name, code and where they were thrown are kept.
 */
function describeFault(fault: unknown): object {
  if (!(fault instanceof Error)) return { type: typeof fault };
  const code: unknown = 'code' in fault ? fault.code : undefined;
  return {
    type: fault.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(fault instanceof AppError ? { message: fault.message } : {}),
    at: frames(fault),
    ...(fault.cause === undefined ? {} : { cause: describeFault(fault.cause) }),
  };
}

/** The frames of a stack without its first line, which repeats the message. */
function frames(error: Error): string[] {
  return (error.stack ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '))
    .slice(0, 8);
}
