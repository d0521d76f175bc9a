/** How many durable changes a second the embedded store makes, and whether anybody waits for the disk meanwhile. @module */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchContext } from '../context.js';
import type { Goal, Job, Way } from '../job.js';
import { seed, seededName } from '../seed.js';
import { asJson, type Headers, signInToPrecrime } from '../sign-in.js';

/** Transactions in one commit of the bare way. */
const group = 32;

export const commitsJob: Job = {
  name: 'commits',
  title: 'Durable changes of the embedded store',
  what: `API keys made, each with its event in the trail, beside the same rows through the bare driver in commits of ${group}, with synchronous=FULL both.`,
  drawn: 'perSecond',
  stores: 'sqlite',
  async open(context) {
    const makers = context.size(64, 2);
    const names = Array.from({ length: makers }, (_, at) => `maker-${at}`);
    // Owners of the keys: so many that each has as many as people have.
    const owners = context.size(5_000, 4);
    const [inside, outside, bareFile] = [await context.install(), await context.install(), await context.install()];
    await context.house(inside, async ({ addAccount }) => {
      for (const name of names) await addAccount(name);
    });
    await seed(inside, { users: owners });
    // The same for each of the three, and each its own.
    for (const one of [outside, bareFile]) cpSync(inside.dataDir, one.dataDir, { recursive: true });
    const store = context.startWorker('store-commits.mjs');
    const raw = context.startWorker('raw-commits.mjs');
    const server = await context.start(outside);
    const callers: Headers[] = [];
    for (const name of names) callers.push(await signInToPrecrime(server.url, name));
    const times = untilTimes(context);
    const { PATH: _, HOME: __, ...environment } = inside.environment;
    const ways: Way[] = [
      { name: 'bare driver', run: () => raw.ask({ file: join(bareFile.dataDir, 'latchkey.db'), group, ...times }) },
      {
        name: 'identity',
        run: () =>
          store.ask({
            ...{ environment, folder: inside.dataDir, atOnce: context.size(64, 4), ...times },
            names: Array.from({ length: owners }, (_, at) => seededName(at + 1)),
          }),
      },
      {
        name: 'POST /admin/v1/api-keys',
        run: () =>
          context.load(server, {
            ...{ path: '/admin/v1/api-keys', method: 'POST', connections: context.size(64, 4) },
            requests: callers.map((headers) => ({ headers: { ...asJson, ...headers }, body: '{"name":"bench"}' })),
          }),
      },
    ];
    const goals: Goal[] = [
      { way: 'identity', measure: 'perSecond', to: 'bare driver', bound: { atLeast: 0.7 } },
      { way: 'POST /admin/v1/api-keys', measure: 'perSecond', to: 'bare driver' },
      { way: 'identity', measure: 'delayP999Ms', bound: { atMost: 20 } },
      { way: 'POST /admin/v1/api-keys', measure: 'delayP999Ms', bound: { atMost: 20 } },
    ];
    return { cases: [{ name: 'API keys', ways, goals }] };
  },
};

function untilTimes(context: BenchContext): { readonly seconds: number } | { readonly times: number } {
  const until = context.until();
  return 'seconds' in until ? until : { times: until.requests };
}
