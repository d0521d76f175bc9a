/**
 * Counters of wrong guesses in the memory of one process. A guess that is being judged holds its place; a wrong one
 * keeps it until the window is over, a right one gives it back.
 *
 * Windows slide in sixtieths and count a sixtieth until all of it is over: never more than the limit in any window, at
 * most a sixtieth stricter, and a bounded number of figures whatever the limit is.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/clock.js';
import type { GuessVerdict, GuessWindow } from './ports.js';

/** Parts a window slides in. */
const guessSlots = 60;
/**
 * Windows remembered. Each costs an attacker one hash of ours, so that pushing one out is dearer by far than the
 * guesses it would give back.
 */
const maxWindows = 200_000;

/** Wrong guesses by the slot they were taken in, oldest first. */
type Failures = { slot: number; count: number }[];

export interface GuessWindows {
  /** What {@link GuessWindows.take} would say. */
  judge(windows: readonly GuessWindow[]): GuessVerdict;
  /** Takes a place in every window, or in none. */
  take(windows: readonly GuessWindow[]): GuessVerdict;
  /** Gives the places back. `failedAtMs`: when the guess was taken, if it was wrong. */
  settle(windows: readonly GuessWindow[], failedAtMs: number | null): void;
}

export function createGuessWindows(deps: { readonly clock: Clock; readonly max?: number }): GuessWindows {
  // By size: room for `max` entries would be taken at once, and most installations never see a thousandth of them.
  const failures = new LRUCache<string, Failures>({ maxSize: deps.max ?? maxWindows, sizeCalculation: () => 1 });
  /** Only those that are not 0. */
  const inFlight = new Map<string, number>();

  const liveFailures = ({ key, windowMs }: GuessWindow, nowMs: number): Failures => {
    const known = failures.get(key);
    if (known === undefined) return [];
    const slotMs = windowMs / guessSlots;
    const nowSlot = Math.floor(nowMs / slotMs);
    let isChanged = false;
    const live: Failures = [];
    for (const { slot, count } of known) {
      if ((slot + 1) * slotMs + windowMs <= nowMs) {
        isChanged = true;
        continue;
      }
      // The clock stepped back: what lies ahead counts from now on, or it would count for who knows how long.
      live.push({ slot: Math.min(slot, nowSlot), count });
      isChanged ||= slot > nowSlot;
    }
    if (live.length === 0) failures.delete(key);
    else if (isChanged) failures.set(key, live);
    return live;
  };

  const judge = (windows: readonly GuessWindow[]): GuessVerdict => {
    const nowMs = deps.clock.nowMs();
    let verdict: GuessVerdict = { verdict: 'taken', atMs: nowMs };
    for (const window of windows) {
      const live = liveFailures(window, nowMs);
      const failed = live.reduce((sum, { count }) => sum + count, 0);
      if (failed >= window.limit) {
        const retryAfterMs = freeAtMs(live, failed, window) - nowMs;
        if (verdict.verdict !== 'spent' || verdict.retryAfterMs < retryAfterMs) {
          verdict = { verdict: 'spent', retryAfterMs };
        }
      } else if (verdict.verdict === 'taken' && failed + (inFlight.get(window.key) ?? 0) >= window.limit) {
        verdict = { verdict: 'busy', key: window.key };
      }
    }
    return verdict;
  };

  return {
    judge,
    take(windows) {
      const verdict = judge(windows);
      if (verdict.verdict !== 'taken') return verdict;
      for (const { key } of windows) inFlight.set(key, (inFlight.get(key) ?? 0) + 1);
      return verdict;
    },

    settle(windows, failedAtMs) {
      for (const window of windows) {
        const left = (inFlight.get(window.key) ?? 0) - 1;
        if (left > 0) inFlight.set(window.key, left);
        else inFlight.delete(window.key);
        if (failedAtMs === null) continue;
        const slot = Math.floor(failedAtMs / (window.windowMs / guessSlots));
        const known = failures.get(window.key) ?? [];
        const same = known.find((one) => one.slot === slot);
        if (same === undefined) known.push({ slot, count: 1 });
        else same.count += 1;
        failures.set(window.key, known);
      }
    },
  };
}

/** When so much of it is over that one place is free. */
function freeAtMs(live: Failures, failed: number, { limit, windowMs }: GuessWindow): number {
  const slotMs = windowMs / guessSlots;
  let left = failed;
  for (const { slot, count } of [...live].sort((one, other) => one.slot - other.slot)) {
    left -= count;
    if (left < limit) return (slot + 1) * slotMs + windowMs;
  }
  return 0;
}
