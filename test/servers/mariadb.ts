/**
 * Starts throw-away MariaDB servers and runs SQL on them as superuser.
 *
 * @module
 */
import { chownSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import mysql from 'mysql2/promise';
import {
  accountFor,
  copyFolder,
  freePort,
  makeFolder,
  type RunningServer,
  randomPassword,
  run,
  startServer,
} from './processes.js';
import type { MariadbAddress, MariadbPrograms } from './types.js';

export interface MariadbOptions {
  /** Options of mariadbd: `{ require_secure_transport: 'ON' }`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  readonly port?: number;
  /** Address to listen on; the default is `127.0.0.1`. */
  readonly listen?: string;
  /** Keeps a copy of its data folder from before its first start, beside it, for as long as it has its own. */
  readonly keepsTemplate?: true;
}

export type RunningMariadb = RunningServer &
  MariadbAddress & { readonly template?: NonNullable<MariadbPrograms['template']> };

const superuser = 'superuser';

/** Small files: a data folder costs 25 MB instead of 114. */
const smallFiles = ['--innodb-log-file-size=8M', '--aria-log-file-size=8M'];

/** Starts a server with its own new data folder; about 1 s. */
export async function startMariadbWith(
  programs: MariadbPrograms,
  options: MariadbOptions = {},
): Promise<RunningMariadb> {
  const account = accountFor('mysql');
  const folder = makeFolder('mariadb', account);
  const asUser = account === null ? [] : [`--user=${account.name}`];
  const data = join(folder, 'data');
  const write = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    if (account !== null) chownSync(path, account.uid, account.gid);
    return path;
  };
  try {
    if (programs.template === undefined) {
      await run(
        programs.install,
        [
          '--no-defaults',
          ...asUser,
          `--datadir=${data}`,
          // Two installs at once use the same names in the common temporary folder.
          `--tmpdir=${folder}`,
          '--auth-root-authentication-method=normal',
          '--skip-test-db',
          `--basedir=${dirname(dirname(programs.install))}`,
          ...smallFiles,
        ],
        // The install script starts programs as the account itself and must stay root for that.
        { account: null, folder },
      );
    } else {
      await copyFolder(programs.template.data, data);
    }
    const template = join(folder, 'template');
    if (options.keepsTemplate === true) await copyFolder(data, template);
    const password = randomPassword();
    // Runs before the first connection is taken, so there is no moment with an open account.
    const init = write(
      'init.sql',
      [
        `create or replace user '${superuser}'@'%' identified by '${password}';`,
        `grant all on *.* to '${superuser}'@'%' with grant option;`,
        // The install script leaves root accounts without a password and anonymous ones.
        `delete from mysql.global_priv where User not in ('${superuser}', 'mariadb.sys');`,
        'flush privileges;',
        '',
      ].join('\n'),
    );
    const tlsArgs: string[] = [];
    if (options.tls !== undefined) {
      tlsArgs.push(`--ssl-cert=${write('server.crt', options.tls.cert)}`);
      tlsArgs.push(`--ssl-key=${write('server.key', options.tls.key)}`);
      if (options.tls.ca !== undefined) tlsArgs.push(`--ssl-ca=${write('ca.crt', options.tls.ca)}`);
    }
    const socket = join(folder, 'socket');
    const settings = Object.entries(options.settings ?? {}).map(([name, value]) => `--${name}=${String(value)}`);
    const version = await run(programs.daemon, ['--no-defaults', '--version'], { account, folder });
    for (let attempt = 1; ; attempt += 1) {
      const port = options.port ?? (await freePort());
      try {
        const server = await startServer({
          folder,
          account: null,
          program: programs.daemon,
          host: '127.0.0.1',
          port,
          args: [
            '--no-defaults',
            ...asUser,
            `--datadir=${data}`,
            `--socket=${socket}`,
            `--pid-file=${join(folder, 'pid')}`,
            `--port=${port}`,
            `--bind-address=${options.listen ?? '127.0.0.1'}`,
            `--init-file=${init}`,
            '--skip-name-resolve',
            '--skip-log-bin',
            '--performance-schema=OFF',
            '--innodb-buffer-pool-size=16M',
            '--innodb-flush-log-at-trx-commit=2',
            '--innodb-flush-method=nosync',
            ...smallFiles,
            ...tlsArgs,
            ...settings,
          ],
          endSignal: 'SIGTERM',
          isReady: (output) => output.includes('ready for connections'),
          keepFolderOnFailure: true,
        });
        return {
          ...{ ...server, superuser, password, socket, version: /Ver (\S+)/.exec(version)?.[1] ?? 'unknown' },
          ...(options.keepsTemplate === true ? { template: { data: template } } : {}),
        };
      } catch (error) {
        // Somebody may have taken the free port meanwhile.
        if (options.port !== undefined || attempt === 3) throw error;
      }
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Runs SQL as superuser over the server's own socket; several statements at once are fine. */
export async function mariadbSql(
  server: MariadbAddress,
  sql: string,
  options: { readonly database?: string; readonly values?: readonly (string | number | null)[] } = {},
): Promise<Record<string, unknown>[]> {
  const connection = await mysql.createConnection({
    socketPath: server.socket,
    user: server.superuser,
    password: server.password,
    multipleStatements: true,
    ...(options.database === undefined ? {} : { database: options.database }),
  });
  try {
    const [rows] = await connection.query(sql, [...(options.values ?? [])]);
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
  } finally {
    await connection.end();
  }
}
