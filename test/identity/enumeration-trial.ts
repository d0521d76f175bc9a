/**
 * Signs in wrongly in every way there is, over and over in random order, and keeps the times. What it runs against has
 * cheap hashes, so that whatever differs is not drowned in the cost of a hash.
 *
 * @module
 */
import { randomInt } from 'node:crypto';
import { createPasswordPool, type IdentityStore, type PasswordHasher } from '../../src/identity/index.js';
import { AppError } from '../../src/kernel/errors.js';
import { Secret } from '../../src/kernel/secret.js';
import { cheap, goodPassword, type House, openHouse, operator, origin, startMs } from './house.js';
import { areaUnderCurve } from './rank-test.js';

export const classes = ['unknown', 'wrong', 'disabled', 'locked', 'expired'] as const;
export type Class = (typeof classes)[number];

/** `none`: as it is. `no dummy hash`: names that nobody has cost no hash. */
export type Flaw = 'none' | 'no dummy hash';

interface TrialOf<One extends string> {
  /** Of each class against all others together. */
  readonly areas: Readonly<Record<One, number>>;
  /** What each class was answered, without repetition. */
  readonly answers: Readonly<Record<One, readonly string[]>>;
  /** What each class wrote, without repetition. */
  readonly writes: Readonly<Record<One, readonly string[]>>;
  /** What was asked of the store and hashed for each class, in order, without repetition. */
  readonly works: Readonly<Record<One, readonly string[]>>;
}
export type Trial = TrialOf<Class>;

const accountsPerClass = 20;
const wide = { perSource: 1_000_000, perAccountDay: 1_000_000, perAddressHour: 1_000_000 };

/** @param rounds  Sign-ins of each class. */
export async function runTrial(rounds: number, flaw: Flaw): Promise<Trial> {
  const house = await openTrialHouse(flaw);
  try {
    await makeAccounts(house, accountsPerClass, (username) => house.login(username));
    return await measure(house, classes, rounds, (one) => attempt(house, one, randomInt(accountsPerClass)));
  } finally {
    await house.close();
  }
}

interface TrialHouse extends House {
  /** What the store was asked and what was hashed since {@link House.forget}, in order. */
  readonly work: string[];
}

/** Identity with cheap hashes, budgets that never end, and the flaw. */
export async function openTrialHouse(flaw: Flaw): Promise<TrialHouse> {
  const pool = createPasswordPool({ threads: 1 });
  const stored = new Set<string>();
  const work: string[] = [];
  const hasher: PasswordHasher = {
    assertRoom: () => pool.assertRoom(),
    close: () => pool.close(),
    hash: async (password, parameters) => {
      const hash = await pool.hash(password, parameters);
      stored.add(hash);
      return hash;
    },
    verify: async (hash, password) => {
      if (flaw === 'no dummy hash' && !stored.has(hash)) return false;
      work.push('hash');
      return pool.verify(hash, password);
    },
  };
  const wrapStore = (store: IdentityStore): IdentityStore =>
    new Proxy(store, {
      get(target, name, receiver) {
        const verb: unknown = Reflect.get(target, name, receiver);
        if (typeof verb !== 'function') return verb;
        return (...input: unknown[]) => {
          work.push(String(name));
          return verb.apply(target, input) as unknown;
        };
      },
    });
  const house = await openHouse({ hasher, wrapStore, policy: { guesses: wide, passwordParameters: cheap } });
  return Object.assign(house, {
    work,
    forget: () => {
      house.writes.splice(0);
      work.splice(0);
    },
    close: closing(house.close, pool),
  });
}

function closing(closeHouse: () => Promise<void>, pool: PasswordHasher): () => Promise<void> {
  return async () => {
    await closeHouse();
    await pool.close();
  };
}

/**
 * Makes attempts of every class over and over, in random order.
 *
 * @param rounds   Of each class.
 * @param attempt  Its answer, without what is new every time.
 */
export async function measure<One extends string>(
  house: TrialHouse,
  all: readonly One[],
  rounds: number,
  attempt: (one: One) => Promise<string>,
): Promise<TrialOf<One>> {
  const by = <T>(make: (one: One) => T) =>
    Object.fromEntries(all.map((one) => [one, make(one)] as const)) as Record<One, T>;
  const times = by<number[]>(() => []);
  const [answers, writes, works] = [
    by(() => new Set<string>()),
    by(() => new Set<string>()),
    by(() => new Set<string>()),
  ];
  // The first rounds warm up.
  for (let round = -20; round < rounds; round += 1) {
    for (const one of shuffled(all)) {
      house.forget();
      const startedMs = performance.now();
      const answer = await attempt(one);
      const ms = performance.now() - startedMs;
      if (round < 0) continue;
      times[one].push(ms);
      answers[one].add(answer);
      writes[one].add(JSON.stringify(house.writes));
      works[one].add(JSON.stringify(house.work));
    }
  }
  const others = (one: One) => all.filter((other) => other !== one).flatMap((other) => times[other]);
  return {
    areas: by((one) => areaUnderCurve(times[one], others(one))),
    answers: by((one) => [...answers[one]]),
    writes: by((one) => [...writes[one]]),
    works: by((one) => [...works[one]]),
  };
}

/** @param signIn  From where the attempts come, so that the place is known. */
export async function makeAccounts(
  house: House,
  count: number,
  signIn: (username: string) => Promise<unknown>,
): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    for (const one of ['wrong', 'disabled', 'locked', 'expired']) {
      await house.addUser(`${one}-${at}`);
      await signIn(`${one}-${at}`);
    }
    await house.identity.users.disable(operator, `disabled-${at}`);
    await house.identity.users.set(operator, `locked-${at}`, { lockedUntilMs: startMs + 3_600_000 });
    await house.identity.users.set(operator, `expired-${at}`, { passwordExpiresAtMs: startMs });
  }
}

/** Disabled and locked ones come with the right password: it must not show. */
export function passwordFor(one: Class): string {
  return one === 'disabled' || one === 'locked' ? goodPassword : 'tangerine orbit cactus lump';
}

async function attempt(house: House, one: Class, account: number): Promise<string> {
  try {
    await house.identity.login({
      family: 'precrime',
      username: `${one}-${account}`,
      password: new Secret(passwordFor(one)),
      origin,
    });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return JSON.stringify({ code: error.code, message: error.message, details: error.details });
  }
  throw new Error('expected a refusal');
}

function shuffled<T>(items: readonly T[]): T[] {
  const rest = [...items];
  return items.map(() => rest.splice(randomInt(rest.length), 1)[0] as T);
}
