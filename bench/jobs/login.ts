/** Signing in, beside the hash alone; and what others notice of it while far more sign in than can. @module */
import { availableParallelism } from 'node:os';
import type { BenchContext } from '../context.js';
import { password } from '../house.js';
import type { Case, Goal, Job, Way } from '../job.js';
import { asJson } from '../sign-in.js';
import { openWorld, type World } from '../world.js';

/** The least the configuration allows, as the tests have it. */
const parameters = { memoryKib: 19_456, passes: 2 };

export const loginJob: Job = {
  name: 'login',
  title: 'Signing in',
  what: 'Sign-ins with right passwords, beside argon2id alone at the same parameters with as many hashes at once as the server has threads for them.',
  drawn: 'perSecond',
  stores: 'both',
  async open(context) {
    const processors = context.isSmoke ? 1 : availableParallelism();
    const threads = [...new Set([Math.max(1, processors - 1), processors])];
    const worker = context.startWorker('argon2.mjs');
    const cases: Case[] = [];
    for (const atOnce of threads) {
      const world = await openWorld(context, { LATCHKEY_PASSWORD_HASH_THREADS: String(atOnce) });
      const until = context.until();
      const bare: Way = {
        name: 'argon2id alone',
        run: () => worker.ask({ ...parameters, atOnce, ...('seconds' in until ? until : { times: until.requests }) }),
      };
      const ours: Way = {
        name: 'sign-in',
        run: () => context.load(world.server, { ...loginOrder(world), connections: atOnce * 2 }),
      };
      // With a thread for every processor there is none left for whoever asks and answers: nothing is promised then.
      const bound = atOnce === processors && processors > 1 ? {} : { bound: { atLeast: 0.95 } };
      const goals: Goal[] = [{ way: ours.name, measure: 'perSecond', to: bare.name, ...bound }];
      cases.push({ name: `${atOnce} hash thread${atOnce === 1 ? '' : 's'}`, ways: [bare, ours], goals });
    }
    return { cases, facts: { 'argon2id memory KiB': parameters.memoryKib, passes: parameters.passes } };
  },
};

/** Every account in its turn. */
export function loginOrder({ logins }: World) {
  const requests = logins.map((username) => ({ headers: asJson, body: JSON.stringify({ username, password }) }));
  return { path: '/user/login', method: 'POST' as const, requests };
}

export const stormJob: Job = {
  name: 'storm',
  title: 'Checked requests in a login storm',
  what: 'Requests with a token while four times as many sign-ins come as can be hashed, beside the same in quiet.',
  drawn: 'p99Ms',
  stores: 'both',
  async open(context) {
    const world = await openWorld(context);
    const credential = world.credentials.find(({ name }) => name === 'precrime token');
    const order = { path: '/test/secure', headers: credential?.headers ?? {} };
    const storm = context.startWorker('storm.mjs');
    const perSecond = await capacity(context, world);
    const begin = { url: `${world.server.url}/user/login`, logins: world.logins, password, perSecond: perSecond * 4 };
    const inStorm = async () => {
      await storm.ask({ begin });
      if (!context.isSmoke) await new Promise((resolve) => setTimeout(resolve, 1_000));
      const told = await context.load(world.server, order);
      return { ...told, ...(await storm.ask({ end: true })) };
    };
    const ways: Way[] = [
      { name: 'quiet', run: () => context.load(world.server, order) },
      { name: 'in a storm', run: inStorm },
    ];
    const goals: Goal[] = [
      { way: 'in a storm', measure: 'p99Ms', to: 'quiet', bound: { atMost: 2 } },
      { way: 'in a storm', measure: 'perSecond', to: 'quiet' },
      // With none that is refused there is no storm.
      { way: 'in a storm', measure: 'refused', bound: { atLeast: 1 } },
      { way: 'in a storm', measure: 'refusedP99Ms', bound: { atMost: 100 } },
      { way: 'in a storm', measure: 'withoutRetryAfter', bound: { atMost: 0 } },
    ];
    return {
      cases: [{ name: 'verify', ways, goals }],
      facts: { 'sign-ins sent per second': Math.round(perSecond * 4) },
    };
  },
};

async function capacity(context: BenchContext, world: World): Promise<number> {
  const { perSecond = 0 } = await context.load(world.server, { ...loginOrder(world), connections: 4 });
  return perSecond;
}
