/**
 * Server processes of the tests: started under an account that the server accepts, in a throw-away folder, and
 * ended with their folder whatever becomes of the test run. A small shell per server (the reaper) holds a pipe to this process; when the pipe closes
 * without a word, the run has died, and the reaper ends the server and removes the folder.
 *
 * @module
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  accessSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Address } from './types.js';

const execFileAsync = promisify(execFile);

/** The account a server runs under; `null` for our own. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The first of the named accounts that exists; `null` when we are not root and need none. */
export function accountFor(...names: string[]): Account | null {
  if (!isRoot()) return null;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of names) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(`none of the accounts ${names.join(', ')} exists, and the server refuses to run as root`);
}

/** Whether the account can enter a folder. Asked of the system itself, by a program that runs as that account. */
export function canEnter(account: Account | null, folder: string): boolean {
  if (account === null) {
    try {
      accessSync(folder, constants.X_OK | constants.R_OK);
      return true;
    } catch {
      return false;
    }
  }
  return (
    spawnSync('/usr/bin/test', ['-x', folder, '-a', '-r', folder], { uid: account.uid, gid: account.gid, cwd: '/' })
      .status === 0
  );
}

/** Makes a throw-away folder that belongs to the account, at a place the account can reach. */
export function makeFolder(name: string, account: Account | null): string {
  const bases = [tmpdir(), '/tmp', '/var/tmp'].filter((base) => existsSync(base));
  const base = bases.find((candidate) => canEnter(account, candidate));
  if (base === undefined) throw new Error(`no temporary folder that ${account?.name ?? 'this user'} can enter`);
  const folder = mkdtempSync(join(base, `latchkey-${name}-`));
  if (account !== null) chownSync(folder, account.uid, account.gid);
  return folder;
}

export function randomPassword(): string {
  return randomBytes(18).toString('base64url');
}

/** A port that was free a moment ago. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const listener = createServer().listen(0, host);
  await once(listener, 'listening');
  const address = listener.address();
  listener.close();
  await once(listener, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has a port');
  return address.port;
}

/** Nothing of our own environment reaches a server (`PGHOST`, `MYSQL_…`), and messages are in English. */
function bareEnvironment(folder: string): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: folder, LC_ALL: 'C', TZ: 'UTC' };
}

