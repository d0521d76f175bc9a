/** Flags that say where a database is, how it is secured and who we are there. Passwords are never among them. @module */
import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { App } from '../app.js';
import { Secret } from '../kernel/secret.js';
import { askPassword } from './ask.js';
import { CommandEnd, exitCodes } from './output.js';

export type RawTarget = Parameters<App['sources']['parseTarget']>[0];

export interface TargetOptions {
  readonly engine?: string;
  readonly host?: string;
  readonly port?: string;
  readonly user?: string;
  readonly database?: string;
  readonly authType?: string;
  readonly sslMode?: string;
  readonly caFile?: string;
  readonly clientCertFile?: string;
  readonly clientKeyFile?: string;
  readonly passwordStdin?: boolean;
}

const fileEngines: ReadonlySet<string | undefined> = new Set(['sqlite', 'duckdb']);

/** @param canChangeEngine  A stored source keeps its engine. */
export function addTargetOptions(command: Command, canChangeEngine: boolean): Command {
  if (canChangeEngine) {
    command.addOption(
      new Option('--engine <engine>', 'found out from the port or the server when absent').choices([
        'postgres',
        'mysql',
        'mariadb',
        'sqlite',
        'duckdb',
      ]),
    );
  }
  return command
    .option('--host <host>', 'host name or IP address (default: localhost)')
    .option('--port <port>', 'port')
    .option('--user <name>', 'database user')
    .option('--database <name>', 'database; for SQLite and DuckDB the file')
    .addOption(new Option('--auth-type <type>', 'what the password is').choices(['basic', 'oauth', 'token']))
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
    .option('--client-cert-file <path>', 'PEM file of our own certificate')
    .option('--client-key-file <path>', 'PEM file of its key')
    .option('--password-stdin', 'read the password from standard input');
}

/** The target the flags name; the password is asked for unless there is none to ask for. */
export async function readTarget(options: TargetOptions, hasReference: boolean): Promise<RawTarget> {
  const isFile = fileEngines.has(options.engine);
  return {
    authType: options.authType ?? 'basic',
    host: options.host ?? (isFile ? undefined : 'localhost'),
    port: options.port ?? standardPort(options.engine),
    username: options.user,
    password: hasReference
      ? null
      : isFile && options.passwordStdin !== true
        ? new Secret('')
        : await askPassword(options, `Password of ${options.user ?? 'the user'}`, false),
    database: options.database,
    engine: options.engine,
    extra: readTls(options) ?? {},
    strict: true,
  };
}

/** TLS settings as `extra` of a target names them; `undefined` when no flag says anything about it. */
export function readTls(options: TargetOptions): Readonly<Record<string, string>> | undefined {
  const tls = {
    ...(options.sslMode === undefined ? {} : { ssl_mode: options.sslMode }),
    ...(options.caFile === undefined ? {} : { ssl_cert: readPem('--ca-file', options.caFile) }),
    ...(options.clientCertFile === undefined
      ? {}
      : { ssl_client_cert: readPem('--client-cert-file', options.clientCertFile) }),
    ...(options.clientKeyFile === undefined
      ? {}
      : { ssl_client_key: readPem('--client-key-file', options.clientKeyFile) }),
  };
  return Object.keys(tls).length === 0 ? undefined : tls;
}

export function standardPort(engine: string | undefined): string | undefined {
  if (engine === 'postgres') return '5432';
  if (engine === 'mysql' || engine === 'mariadb') return '3306';
  return undefined;
}

function readPem(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new CommandEnd(exitCodes.wrongUse, `${option} cannot be read.`);
  }
}
