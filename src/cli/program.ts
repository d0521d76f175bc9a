/**
 * The command line: which commands there are, and how their failures become exit codes.
 *
 * @module
 */
import { Command, CommanderError } from 'commander';
import { apiKeyCommand } from './api-keys.js';
import { auditCommand } from './audit.js';
import { backupCommand, restoreCommand } from './backup.js';
import { completionCommand } from './completion.js';
import { configCommand } from './config.js';
import { datasetCommand } from './dataset.js';
import { demoCommand } from './demo.js';
import { doctorCommand } from './doctor.js';
import { expiringCommand } from './expiring.js';
import { printableLines, reportFailure, reportTypingMistake } from './failure.js';
import { grantCommand } from './grant.js';
import { keysCommand } from './keys.js';
import { migrateCommand } from './migrate.js';
import { openapiCommand } from './openapi.js';
import { CommandEnd, exitCodes } from './output.js';
import { roleCommand } from './role.js';
import { serveCommand } from './serve.js';
import { sessionCommand } from './sessions.js';
import { sourceCommand } from './source.js';
import { adminCommand, organisationCommand, serviceAccountCommand, userCommand } from './users.js';

export function createProgram(version: string): Command {
  const program = new Command('latchkey')
    .description('One door to your databases: who is asking, what they may touch, and the databases behind it.')
    .version(version)
    .option('--json', 'answer with one JSON document')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(printableLines(text)) })
    .showHelpAfterError('(--help tells more)')
    .addHelpText(
      'after',
      '\nSettings come from LATCHKEY_* variables and latchkey.config.json: see latchkey config show.\nExit codes: 0 done · 1 the answer is no · 2 wrong use · 3 could not determine.',
    );
  for (const command of [
    serveCommand(),
    demoCommand(),
    adminCommand(),
    userCommand(),
    serviceAccountCommand(),
    organisationCommand(),
    apiKeyCommand(),
    sessionCommand(),
    expiringCommand(),
    keysCommand(),
    roleCommand(),
    sourceCommand(),
    datasetCommand(),
    grantCommand(),
    auditCommand(),
    backupCommand(),
    restoreCommand(),
    migrateCommand(),
    configCommand(),
    doctorCommand(),
    openapiCommand(),
    completionCommand(),
  ]) {
    program.addCommand(command);
    prepare(command, program);
  }
  return program;
}

/** `--json` may stand before or behind the verb; every verb errs and helps like the program itself. */
function prepare(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  if (command.commands.length === 0) command.option('--json', 'answer with one JSON document');
  for (const verb of command.commands) prepare(verb, command);
}

/** @returns the exit code. */
export async function run(program: Command, argv: readonly string[]): Promise<number> {
  const isJson = argv.includes('--json');
  // With --json what the parser has to say is told in the one document of the failure.
  if (isJson) everyCommand(program, (command) => command.configureOutput({ writeErr: () => undefined }));
  watchStreams();
  const code = await codeOf(program, argv, isJson);
  // What could not be written is known when what stands behind it had its turn.
  await new Promise((resolve) => process.stdout.write('', resolve));
  await new Promise(setImmediate);
  return streams.haveFailed && code === exitCodes.done ? reportFailure(notWritten(), isJson) : code;
}

async function codeOf(program: Command, argv: readonly string[], isJson: boolean): Promise<number> {
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    if (error instanceof CommanderError) return reportTypingMistake(error, isJson);
    if (error instanceof CommandEnd && error.message === '') return error.exitCode;
    return reportFailure(error, isJson);
  }
}

/** Whoever stops reading (`| head`) is no fault, and nothing is said of it; a full disk is one. */
const streams = { areWatched: false, haveFailed: false };

function watchStreams(): void {
  if (streams.areWatched) return;
  streams.areWatched = true;
  process.stdout.on('error', (fault: NodeJS.ErrnoException) => {
    streams.haveFailed ||= fault.code !== 'EPIPE';
  });
  process.stderr.on('error', () => undefined);
}

function notWritten(): CommandEnd {
  return new CommandEnd(exitCodes.couldNotDetermine, 'The answer could not be written to standard output.');
}

export function everyCommand(command: Command, look: (one: Command) => void): void {
  look(command);
  for (const verb of command.commands) everyCommand(verb, look);
}
