/**
 * What every reading of data asks (datasets with their grants, sources) as it was found a moment ago, so that a busy
 * dataset costs the store nothing. Any change of any of it lets go of all that is held: changes are rare.
 *
 * Nothing here may outlive what the store says. What this process changes is told before it is acknowledged. What others
 * change raises a number in the transaction that changes it; the number is asked for ten times a second, and what is held
 * is believed only for as long after an answer as those others wait before they acknowledge: with no answer nothing is.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';
import { verificationLeaseMs } from '../identity/index.js';
import type { Ids } from '../kernel/ids.js';
import { createLeasedBelief, idleAfterMs } from '../kernel/leased-belief.js';
import type { StoreDatabase, StoreEngine } from './engine.js';
import type { Verifiers } from './verifiers.js';

export interface HeldLookUps {
  /**
   * What was found under the key, or is found now.
   *
   * @param weigh  How much it is to be held, of {@link maxWeight} in all; 0: it is not held.
   */
  find<T extends object | null>(key: string, lookUp: () => Promise<T>, weigh: (found: T) => number): T | Promise<T>;
  /** Says in a transaction that it changes what may be held. */
  change(tx: StoreDatabase): Promise<void>;
  /** The transaction may have been committed: nothing found before is believed here from now on. */
  tell(): void;
  /** Resolves when nobody anywhere believes what was there before. */
  untilKnown(): Promise<void>;
  /** Holds nothing any more, and is no longer waited for. */
  close(): Promise<void>;
}

export interface HeldLookUpsDeps {
  readonly engine: StoreEngine;
  readonly verifiers: Verifiers;
  readonly ids: Ids;
  /** Milliseconds by a clock that nobody sets. */
  readonly elapsedMs?: () => number;
}

const counter = 'data_changes';
const maxHeld = 10_000;
/** Grants, datasets and sources; one is some kilobyte. */
const maxWeight = 50_000;
/** So many questions one after the other make it worth the asking: a command that asks a few is done before. */
const worthwhileQuestions = 10;

export function createHeldLookUps(deps: HeldLookUpsDeps): HeldLookUps {
  const { engine, verifiers, elapsedMs = () => performance.now() } = deps;
  const verifierId = deps.ids.uuid();
  const held = new LRUCache<string, object>({ max: maxHeld, maxSize: maxWeight, sizeCalculation: () => 1 });
  /** Counts changes: what was looked up before one of them is not held after it. */
  let time = 0;
  /** `undefined`: nobody has answered yet. */
  let seen: number | null | undefined;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let questions = 0;
  let isClosed = false;

  const forget = () => {
    time += 1;
    held.clear();
  };

  const belief = createLeasedBelief({
    ...{ leaseMs: verificationLeaseMs, elapsedMs },
    async ask() {
      const row = await engine.read
        .selectFrom('counters')
        .select('value')
        .where('name', '=', counter)
        .executeTakeFirst();
      const value = row?.value ?? null;
      // Also where the number went back: somebody put an older database in the place.
      if (value !== seen) forget();
      seen = value;
    },
    present: () => verifiers.present(verifierId),
    leave: () => verifiers.leave(verifierId),
    // Whoever asks meanwhile asks the store itself, and is told what is wrong with it.
    failed: () => {},
  });

  const wanted = (nowMs: number) => {
    questions = nowMs - askedAtMs < idleAfterMs ? questions + 1 : 1;
    askedAtMs = nowMs;
    if (questions >= worthwhileQuestions) belief.wanted(nowMs);
  };

  async function lookUpNow<T extends object | null>(
    key: string,
    lookUp: () => Promise<T>,
    weigh: (found: T) => number,
  ): Promise<T> {
    const since = time;
    const found = await lookUp();
    // Before the first answer it is not known from when on we would be told what others change.
    if (found === null || isClosed || seen === undefined || since !== time) return found;
    const weight = weigh(found);
    if (weight > 0) held.set(key, found, { size: weight });
    return found;
  }

  return {
    find<T extends object | null>(key: string, lookUp: () => Promise<T>, weigh: (found: T) => number) {
      const nowMs = elapsedMs();
      wanted(nowMs);
      const known = belief.isGoodAt(nowMs) ? held.get(key) : undefined;
      return known === undefined ? lookUpNow(key, lookUp, weigh) : (known as T);
    },
    async change(tx) {
      await tx
        .insertInto('counters')
        .values({ name: counter, value: 1 })
        .onConflict((conflict) =>
          conflict.column('name').doUpdateSet(({ eb, ref }) => ({ value: eb(ref('counters.value'), '+', 1) })),
        )
        .execute();
    },
    tell: forget,
    untilKnown: () => verifiers.untilOthersKnow(),
    async close() {
      isClosed = true;
      await belief.close();
      held.clear();
    },
  };
}
