/**
 * Processes that are measured: the shipped server and the bare ones beside it, each with the monitor in it, and workers
 * that do one thing when they are asked.
 *
 * @module
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Sample } from './job.js';

/** What a process used since `begin`. */
export interface Usage {
  readonly cpuMicros: number;
  readonly elapsedMs: number;
  readonly rssBytes: number;
  readonly delayP999Ms: number;
  readonly delayMaxMs: number;
}

export interface MeasuredServer {
  readonly url: string;
  readonly pid: number;
  begin(): Promise<void>;
  end(): Promise<Usage>;
  /** Begins a profile of the processor, or ends it and writes it. */
  profile(file: string): Promise<void>;
  stop(): Promise<void>;
}

export interface AskedWorker {
  ask(task: Readonly<Record<string, unknown>>): Promise<Sample>;
  stop(): Promise<void>;
}

const processFile = (name: string) => fileURLToPath(new URL(`./processes/${name}`, import.meta.url));
const monitorUrl = new URL('./processes/monitor.mjs', import.meta.url).href;

/** A socket for the monitor, and what a process has to be started with. */
export function prepareMonitor(): {
  readonly environment: Readonly<Record<string, string>>;
  ask(question: 'begin' | 'end' | `profile ${string}`): Promise<Usage>;
  remove(): void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  const path = join(folder, 'monitor');
  return {
    environment: { BENCH_MONITOR: path, NODE_OPTIONS: `--import=${monitorUrl}` },
    async ask(question) {
      const socket = connect(path);
      try {
        socket.write(question);
        const [line] = (await once(createInterface(socket), 'line')) as [string];
        return JSON.parse(line) as Usage;
      } finally {
        socket.destroy();
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Starts one of `processes/`; its first line says where it listens. */
export async function startBare(
  name: string,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<MeasuredServer> {
  const monitor = prepareMonitor();
  const child = spawn(process.execPath, [processFile(name), JSON.stringify(settings)], {
    env: { PATH: process.env['PATH'], ...monitor.environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await firstLine(child, name);
  return {
    url,
    pid: child.pid ?? 0,
    begin: async () => void (await monitor.ask('begin')),
    end: () => monitor.ask('end'),
    profile: async (file) => void (await monitor.ask(`profile ${file}`)),
    async stop() {
      await ended(child);
      monitor.remove();
    },
  };
}

async function firstLine(child: ChildProcess, name: string): Promise<string> {
  const { stdout } = child;
  if (stdout === null) throw new TypeError('the output of a measured process is read');
  const line = await Promise.race([
    once(createInterface(stdout), 'line').then(([text]) => String(text)),
    once(child, 'exit').then(() => null),
  ]);
  if (line === null) throw new Error(`${name} ended before it listened`);
  return line;
}

/** Starts one of `processes/` that answers tasks, see `processes/answer-tasks.mjs`; one in TypeScript by tsx. */
export function startWorker(name: string): AskedWorker {
  const child = fork(processFile(name), [], {
    execArgv: name.endsWith('.ts') ? ['--import', 'tsx'] : [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const over = once(child, 'exit').then(() => {
    throw new Error(`${name} ended`);
  });
  over.catch(() => {});
  return {
    async ask(task) {
      child.send(task);
      const [answer] = (await Promise.race([once(child, 'message'), over])) as [Sample | { readonly fault: string }];
      if ('fault' in answer) throw new Error(`${name}: ${answer.fault}`);
      return answer;
    },
    stop: () => ended(child),
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** Of another process, as the system counts it. */
export function residentBytes(pid: number): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1_024;
}
