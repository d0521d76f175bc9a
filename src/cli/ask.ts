/**
 * Secrets a command needs: from standard input (`--password-stdin`), the environment (`LATCHKEY_PASSWORD`) or a prompt
 * on a terminal; never from an argument, which every other user of the machine can read.
 *
 * @module
 */
import { isCancel, confirm as promptConfirm, password as promptPassword, text as promptText } from '@clack/prompts';
import { takeCommandSecret } from '../config/index.js';
import { Secret } from '../kernel/secret.js';
import { CommandEnd, exitCodes } from './output.js';

export interface PasswordOptions {
  readonly passwordStdin?: boolean;
}

/**
 * @param question    What the prompt asks.
 * @param isNew       Asks twice at a prompt, so that a slip of the finger locks nobody out.
 * @param rate        One word on what was typed, shown before it is asked for again.
 */
export async function askPassword(
  options: PasswordOptions,
  question: string,
  isNew: boolean,
  rate?: (typed: Secret) => string,
): Promise<Secret> {
  if (options.passwordStdin === true) return readFirstLine();
  const fromEnvironment = takeCommandSecret('LATCHKEY_PASSWORD');
  if (fromEnvironment !== null) return fromEnvironment;
  if (!isInteractive()) {
    throw new CommandEnd(
      exitCodes.wrongUse,
      'A password is needed and there is no terminal to ask on: use --password-stdin or LATCHKEY_PASSWORD.',
    );
  }
  const first = await promptPassword({ message: question });
  if (isCancel(first)) throw new CommandEnd(exitCodes.wrongUse, 'Cancelled.');
  if (isNew) {
    const second = await promptPassword({
      message: rate === undefined ? 'Once more' : `Once more (strength: ${rate(new Secret(first))})`,
    });
    if (isCancel(second)) throw new CommandEnd(exitCodes.wrongUse, 'Cancelled.');
    if (first !== second) throw new CommandEnd(exitCodes.wrongUse, 'The two passwords differ.');
  }
  return new Secret(first);
}

/** A value that is not secret, asked for only on a terminal. */
export async function askText(given: string | undefined, question: string, option: string): Promise<string> {
  if (given !== undefined) return given;
  if (!isInteractive()) throw new CommandEnd(exitCodes.wrongUse, `${option} is needed.`);
  const answer = await promptText({ message: question });
  if (isCancel(answer)) throw new CommandEnd(exitCodes.wrongUse, 'Cancelled.');
  return answer;
}

/** Goes on only by a clear yes. @param option  What says it where there is no terminal. */
export async function confirm(question: string, option: string): Promise<void> {
  if (!isInteractive()) throw new CommandEnd(exitCodes.wrongUse, `${question} Say so with ${option}.`);
  const answer = await promptConfirm({ message: question, initialValue: false });
  if (isCancel(answer) || !answer) throw new CommandEnd(exitCodes.wrongUse, 'Cancelled.');
}

function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** The first line without its line end; the rest of the password is taken exactly as it is. */
async function readFirstLine(): Promise<Secret> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  const bytes = Buffer.concat(chunks);
  let line: string;
  try {
    line = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CommandEnd(exitCodes.wrongUse, 'The password on standard input is not UTF-8.');
  }
  const end = line.indexOf('\n');
  return new Secret((end === -1 ? line : line.slice(0, end)).replace(/\r$/, ''));
}
