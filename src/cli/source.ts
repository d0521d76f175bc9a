/** `latchkey source test`: one typed verdict for a database's credentials, from the terminal. @module */
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { Secret } from '../kernel/secret.js';
import { askPassword } from './ask.js';
import { CommandEnd, exitCodes, table } from './output.js';
import { withApp } from './session.js';
import { wholeNumber } from './users.js';

interface TestOptions {
  readonly engine?: string;
  readonly host: string;
  readonly port?: string;
  readonly user?: string;
  readonly database: string;
  readonly authType: string;
  readonly sslMode?: string;
  readonly caFile?: string;
  readonly timeout: number;
  readonly passwordStdin?: boolean;
}

export function sourceCommand(): Command {
  const source = new Command('source').description('databases');
  source
    .command('test')
    .description('test credentials: which step fails, why, who can fix it, and how')
    .addOption(
      new Option('--engine <engine>', 'found out from the port or the server when absent').choices([
        'postgres',
        'mysql',
        'mariadb',
        'sqlite',
      ]),
    )
    .option('--host <host>', 'host name or IP address', 'localhost')
    .option('--port <port>', 'port')
    .option('--user <name>', 'database user')
    .requiredOption('--database <name>', 'database; for SQLite the file')
    .addOption(
      new Option('--auth-type <type>', 'what the password is').choices(['basic', 'oauth', 'token']).default('basic'),
    )
    .addOption(
      new Option('--ssl-mode <mode>', 'TLS').choices([
        'disable',
        'allow',
        'prefer',
        'require',
        'verify-ca',
        'verify-full',
      ]),
    )
    .option('--ca-file <path>', 'PEM file of the trusted issuer')
    .option('--timeout <seconds>', 'for the whole test, at most 30', wholeNumber, 10)
    .option('--password-stdin', 'read the password from standard input')
    .addHelpText(
      'after',
      '\nExample:\n  latchkey source test --host db.internal --port 5432 --user app --database shop --ssl-mode verify-full',
    )
    .action(async (options: TestOptions, command: Command) => {
      await withApp(command, async ({ app, actor, output }) => {
        const isFile = options.engine === 'sqlite';
        const parsed = app.sources.parseTarget({
          authType: options.authType,
          host: options.host,
          port: options.port ?? standardPort(options.engine),
          username: options.user,
          password: isFile
            ? new Secret('')
            : await askPassword(options, `Password of ${options.user ?? 'the user'}`, false),
          database: options.database,
          engine: options.engine,
          extra: {
            ...(options.sslMode === undefined ? {} : { ssl_mode: options.sslMode }),
            ...(options.caFile === undefined ? {} : { ssl_cert: readPem(options.caFile) }),
          },
          strict: true,
        });
        if (!parsed.ok) {
          const faults = parsed.rejections.map((one) => `${one.field}: ${one.fix}`);
          throw new CommandEnd(exitCodes.wrongUse, faults.join('\n'));
        }
        const report = await app.sources.testConnection({
          principal: app.operator().principal,
          target: parsed.target,
          timeoutMs: Math.min(30, options.timeout) * 1000,
          signal: new AbortController().signal,
          origin: actor.origin,
        });
        const rows = report.stages.map((row) => [
          row.stage,
          row.status,
          row.status === 'skip' ? '' : `${Math.round(row.ms)} ms`,
          row.reason ?? '',
        ]);
        const { failure } = report;
        output.answer(report, [
          ...table(['STAGE', 'STATUS', 'TIME', 'REASON'], rows),
          '',
          failure === null
            ? `The test passed${report.serverVersion === null ? '' : `: ${report.serverVersion}`}.`
            : `The test failed at ${failure.stage}: ${failure.reason}.`,
          ...(failure?.fix ? [`Fix (${failure.audience}): ${failure.fix}`] : []),
        ]);
        if (failure !== null) throw new CommandEnd(exitCodes.answerIsNo, '');
      });
    });
  return source;
}

function standardPort(engine: string | undefined): string | undefined {
  if (engine === 'postgres') return '5432';
  if (engine === 'mysql' || engine === 'mariadb') return '3306';
  return undefined;
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new CommandEnd(exitCodes.wrongUse, '--ca-file cannot be read.');
  }
}