/** With owners, modes and times, as the account that owns it needs them. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await execFileAsync('cp', ['-a', from, to]);
}

/** Runs a program to its end. @throws with the end of its output when it fails. */
export async function run(
  program: string,
  args: readonly string[],
  options: { readonly account: Account | null; readonly folder: string; readonly timeoutMs?: number },
): Promise<string> {
  const identity = options.account === null ? {} : { uid: options.account.uid, gid: options.account.gid };
  try {
    const { stdout } = await execFileAsync(program, args, {
      ...identity,
      cwd: options.folder,
      env: bareEnvironment(options.folder),
      timeout: options.timeoutMs ?? 60_000,
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
    throw new Error(`${program} failed: ${tail(stdout + stderr) || String(error)}`);
  }
}

function tail(text: string): string {
  return text.trim().split('\n').slice(-8).join('\n');
}

const reaperScript = `
pid=; paused=
while read -r word value; do
  case $word in
    pid) pid=$value ;;
    paused) paused=$value ;;
    released) exit 0 ;;
  esac
done
[ -n "$paused" ] && kill -CONT $paused
if [ -n "$pid" ]; then
  kill -QUIT "$pid"
  n=0
  while kill -0 "$pid" && [ $n -lt 30 ]; do sleep 0.1; n=$((n+1)); done
  kill -KILL "$pid"
fi
sleep 0.1
rm -rf -- "$1"
`;

interface Reaper {
  tell(line: string): void;
  release(): void;
}

function startReaper(folder: string): Reaper {
  const child = spawn('/bin/sh', ['-c', reaperScript, 'reaper', folder], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  (child.stdin as Socket).unref();
  child.stdin.on('error', () => {});
  const tell = (line: string) => void child.stdin.write(`${line}\n`);
  return {
    tell,
    release() {
      tell('released');
      child.stdin.end();
    },
  };
}

/** A server of ours that runs. */
export interface RunningServer extends Address {
  readonly folder: string;
  /** Freezes every process of the server (SIGSTOP): connections still open, nothing answers. */
  pause(): void;
  resume(): void;
  /** Ends it without a goodbye (SIGKILL); its folder and port stay for {@link restart}. */
  kill(): Promise<void>;
  /** Ends it in good order; its folder and port stay for {@link restart}. */
  halt(): Promise<void>;
  /** Starts it again on the same port after {@link kill} or {@link halt}. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
  /** What the server wrote to its output. */
  log(): string;
}

export interface ServerRecipe {
  /** Throw-away folder, prepared; owned by the account. */
  readonly folder: string;
  readonly account: Account | null;
  readonly program: string;
  readonly host: string;
  readonly port: number;
  readonly args: readonly string[];
  /** Besides the bare environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Signal for a quick end in good order. */
  readonly endSignal: NodeJS.Signals;
  /** Whether the server with that process id takes connections, from its folder or output. */
  isReady(output: string, pid: number): boolean;
  /** Leaves the folder to the caller when the start fails, for another attempt. */
  readonly keepFolderOnFailure?: true;
}

const readyWithinMs = 30_000;

/** Starts a prepared server and waits until it takes connections. */
export async function startServer(recipe: ServerRecipe): Promise<RunningServer> {
  const { folder, account } = recipe;
  const reaper = startReaper(folder);
  const logFile = join(folder, 'output.log');
  const log = () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
  let child: ChildProcess | null = null;
  let paused: number[] = [];

  const hasEnded = (process: ChildProcess) => process.exitCode !== null || process.signalCode !== null;

  async function start(): Promise<void> {
    const output = openSync(logFile, 'w');
    const started = spawn(recipe.program, [...recipe.args], {
      ...(account === null ? {} : { uid: account.uid, gid: account.gid }),
      cwd: folder,
      env: { ...bareEnvironment(folder), ...recipe.environment },
      detached: true,
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    child = started;
    started.on('error', () => {});
    started.unref();
    if (started.pid === undefined) throw new Error(`${recipe.program} cannot be started`);
    reaper.tell(`pid ${started.pid}`);
    const deadline = performance.now() + readyWithinMs;
    while (!recipe.isReady(log(), started.pid)) {
      if (hasEnded(started)) throw new Error(`${recipe.program} ended: ${tail(log())}`);
      if (performance.now() > deadline) throw new Error(`${recipe.program} was not ready in time: ${tail(log())}`);
      await sleep(15);
    }
  }

  function resume(): void {
    for (const pid of paused) signal(pid, 'SIGCONT');
    paused = [];
    reaper.tell('paused');
  }

  async function end(how: NodeJS.Signals): Promise<void> {
    if (child === null) return;
    const ending = child;
    const family = how === 'SIGKILL' ? familyOf(ending.pid) : [];
    resume();
    if (!hasEnded(ending)) {
      const ended = new Promise<void>((resolve) => ending.once('exit', () => resolve()));
      ending.ref();
      for (const pid of family) signal(pid, 'SIGKILL');
      ending.kill(how);
      const late = setTimeout(() => ending.kill('SIGKILL'), 10_000);
      if (!hasEnded(ending)) await ended;
      clearTimeout(late);
    }
    child = null;
    reaper.tell('pid');
  }

  const server: RunningServer = {
    host: recipe.host,
    port: recipe.port,
    folder,
    log,
    pause() {
      paused = familyOf(child?.pid);
      reaper.tell(`paused ${paused.join(' ')}`);
      for (const pid of paused) signal(pid, 'SIGSTOP');
    },
    resume,
    kill: () => end('SIGKILL'),
    halt: () => end(recipe.endSignal),
    async restart() {
      await end(recipe.endSignal);
      await start();
    },
    async stop() {
      await end(recipe.endSignal);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      reaper.release();
    },
  };
  try {
    await start();
  } catch (error) {
    await server.kill();
    if (recipe.keepFolderOnFailure) reaper.release();
    else await server.stop();
    throw error;
  }
  return server;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile, which is as good.
  }
}

/** A process and all its descendants. PostgreSQL's backends lead sessions of their own, so a group would not do. */
function familyOf(root: number | undefined): number[] {
  if (root === undefined) return [];
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      // The name stands in brackets and may hold anything; state and parent follow the last bracket.
      const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      parents.set(Number(entry), Number(parent));
    } catch {
      // Processes come and go while we look.
    }
  }
  const family = [root];
  for (const member of family) {
    for (const [pid, parent] of parents) if (parent === member) family.push(pid);
  }
  return family;
}
