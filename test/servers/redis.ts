/**
 * Starts throw-away Redis servers.
 *
 * @module
 */
import { rmSync } from 'node:fs';
import { freePort, makeFolder, type RunningServer, randomPassword, run, startServer } from './processes.js';
import type { RedisAddress } from './types.js';

export type RunningRedis = RunningServer & RedisAddress;

/** Starts a server that keeps everything in memory and asks for a random password. */
export async function startRedisWith(programs: { readonly daemon: string }): Promise<RunningRedis> {
  const folder = makeFolder('redis', null);
  const password = randomPassword();
  try {
    const version = await run(programs.daemon, ['--version'], { account: null, folder });
    const port = await freePort();
    const server = await startServer({
      folder,
      account: null,
      program: programs.daemon,
      host: '127.0.0.1',
      port,
      args: ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', '', '--requirepass', password],
      endSignal: 'SIGTERM',
      isReady: (output) => output.includes('Ready to accept connections'),
    });
    return { ...server, password, version: /v=(\S+)/.exec(version)?.[1] ?? 'unknown' };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
