/**
 * What a command needs to be told: secrets from standard input (`--password-stdin`), the environment
 * (`LATCHKEY_PASSWORD`) or a prompt, never from an argument, which every other user of the machine can read; and a word
 * before something is destroyed. It is asked only where somebody sits at both ends: where standard input and standard
 * output are a terminal.
 *
 * @module
 */
import { Writable } from 'node:stream';
import { takeCommandSecret, terminalWishes } from '../config/index.js';
import { Secret } from '../kernel/secret.js';
import { printable } from './cells.js';
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
      'A password is needed and there is no terminal to ask on.',
      'Use --password-stdin or LATCHKEY_PASSWORD.',
    );
  }
  const first = await typedPassword(question);
  if (isNew) {
    const strength = rate === undefined ? '' : ` (strength: ${rate(new Secret(first))})`;
    if (first !== (await typedPassword(`Once more${strength}`))) {
      throw new CommandEnd(exitCodes.wrongUse, 'The two passwords differ.');
    }
  }
  return new Secret(first);
}

/** A value that is not secret, asked for only on a terminal. @param what  `A user name: latchkey admin create <name>` */
export async function askText(given: string | undefined, question: string, what: string): Promise<string> {
  if (given !== undefined) return given;
  if (!isInteractive()) throw new CommandEnd(exitCodes.wrongUse, `${what} is needed.`);
  return typedText(question);
}

/** Goes on only by a clear yes. @param option  What says it where there is no terminal. */
export interface DestroyOptions {
  /** It is meant: nothing is asked. */
  readonly yes?: boolean;
}

/** So much goes at once that a script has to say so, too. @param loss  As of {@link confirmLoss}. */
export async function confirmGreatLoss(options: DestroyOptions, loss: string, name: string | null): Promise<void> {
  if (options.yes !== true && !isInteractive()) {
    throw new CommandEnd(exitCodes.wrongUse, `${loss}.`, 'Say that it is meant with --yes.');
  }
  await confirmLoss(options, loss, name);
}

/** The option that says so, for every verb that destroys something. */
export const yesOption = ['--yes', 'do not ask whether it is meant'] as const;

/**
 * A slip on a terminal destroys nothing: there the name of what goes is asked for. A script that names it has said it.
 *
 * @param loss  What will be gone: `User ada with every session and API key`.
 * @param name  What has to be typed; `null` where it has no name, which takes a yes.
 */
export async function confirmLoss({ yes = false }: DestroyOptions, loss: string, name: string | null): Promise<void> {
  if (yes || !isInteractive()) return;
  if (name === null) return typedYes(`${loss}. Go on?`);
  const typed = await typedText(`${loss}. Type ${name} to go on`);
  if (typed.trim() !== name) throw new CommandEnd(exitCodes.answerIsNo, 'Nothing was done: that is another name.');
}

function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

async function typedPassword(question: string): Promise<string> {
  const { isCancel, password } = await import('@clack/prompts');
  const answer = await password({ message: printable(question), output: promptOutput() });
  if (isCancel(answer)) throw cancelled();
  return answer ?? '';
}

async function typedText(question: string): Promise<string> {
  const { isCancel, text } = await import('@clack/prompts');
  const answer = await text({ message: printable(question), output: promptOutput() });
  if (isCancel(answer)) throw cancelled();
  return answer ?? '';
}

async function typedYes(question: string): Promise<void> {
  const prompts = await import('@clack/prompts');
  const output = promptOutput();
  const answer = await prompts.confirm({ message: printable(question), initialValue: false, output });
  if (prompts.isCancel(answer)) throw cancelled();
  if (!answer) throw new CommandEnd(exitCodes.answerIsNo, 'Nothing was done.');
}

function cancelled(): CommandEnd {
  return new CommandEnd(exitCodes.interrupted, 'Cancelled: nothing was done.');
}

/** Beside the answer, which may be one JSON document; without colours where they are not wished for. */
function promptOutput(): Writable {
  const stream = process.stderr.isTTY === true ? process.stderr : process.stdout;
  if (!terminalWishes().isColourless) return stream;
  const plain = new Writable({
    decodeStrings: false,
    write(chunk: unknown, _encoding, done) {
      stream.write(String(chunk).replace(/\p{Cc}\[[\d;]*m/gu, ''), done);
    },
  });
  return Object.assign(plain, { isTTY: true, columns: stream.columns, rows: stream.rows });
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
