/**
 * Who may have a refusal of the guess budget written down, and when: the same account from the same source once a
 * minute. Names cost a stranger nothing, so one source has a few lines a minute and all of them together have a bound:
 * the trail must not be filled by whoever is refused.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/clock.js';

const onceEveryMs = 60_000;
const maxRemembered = 10_000;
const maxPerSource = 10;
const maxTogether = 300;

export interface GuessRecords {
  /** Whether this refusal is to be written; says so once. */
  isDue(account: string, source: string): boolean;
  /** It could not be written: the next one is due. */
  forget(account: string, source: string): void;
}

export function createGuessRecords(deps: { readonly clock: Clock }): GuessRecords {
  const pairs = new LRUCache<string, number>({ max: maxRemembered });
  const sources = new LRUCache<string, { minute: number; count: number }>({ max: maxRemembered });
  let together = { minute: 0, count: 0 };
  const pairOf = (account: string, source: string) => `${account}:${source}`;

  return {
    isDue(account, source) {
      const nowMs = deps.clock.nowMs();
      const lastAtMs = pairs.get(pairOf(account, source));
      if (lastAtMs !== undefined && nowMs >= lastAtMs && nowMs - lastAtMs < onceEveryMs) return false;
      const minute = Math.floor(nowMs / onceEveryMs);
      const ofSource = sources.get(source);
      const written = ofSource?.minute === minute ? ofSource.count : 0;
      if (together.minute !== minute) together = { minute, count: 0 };
      if (written >= maxPerSource || together.count >= maxTogether) return false;
      pairs.set(pairOf(account, source), nowMs);
      sources.set(source, { minute, count: written + 1 });
      together.count += 1;
      return true;
    },
    forget(account, source) {
      pairs.delete(pairOf(account, source));
    },
  };
}
