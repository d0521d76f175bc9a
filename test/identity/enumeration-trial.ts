/**
 * Signs in wrongly in every way there is, over and over in random order, and keeps the times. What it runs against has
 * cheap hashes, so that whatever differs is not drowned in the cost of a hash.
 *
 * @module
 */
import { randomInt } from 'node:crypto';
import { createPasswordPool, type PasswordHasher } from '../../src/identity/index.js';
import { AppError } from '../../src/kernel/errors.js';
import { Secret } from '../../src/kernel/secret.js';
import { cheap, goodPassword, type House, openHouse, operator, origin, startMs } from './house.js';
import { areaUnderCurve } from './rank-test.js';

export const classes = ['unknown', 'wrong', 'disabled', 'locked', 'expired'] as const;
export type Class = (typeof classes)[number];

/** `none`: as it is. `no dummy hash`: names that nobody has cost no hash. */
export type Flaw = 'none' | 'no dummy hash';

export interface Trial {
  /** Of each class against all others together. */
  readonly areas: Readonly<Record<Class, number>>;
  /** What each class was answered, without repetition. */
  readonly answers: Readonly<Record<Class, readonly string[]>>;
  /** What each class wrote, without repetition. */
  readonly writes: Readonly<Record<Class, readonly string[]>>;
}

const accountsPerClass = 20;
const wide = { perSource: 1_000_000, perAccountDay: 1_000_000, perAddressHour: 1_000_000 };

/** @param rounds  Sign-ins of each class. */
export async function runTrial(rounds: number, flaw: Flaw): Promise<Trial> {
  const pool = createPasswordPool({ threads: 1 });
  const stored = new Set<string>();
  const hasher: PasswordHasher = {
    assertRoom: () => pool.assertRoom(),
    close: () => pool.close(),
    hash: async (password, parameters) => {
      const hash = await pool.hash(password, parameters);
      stored.add(hash);
      return hash;
    },
    verify: async (hash, password) => (flaw === 'none' || stored.has(hash) ? pool.verify(hash, password) : false),
  };
  const house = await openHouse({ hasher, policy: { guesses: wide, passwordParameters: cheap } });
  try {
    await makeAccounts(house);
    const times = byClass<number[]>(() => []);
    const answers = byClass(() => new Set<string>());
    const writes = byClass(() => new Set<string>());
    for (let round = -20; round < rounds; round += 1) {
      for (const one of shuffled(classes)) {
        house.forget();
        const account = randomInt(accountsPerClass);
        const startedMs = performance.now();
        const answer = await attempt(house, one, account);
        const ms = performance.now() - startedMs;
        // The first rounds warm up.
        if (round < 0) continue;
        times[one].push(ms);
        answers[one].add(answer);
        writes[one].add(JSON.stringify(house.writes));
      }
    }
    return {
      areas: byClass((one) =>
        areaUnderCurve(
          times[one],
          classes.filter((other) => other !== one).flatMap((other) => times[other]),
        ),
      ),
      answers: byClass((one) => [...answers[one]]),
      writes: byClass((one) => [...writes[one]]),
    };
  } finally {
    await house.close();
    await pool.close();
  }
}

async function makeAccounts(house: House): Promise<void> {
  for (let at = 0; at < accountsPerClass; at += 1) {
    await house.addUser(`wrong-${at}`);
    await house.addUser(`disabled-${at}`);
    await house.addUser(`locked-${at}`);
    await house.addUser(`expired-${at}`);
    // From here they have signed in, so that the place is known.
    for (const one of ['wrong', 'disabled', 'locked', 'expired']) await house.login(`${one}-${at}`);
    await house.identity.users.disable(operator, `disabled-${at}`);
    await house.identity.users.set(operator, `locked-${at}`, { lockedUntilMs: startMs + 3_600_000 });
    await house.identity.users.set(operator, `expired-${at}`, { passwordExpiresAtMs: startMs });
  }
}

/** Disabled and locked ones with the right password: it must not show. */
async function attempt(house: House, one: Class, account: number): Promise<string> {
  const password = one === 'disabled' || one === 'locked' ? goodPassword : 'tangerine orbit cactus lump';
  try {
    await house.identity.login({
      family: 'precrime',
      username: `${one}-${account}`,
      password: new Secret(password),
      origin,
    });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return JSON.stringify({ code: error.code, message: error.message, details: error.details });
  }
  throw new Error('expected a refusal');
}

function byClass<T>(make: (one: Class) => T): Record<Class, T> {
  return Object.fromEntries(classes.map((one) => [one, make(one)])) as Record<Class, T>;
}

function shuffled<T>(items: readonly T[]): T[] {
  const rest = [...items];
  return items.map(() => rest.splice(randomInt(rest.length), 1)[0] as T);
}
