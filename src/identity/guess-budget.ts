/**
 * How many wrong passwords are judged at all: of one account from one source, of one account from all the places it
 * has never signed in from, and from one source whoever is meant. Counted before anything is hashed and given back
 * when the password was right, so that no number of guesses at once gets past it, and no number of right ones is
 * turned away.
 *
 * @module
 */
import { performance } from 'node:perf_hooks';
import type { AuditOrigin } from '../audit/index.js';
import type { Clock } from '../kernel/clock.js';
import type { Ids } from '../kernel/ids.js';
import type { Secret } from '../kernel/secret.js';
import type { IdentityPolicy } from './deps.js';
import { createGuessWindows } from './guess-budget-windows.js';
import { digestKnownSource, digestSource, isFamiliar, sourceOf } from './known-sources.js';
import type { GuessVerdict, GuessWindow, IdentityStore, SharedGuessCounters } from './ports.js';

const perSourceMs = 15 * 60_000;
const perAccountMs = 24 * 60 * 60_000;
const perAddressMs = 60 * 60_000;

/** Guesses that wait for one that may still be given back; each is a small request that is held. */
const maxWaiting = 2_000;
const maxWaitingPerWindow = 256;
const maxWaitMs = 60_000;
/** Places that another node gives back are seen by looking. */
const lookAgainMs = 100;

export interface Guess {
  /** Of the canonical name, whether anybody has it or not. */
  readonly nameFingerprint: string;
  readonly origin: AuditOrigin;
}

export interface AdmittedGuess {
  readonly verdict: 'admitted';
  /** Where it comes from, for our tables; `null` when nobody knows where that is. */
  readonly knownSourceDigest: string | null;
  /** When the account last signed in from there, as far as it is written down. */
  readonly seenAtMs: number | null;
  /** To be told once, whatever became of it: only `isWrong` uses the budget up. */
  settle(isWrong: boolean): void;
}

export interface SpentBudget {
  readonly verdict: 'spent';
  readonly retryAfterSeconds: number;
  /** The source's digest, for the record. */
  readonly source: string;
}

export interface GuessBudget {
  admit(guess: Guess): Promise<AdmittedGuess | SpentBudget>;
}

type Taken = { readonly verdict: 'taken'; settle(isWrong: boolean): void };

export function createGuessBudget(deps: {
  readonly store: Pick<IdentityStore, 'findKnownSource'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly digestKey: Secret<Uint8Array>;
  readonly policy: Pick<IdentityPolicy, 'guesses'>;
  readonly sharedGuesses?: SharedGuessCounters | undefined;
}): GuessBudget {
  const { store, clock, digestKey, sharedGuesses } = deps;
  const { perSource, perAccountDay, perAddressHour } = deps.policy.guesses;
  const windows = createGuessWindows(deps);
  const queues = createQueues();

  /** In this process first: what it refuses asks nobody else. */
  const take = async (wanted: readonly GuessWindow[]): Promise<Taken | Exclude<GuessVerdict, { verdict: 'taken' }>> => {
    const here = windows.take(wanted);
    if (here.verdict !== 'taken') return here;
    const id = deps.ids.uuid();
    const everywhere = sharedGuesses === undefined ? null : await sharedGuesses.take(id, wanted);
    if (everywhere !== null && everywhere.verdict !== 'taken') {
      // Nobody is woken: whoever waits would take this place, be told the same and wake the next one, without end.
      windows.settle(wanted, null);
      return everywhere;
    }
    return {
      verdict: 'taken',
      settle(isWrong) {
        windows.settle(wanted, isWrong ? here.atMs : null);
        if (everywhere !== null) sharedGuesses?.settle(id, wanted, isWrong ? everywhere.atMs : null);
        for (const { key } of wanted) queues.wake(key);
      },
    };
  };

  return {
    async admit({ nameFingerprint, origin }) {
      const place = sourceOf(origin.address);
      const source = digestSource(digestKey, place);
      const spent = (retryAfterMs: number): SpentBudget => ({
        verdict: 'spent',
        retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)),
        source,
      });
      const ofPair = { key: `${nameFingerprint}:${source}`, limit: perSource, windowMs: perSourceMs };
      const ofAddress = { key: source, limit: perAddressHour, windowMs: perAddressMs };
      // Whoever is refused in any case is refused before the store is asked anything.
      const quick = windows.judge([ofPair, ofAddress]);
      if (quick.verdict === 'spent') return spent(quick.retryAfterMs);

      const isSomewhere = origin.address !== null;
      const digest = digestKnownSource(digestKey, nameFingerprint, place);
      const seenAtMs = await store.findKnownSource(digest);
      // A tenth of what an address may do is kept for those who have signed in from there, and what strangers do
      // elsewhere does not count for them.
      const wanted = isFamiliar(seenAtMs, clock.nowMs())
        ? [ofPair, ofAddress]
        : [
            ofPair,
            { ...ofAddress, limit: perAddressHour - Math.floor(perAddressHour / 10) },
            { key: nameFingerprint, limit: perAccountDay, windowMs: perAccountMs },
          ];

      const untilMs = performance.now() + maxWaitMs;
      for (;;) {
        const taken = await take(wanted);
        if (taken.verdict === 'spent') return spent(taken.retryAfterMs);
        if (taken.verdict === 'taken') {
          return {
            verdict: 'admitted',
            knownSourceDigest: isSomewhere ? digest : null,
            seenAtMs,
            settle: taken.settle,
          };
        }
        const leftMs = untilMs - performance.now();
        const waitMs = sharedGuesses === undefined ? leftMs : Math.min(leftMs, lookAgainMs);
        if (waitMs <= 0 || !(await queues.wait(taken.key, waitMs))) return spent(0);
      }
    },
  };
}

/** Who waits for a place in a window. Woken together and in order; who finds none waits again, in the same order. */
function createQueues() {
  const queues = new Map<string, Set<() => void>>();
  let waiting = 0;
  return {
    /** Resolves when it is worth looking again; to `false` at once when too many wait. */
    async wait(key: string, ms: number): Promise<boolean> {
      const queue = queues.get(key) ?? new Set<() => void>();
      if (waiting >= maxWaiting || queue.size >= maxWaitingPerWindow) return false;
      waiting += 1;
      queues.set(key, queue);
      await new Promise<void>((resolve) => {
        const go = () => {
          clearTimeout(timer);
          queue.delete(go);
          resolve();
        };
        const timer = setTimeout(go, ms);
        queue.add(go);
      });
      waiting -= 1;
      if (queue.size === 0 && queues.get(key) === queue) queues.delete(key);
      return true;
    },
    wake(key: string): void {
      for (const go of [...(queues.get(key) ?? [])]) go();
    },
  };
}
