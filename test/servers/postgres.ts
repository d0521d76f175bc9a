/**
 * Starts throw-away PostgreSQL servers and runs SQL on them as superuser.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import {
  type Account,
  accountFor,
  canEnter,
  copyFolder,
  freePort,
  makeFolder,
  type RunningServer,
  randomPassword,
  run,
  startServer,
} from './processes.js';
import type { PostgresAddress, PostgresPrograms } from './types.js';

export interface PostgresOptions {
  /** Lines of pg_hba.conf for TCP; the default asks everyone on loopback for a SCRAM password. */
  readonly hba?: readonly string[];
  /** Lines of postgresql.conf: `{ password_encryption: 'md5' }`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** PEM texts; `ca` makes the server ask clients for certificates where hba says so. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  readonly port?: number;
  /** Addresses to listen on; the default is `127.0.0.1`. */
  readonly listen?: string;
  /** Keeps a copy of its data folder from before its first start, beside it, for as long as it has its own. */
  readonly keepsTemplate?: true;
  /** More of the server's environment; gets the server's folder. */
  readonly environment?: (folder: string) => Promise<Readonly<Record<string, string>>>;
}

export type RunningPostgres = RunningServer &
  PostgresAddress & { readonly template?: NonNullable<PostgresPrograms['template']> };

const superuser = 'postgres';

/** What a throw-away server may do without: surviving the machine. */
const quickSettings = {
  fsync: 'off',
  full_page_writes: 'off',
  shared_buffers: '16MB',
  max_connections: 60,
  timezone: 'UTC',
  log_timezone: 'UTC',
  autovacuum_max_workers: 1,
};

/** Starts a server with its own new data folder; about 0.7 s. */
export async function startPostgresWith(
  programs: PostgresPrograms,
  options: PostgresOptions = {},
): Promise<RunningPostgres> {
  const account = accountFor('postgres', 'nobody');
  const folder = makeFolder('postgres', account);
  try {
    return await prepareAndStart(programs, options, account, folder);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function prepareAndStart(
  programs: PostgresPrograms,
  options: PostgresOptions,
  account: Account | null,
  folder: string,
): Promise<RunningPostgres> {
  const bin = reachablePrograms(programs.folder, account, folder);
  const data = join(folder, 'data');
  const password = programs.template?.password ?? randomPassword();
  const write = (name: string, text: string, mode = 0o600) => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode });
    if (account !== null) chownSync(path, account.uid, account.gid);
    return path;
  };
  if (programs.template === undefined) {
    const passwordFile = write('password', password);
    await run(
      join(bin, 'initdb'),
      [
        `--pgdata=${data}`,
        `--username=${superuser}`,
        `--pwfile=${passwordFile}`,
        '--auth-local=trust',
        '--auth-host=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--no-sync',
        '--no-instructions',
      ],
      { account, folder },
    );
    rmSync(passwordFile);
  } else {
    await copyFolder(programs.template.data, data);
  }
  const template = join(folder, 'template');
  if (options.keepsTemplate === true) await copyFolder(data, template);

  const socket = join(folder, 'socket');
  mkdirSync(socket, { mode: 0o700 });
  if (account !== null) chownSync(socket, account.uid, account.gid);
  const tlsSettings: Record<string, string | boolean> = {};
  if (options.tls !== undefined) {
    tlsSettings['ssl'] = true;
    tlsSettings['ssl_cert_file'] = write('server.crt', options.tls.cert);
    tlsSettings['ssl_key_file'] = write('server.key', options.tls.key);
    if (options.tls.ca !== undefined) tlsSettings['ssl_ca_file'] = write('ca.crt', options.tls.ca);
  }
  const settings = {
    ...quickSettings,
    ...tlsSettings,
    listen_addresses: options.listen ?? '127.0.0.1',
    unix_socket_directories: socket,
    ...options.settings,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'`);
  write(join('data', 'postgresql.auto.conf'), `${lines.join('\n')}\n`);
  const hba = options.hba ?? ['host all all 127.0.0.1/32 scram-sha-256', 'host all all ::1/128 scram-sha-256'];
  write(join('data', 'pg_hba.conf'), `${[`local all ${superuser} trust`, ...hba].join('\n')}\n`);

  const version = (await run(join(bin, 'postgres'), ['--version'], { account, folder })).split(' ')[2] ?? 'unknown';
  const environment = await options.environment?.(folder);
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    try {
      const server = await startServer({
        folder,
        account,
        program: join(bin, 'postgres'),
        host: '127.0.0.1',
        port,
        args: ['-D', data, '-p', String(port)],
        ...(environment === undefined ? {} : { environment }),
        endSignal: 'SIGINT',
        isReady: (_output, pid) => isReady(data, pid),
        keepFolderOnFailure: true,
      });
      return {
        ...{ ...server, superuser, password, socket, version: version.trim() },
        ...(options.keepsTemplate === true ? { template: { data: template, password } } : {}),
      };
    } catch (error) {
      // Somebody may have taken the free port meanwhile.
      if (options.port !== undefined || attempt === 3) throw error;
    }
  }
}

/**
 * postmaster.pid says so: its first line is the process, its eighth the state (src/include/utils/pidfile.h,
 * LOCK_FILE_LINE_PM_STATUS). A server that was killed leaves its own behind.
 */
function isReady(data: string, pid: number): boolean {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return false;
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines[0] === String(pid) && lines[7] !== undefined && ['ready', 'standby'].includes(lines[7].trim());
}

/** The folder of the programs, or a copy of them where their account cannot enter ours. */
function reachablePrograms(bin: string, account: Account | null, folder: string): string {
  if (canEnter(account, bin)) return bin;
  const copy = join(folder, 'programs');
  cpSync(dirname(bin), copy, { recursive: true, verbatimSymlinks: true });
  chmodSync(copy, 0o755);
  return join(copy, 'bin');
}

/** Runs SQL as superuser over the server's own socket; works whatever its TCP rules are. */
export async function postgresSql(
  server: PostgresAddress,
  sql: string,
  options: { readonly database?: string; readonly values?: readonly unknown[] } = {},
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({
    host: server.socket,
    port: server.port,
    user: server.superuser,
    password: server.password,
    database: options.database ?? 'postgres',
  });
  await client.connect();
  try {
    const result = await client.query(sql, options.values === undefined ? undefined : [...options.values]);
    // Several statements at once give a list of results; the last one is the answer.
    const last: pg.QueryResult = Array.isArray(result) ? result.at(-1) : result;
    return last.rows;
  } finally {
    await client.end();
  }
}

/** A new empty database on a shared server. @returns its name. */
export async function createPostgresDatabase(server: PostgresAddress, prefix = 'test'): Promise<string> {
  const name = `${prefix}_${randomBytes(6).toString('hex')}`;
  await postgresSql(server, `create database ${name} template template0`);
  return name;
}

export async function dropPostgresDatabase(server: PostgresAddress, name: string): Promise<void> {
  await postgresSql(server, `drop database if exists ${name} with (force)`);
}

/** `postgres://user:password@host:port/database`, as superuser unless told otherwise. */
export function postgresUrl(
  server: PostgresAddress,
  database: string,
  as: { readonly user: string; readonly password: string } = { user: server.superuser, password: server.password },
): string {
  return `postgres://${encodeURIComponent(as.user)}:${encodeURIComponent(as.password)}@${server.host}:${server.port}/${database}`;
}
