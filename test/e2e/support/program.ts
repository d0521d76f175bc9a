/**
 * The shipped program, run as a user runs it: the built `dist/main.js` as a process of its own, on free ports, in a
 * throw-away folder.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const mainFile = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));

/** The least argon2id the configuration allows, so that tests spend their time elsewhere. */
export const cheapHashing = { LATCHKEY_PASSWORD_MEMORY_KIB: '19456', LATCHKEY_PASSWORD_PASSES: '2' };

export type Environment = Readonly<Record<string, string>>;

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A fresh folder for one installation; removed by {@link Installation.remove}. */
export interface Installation {
  readonly dataDir: string;
  readonly environment: Environment;
  /** Runs a command to its end. */
  run(
    args: readonly string[],
    options?: { readonly stdin?: string; readonly environment?: Environment },
  ): Promise<Finished>;
  /** Starts `serve` (or `demo`) and waits until it listens. */
  start(options?: StartOptions): Promise<RunningProgram>;
  remove(): void;
}

export interface StartOptions {
  readonly command?: 'serve' | 'demo';
  readonly environment?: Environment;
  /** Runs the program under another one, such as a tracer. */
  readonly under?: readonly string[];
}

export interface RunningProgram {
  readonly pid: number;
  readonly http: string;
  readonly https: string;
  /** How long it took from the start of the process until it listened. */
  readonly startMs: number;
  /** Everything written so far. */
  stdout(): string;
  stderr(): string;
  /** The link for the first administrator, which is printed after the program listens. */
  setupLink(): Promise<string>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export function createInstallation(extra: Environment = {}): Installation {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-e2e-'));
  const dataDir = join(folder, 'data');
  const environment: Environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    LATCHKEY_DATA_DIR: dataDir,
    LATCHKEY_HTTP_PORT: '0',
    LATCHKEY_HTTPS_PORT: '0',
    ...cheapHashing,
    ...extra,
  };
  const running = new Set<ChildProcess>();
  return {
    dataDir,
    environment,
    async run(args, options = {}) {
      const child = spawn(process.execPath, [mainFile, ...args], {
        cwd: folder,
        env: { ...environment, ...options.environment },
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      const output = collect(child);
      child.stdin.end(options.stdin ?? '');
      const code = await exitOf(child);
      return { code, stdout: output.stdout(), stderr: output.stderr() };
    },
    async start(options = {}) {
      const started = performance.now();
      const serverFile = join(dataDir, 'server.json');
      rmSync(serverFile, { force: true });
      const [program = process.execPath, ...before] = [...(options.under ?? []), process.execPath];
      const child = spawn(program, [...before, mainFile, options.command ?? 'serve'], {
        cwd: folder,
        env: { ...environment, ...options.environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      running.add(child);
      const output = collect(child);
      const exit = exitOf(child).finally(() => running.delete(child));
      let ended = false;
      void exit.then(() => {
        ended = true;
      });
      while (!existsSync(serverFile)) {
        if (ended) throw new Error(`the program ended before it listened:\n${output.stdout()}\n${output.stderr()}`);
        if (performance.now() - started > 30_000) throw new Error(`no server.json after 30 s:\n${output.stderr()}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      const startMs = performance.now() - started;
      const listening = JSON.parse(readFileSync(serverFile, 'utf8')) as { pid: number; http: string; https: string };
      return {
        ...listening,
        startMs,
        stdout: output.stdout,
        stderr: output.stderr,
        async setupLink() {
          for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 10) {
            const link = /https?:\/\/\S+\/setup\/\S+(?=\s)/.exec(output.stderr())?.[0];
            if (link !== undefined) return link;
            await new Promise((resolve) => setTimeout(resolve, 10));
          }
          throw new Error(`no setup link was printed:\n${output.stderr()}`);
        },
        async stop() {
          if (!ended) process.kill(listening.pid, 'SIGTERM');
          return exit;
        },
        async kill() {
          if (!ended) process.kill(listening.pid, 'SIGKILL');
          child.kill('SIGKILL');
          await exit;
        },
      };
    },
    remove() {
      for (const child of running) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function collect(child: ChildProcess): { stdout(): string; stderr(): string } {
  const chunks = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      chunks[name] += chunk;
    });
  }
  return { stdout: () => chunks.stdout, stderr: () => chunks.stderr };
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
}
