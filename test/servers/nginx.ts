/**
 * Starts throw-away nginxes with a configuration of the test's own.
 *
 * @module
 */
import { chownSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accountFor, makeFolder, type RunningServer, startServer } from './processes.js';
import type { NginxPrograms } from './types.js';

export interface NginxOptions {
  /** What stands in its `http` block. */
  readonly http: string;
  /** Where that listens. */
  readonly port: number;
}

/** One worker, nothing outside its folder; about 0.1 s. */
export async function startNginxWith(programs: NginxPrograms, options: NginxOptions): Promise<RunningServer> {
  const account = accountFor('www-data', 'nobody');
  const folder = makeFolder('nginx', account);
  const write = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    if (account !== null) chownSync(path, account.uid, account.gid);
    return path;
  };
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  try {
    write('http.conf', options.http);
    const config = write(
      'nginx.conf',
      `daemon off;
pid ${join(folder, 'nginx.pid')};
error_log stderr notice;
worker_processes 1;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${join(folder, name)};`).join('\n  ')}
  include ${join(folder, 'http.conf')};
}
`,
    );
    return await startServer({
      folder,
      account,
      program: programs.daemon,
      host: '127.0.0.1',
      port: options.port,
      args: ['-p', folder, '-e', 'stderr', '-c', config],
      endSignal: 'SIGTERM',
      isReady: (output) => output.includes('start worker process '),
    });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
