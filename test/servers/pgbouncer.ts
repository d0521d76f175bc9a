/**
 * Starts throw-away PgBouncers in front of a test PostgreSQL.
 *
 * @module
 */
import { chownSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accountFor, freePort, makeFolder, type RunningServer, run, startServer } from './processes.js';
import type { Address, PgbouncerPrograms } from './types.js';

export interface PgbouncerOptions {
  /** The server behind it. */
  readonly upstream: Address;
  /** Name → password; both for those who come and for itself at the server. */
  readonly users: Readonly<Record<string, string>>;
  /** Name → what follows in the line: `dbname=app pool_size=1`; `*` is every other. */
  readonly databases?: Readonly<Record<string, string>>;
  /** Lines of `[pgbouncer]`: `{ query_wait_timeout: 1 }`; a function gets the folder of {@link files}. */
  readonly settings?: Readonly<Record<string, string | number | ((folder: string) => string)>>;
  /** Name → text of files it is to find in its folder. */
  readonly files?: Readonly<Record<string, string>>;
}

export type RunningPgbouncer = RunningServer & { readonly version: string };

/** Starts one that pools transactions and asks for SCRAM; about 0.1 s. */
export async function startPgbouncerWith(
  programs: PgbouncerPrograms,
  options: PgbouncerOptions,
): Promise<RunningPgbouncer> {
  // It refuses to run as root.
  const account = accountFor('postgres', 'nobody');
  const folder = makeFolder('pgbouncer', account);
  const write = (name: string, lines: readonly string[]) => {
    const path = join(folder, name);
    writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
    if (account !== null) chownSync(path, account.uid, account.gid);
    return path;
  };
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  try {
    const version = await run(programs.daemon, ['--version'], { account, folder });
    const port = await freePort();
    const users = write(
      'users.txt',
      Object.entries(options.users).map(([name, password]) => `${quote(name)} ${quote(password)}`),
    );
    for (const [name, text] of Object.entries(options.files ?? {})) write(name, [text]);
    const { host, port: upstreamPort } = options.upstream;
    const databases = Object.entries(options.databases ?? { '*': '' });
    const settings: NonNullable<PgbouncerOptions['settings']> = {
      listen_addr: '127.0.0.1',
      listen_port: port,
      unix_socket_dir: '',
      auth_type: 'scram-sha-256',
      auth_file: users,
      pool_mode: 'transaction',
      ...options.settings,
    };
    const config = write('pgbouncer.ini', [
      '[databases]',
      ...databases.map(([name, more]) => `${name} = host=${host} port=${upstreamPort} ${more}`),
      '[pgbouncer]',
      ...Object.entries(settings).map(
        ([name, value]) => `${name} = ${typeof value === 'function' ? value(folder) : value}`,
      ),
    ]);
    const server = await startServer({
      folder,
      account,
      program: programs.daemon,
      host: '127.0.0.1',
      port,
      args: [config],
      endSignal: 'SIGTERM',
      isReady: (output) => output.includes('process up'),
    });
    return { ...server, version: /\d+\.\d+\.\d+/.exec(version)?.[0] ?? 'unknown' };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
