/** How long until it answers, and what it holds: beside a server that loads the same libraries and does nothing. @module */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/servers/processes.js';
import type { BenchContext } from '../context.js';
import type { Job, Sample, Way } from '../job.js';
import { residentBytes } from '../processes.js';
import { openWorld } from '../world.js';

const mainFile = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const bareFile = fileURLToPath(new URL('../processes/hello-libraries.mjs', import.meta.url));

export const startJob: Job = {
  name: 'start',
  title: 'Cold start and idle memory',
  what: 'From the start of the process to its first answer, and what it holds a while later, beside a bare Fastify that has loaded the same libraries and opened an SQLite file.',
  drawn: 'ms',
  stores: 'both',
  async open(context) {
    const installation = await context.install();
    // What is made once, keys and certificates, is made before.
    await context.house(installation, async ({ addAccount }) => addAccount('caller'));
    await (await installation.start()).stop();
    const ours = async () => {
      const port = await freePort();
      const environment = { ...installation.environment, LATCHKEY_HTTP_PORT: String(port) };
      return untilAnswer(context, [mainFile, 'serve'], environment, `http://127.0.0.1:${port}/livez`);
    };
    const bare = async () => {
      const port = await freePort();
      const file = join(installation.dataDir, '..', 'bare.db');
      const environment = { PATH: process.env['PATH'] ?? '' };
      return untilAnswer(context, [bareFile, JSON.stringify({ port, file })], environment, `http://127.0.0.1:${port}/`);
    };
    const ways: Way[] = [
      { name: 'same libraries', run: bare },
      { name: 'Latchkey', run: ours },
    ];
    const goals = [
      { way: 'Latchkey', measure: 'ms', to: 'same libraries', bound: { atMost: 1.6 } },
      { way: 'Latchkey', measure: 'rssMegabytes', to: 'same libraries', bound: { atMost: 1.5 } },
    ];
    return { cases: [{ name: 'start', ways, goals }] };
  },
};

export const memoryJob: Job = {
  name: 'memory',
  title: 'Memory under load',
  what: 'What the process holds after a load of checked requests, beside a bare Fastify with the same libraries after the same.',
  drawn: 'rssMegabytes',
  stores: 'both',
  async open(context) {
    const { server, credentials } = await openWorld(context);
    const port = await freePort();
    const bare = await context.startBare('hello-libraries.mjs', { port, file: ':memory:' });
    const headers = credentials[0]?.headers ?? {};
    const ways: Way[] = [
      { name: 'same libraries', run: () => context.load(bare, { path: '/' }) },
      { name: 'Latchkey', run: () => context.load(server, { path: '/test/secure', headers }) },
    ];
    const goals = [{ way: 'Latchkey', measure: 'rssMegabytes', to: 'same libraries' }];
    return { cases: [{ name: 'loaded', ways, goals }] };
  },
};

/** A process of its own, without anything of ours in it. */
async function untilAnswer(
  context: BenchContext,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  url: string,
): Promise<Sample> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, { env: environment, stdio: 'ignore' });
  try {
    while (!(await answers(url))) {
      if (child.exitCode !== null) throw new Error('the program ended before it answered');
      if (performance.now() - startedMs > 60_000) throw new Error('no answer after a minute');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const ms = performance.now() - startedMs;
    await new Promise((resolve) => setTimeout(resolve, context.size(2_000, 10)));
    return { ms, rssMegabytes: residentBytes(child.pid ?? 0) / 1e6 };
  } finally {
    await ended(child);
  }
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = get(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('error', () => resolve(false));
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}
