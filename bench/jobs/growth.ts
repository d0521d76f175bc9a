/**
 * The same questions of a small installation and of a large one.
 *
 * Where keys take turns, both are sent as many texts, all different: what it costs to send and to read forty thousand
 * texts instead of a thousand has nothing to do with whose they are. Every key was used once before, so that what is
 * measured is an installation at work and not the first look-up of each key.
 *
 * @module
 */
import type { Installation } from '../../test/e2e/support/program.js';
import type { BenchContext } from '../context.js';
import type { Case, Goal, Job, Sample, Way } from '../job.js';
import { type Seed, seed, seededName } from '../seed.js';
import { asJson, bearer } from '../sign-in.js';
import { makeWorld, openWorld, type World } from '../world.js';
import { loginOrder } from './login.js';

export const growthJob: Job = {
  name: 'growth',
  title: 'As it grows',
  what: 'The same requests at 1,000 and at 1,000,000 users, keys and sessions, at 10 and 1,000 roles of the caller, and at 10 and 10,000 grants.',
  drawn: 'perSecond',
  stores: 'both',
  async open(context) {
    const few = context.size(1_000, 4);
    const sizes = {
      users: context.size(1_000_000, 30),
      roles: context.size(1_000, 12),
      grants: context.size(10_000, 12),
    };
    const small = await openSmall(context, few);
    const keys = context.size(40_000, 6);
    // One for all of them where nothing is measured.
    const whole = context.isSmoke ? await openSeeded(context, sizes, keys) : null;
    const users = whole ?? (await openSeeded(context, { users: sizes.users, roles: 10, grants: 10 }, keys));
    const roles = whole ?? (await openSeeded(context, { users: few, roles: sizes.roles, grants: 10 }, 1));
    const grants = whole ?? (await openSeeded(context, { users: few, roles: 10, grants: sizes.grants }, 1));
    const cases: Case[] = [
      compare('users: a thousand keys in turns', small, users, (one) => checks(context, one, few, few)),
      compare('users: every key in its turn', small, users, (one) => checks(context, one, one.keys.length, keys)),
      compare('users: /verify', small, users, (one) => ask(context, one, '/verify')),
      compare('users: sign-in', small, users, (one) =>
        context.load(one.world.server, { ...loginOrder(one.world), connections: context.size(4, 2) }),
      ),
      compare('users: a page of users', small, users, (one) => ask(context, one, '/admin/v1/users?limit=50')),
      compare('users: a page of sessions', small, users, (one) =>
        ask(context, one, '/admin/v1/sessions?everybody=true&limit=50'),
      ),
      compare('roles: /verify', small, roles, (one) => ask(context, one, '/verify?action=directory.manage')),
      compare('roles: ten rows', small, roles, (one) => ask(context, one, '/data/v1/lite/LitePeople?limit=10')),
      compare('grants: ten rows', small, grants, (one) => ask(context, one, '/data/v1/lite/LitePeople?limit=10')),
      compare('grants: ten rows by /v1/api', small, grants, (one) => askCloudio(context, one)),
    ];
    return { cases, facts: { ...sizes, 'keys in use of the large one': keys } };
  },
};

interface Seeded {
  readonly world: World;
  /** Of accounts of the seed, one each. */
  readonly keys: readonly string[];
}

async function openSmall(context: BenchContext, users: number): Promise<Seeded> {
  if (!context.isSmoke) return openSeeded(context, { users, roles: 10, grants: 10 }, users);
  const world = await openWorld(context);
  return { world, keys: [world.key] };
}

async function openSeeded(context: BenchContext, what: Seed, keysInUse: number): Promise<Seeded> {
  const keys: string[] = [];
  const fill = async (installation: Installation) => {
    await seed(installation, what);
    await context.house(installation, async ({ addKey }) => {
      let next = 1;
      const names = what.users ?? 1;
      // Side by side, so that they share commits.
      await Promise.all(
        Array.from({ length: 64 }, async () => {
          while (next <= keysInUse) {
            const mine = next;
            next += 1;
            keys.push(await addKey(seededName(((mine - 1) % names) + 1)));
          }
        }),
      );
    });
  };
  if (!context.isSmoke) {
    const world = await makeWorld(context, fill);
    await useEach(world, keys);
    return { world, keys };
  }
  // Few rows more in the one that is there show as well that they can be made.
  const world = await openWorld(context);
  await fill(world.installation);
  return { world, keys };
}

function compare(name: string, small: Seeded, large: Seeded, run: (one: Seeded) => Promise<Sample>): Case {
  const ways: Way[] = [
    { name: 'small', run: () => run(small) },
    { name: 'large', run: () => run(large) },
  ];
  const goals: Goal[] = [
    { way: 'large', measure: 'perSecond', to: 'small', bound: { atLeast: 0.9 } },
    { way: 'large', measure: 'cpuMicros', to: 'small' },
  ];
  return { name, ways, goals };
}

async function useEach({ server }: World, keys: readonly string[]): Promise<void> {
  const left = keys.values();
  const use = async () => {
    for (const key of left) {
      const { status } = await fetch(`${server.url}/test/secure`, { headers: { 'x-authorization': key } });
      if (status !== 200) throw new Error(`a key was answered with ${status}`);
    }
  };
  await Promise.all(Array.from({ length: 64 }, use));
}

/** @param texts  How many different requests; they differ in a header that nobody reads, too. */
function checks(context: BenchContext, { world, keys }: Seeded, count: number, texts: number): Promise<Sample> {
  const inTurns = keys.slice(0, count);
  const requests = Array.from({ length: texts }, (_, at) => ({
    headers: { 'x-authorization': inTurns[at % inTurns.length] ?? '', 'x-bench': String(at) },
  }));
  return context.load(world.server, { path: '/test/secure', requests });
}

function ask(context: BenchContext, { world }: Seeded, path: string): Promise<Sample> {
  return context.load(world.server, { path, headers: bearer(world.key) });
}

function askCloudio(context: BenchContext, { world }: Seeded): Promise<Sample> {
  const { headers, csrf } = world.cloudio.caller;
  const body = JSON.stringify({ A: { ds: 'LitePeople', query: { sort: { id: 1 }, limit: 10 } } });
  const { authorization = '' } = headers;
  const path = `/v1/api?csrf=${encodeURIComponent(csrf)}`;
  return context.load(world.server, { path, method: 'POST', headers: { ...asJson, authorization }, body });
}
