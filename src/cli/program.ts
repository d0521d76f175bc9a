/**
 * The command line: which commands there are, and how their failures become exit codes.
 *
 * @module
 */
import { Command, CommanderError } from 'commander';
import { apiKeyCommand } from './api-keys.js';
import { auditCommand } from './audit.js';
import { backupCommand, restoreCommand } from './backup.js';
import { configCommand } from './config.js';
import { datasetCommand } from './dataset.js';
import { demoCommand } from './demo.js';
import { doctorCommand } from './doctor.js';
import { expiringCommand } from './expiring.js';
import { grantCommand } from './grant.js';
import { keysCommand } from './keys.js';
import { CommandEnd, exitCodes } from './output.js';
import { roleCommand } from './role.js';
import { serveCommand } from './serve.js';
import { reportFailure } from './session.js';
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
    configCommand(),
    doctorCommand(),
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
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.wrongUse;
    if (error instanceof CommandEnd && error.message === '') return error.exitCode;
    return reportFailure(error, argv.includes('--json'));
  }
}
