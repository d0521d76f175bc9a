/**
 * How often callers who are not trusted with diagnoses may have something dialled: per caller, per target over all of
 * them, and how many different targets one may name. Sliding windows over bounded memory; whatever is refused was not
 * counted, and what is counted was not dialled yet.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { sourcesErrors } from './errors.js';

/** For callers without `connections.diagnose`. */
export interface ProbeBudgets {
  /** Tests, preflights and readings one caller may start in a minute; of one target ten times that, by all of them. */
  readonly testsPerMinute: number;
  /** Different targets one caller may name in an hour. */
  readonly targetsPerHour: number;
}

export interface ProbeCounter {
  /**
   * Counts one attempt of a caller at a place.
   *
   * @param place  Canonical host and port, or file.
   * @throws `sources.probe_rate_limited` with `retryAfterSeconds`; then nothing was counted.
   */
  spend(caller: string, place: string): void;
}

export const standardBudgets: ProbeBudgets = { testsPerMinute: 10, targetsPerHour: 30 };

const minuteMs = 60_000;
const hourMs = 3_600_000;
/** Of one target, by all such callers together, as a multiple of what one caller may. */
const targetFactor = 10;
const maxCallers = 20_000;
const maxPlaces = 50_000;
/** Places remembered over all callers. */
const maxNamed = 500_000;

/** @param nowMs  A clock that never goes back. */
export function createProbeCounter(
  { testsPerMinute, targetsPerHour }: ProbeBudgets,
  nowMs: () => number = () => performance.now(),
): ProbeCounter {
  // By size: room for `max` entries would be taken at once, and most installations never see a thousandth of them.
  const byCaller = new LRUCache<string, SlidingWindow>({ maxSize: maxCallers, sizeCalculation: () => 1 });
  const byPlace = new LRUCache<string, SlidingWindow>({ maxSize: maxPlaces, sizeCalculation: () => 1 });
  /** Caller → place → when it was last named. */
  const named = new LRUCache<string, Map<string, number>>({ maxSize: maxNamed });

  return {
    spend(caller, place) {
      const atMs = nowMs();
      // Of a fixed length, whatever a caller names.
      const placeKey = createHash('sha256').update(place).digest('base64url').slice(0, 22);
      const ofCaller = byCaller.get(caller) ?? new SlidingWindow(minuteMs, testsPerMinute);
      const ofPlace = byPlace.get(placeKey) ?? new SlidingWindow(minuteMs, testsPerMinute * targetFactor);
      const places = named.get(caller) ?? new Map<string, number>();
      for (const [key, lastMs] of places) if (lastMs <= atMs - hourMs) places.delete(key);
      const isNew = !places.has(placeKey);
      const waitMs = Math.max(
        ofCaller.waitMs(atMs),
        ofPlace.waitMs(atMs),
        isNew && places.size >= targetsPerHour ? Math.min(...places.values()) + hourMs - atMs : 0,
      );
      if (waitMs > 0) {
        throw sourcesErrors.probe_rate_limited({ details: { retryAfterSeconds: Math.ceil(waitMs / 1_000) } });
      }
      ofCaller.count(atMs);
      ofPlace.count(atMs);
      places.set(placeKey, atMs);
      byCaller.set(caller, ofCaller);
      byPlace.set(placeKey, ofPlace);
      named.set(caller, places, { size: places.size });
    },
  };
}

const parts = 12;

/**
 * Never more than its limit in any span of its length: the span is counted in twelve parts, and a part counts until
 * all of it is over, so that one is at most a twelfth stricter than the exact count and costs the same whatever the
 * limit.
 */
class SlidingWindow {
  readonly #partMs: number;
  readonly #limit: number;
  /** Part of time → attempts in it, oldest first; thirteen parts touch a span that does not begin with one. */
  readonly #counts = new Map<number, number>();

  constructor(lengthMs: number, limit: number) {
    this.#partMs = lengthMs / parts;
    this.#limit = limit;
  }

  /** Milliseconds until one more fits; 0: now. */
  waitMs(atMs: number): number {
    const now = Math.floor(atMs / this.#partMs);
    let inAll = 0;
    for (const [part, count] of this.#counts) {
      if (part < now - parts) this.#counts.delete(part);
      else inAll += count;
    }
    if (inAll < this.#limit) return 0;
    let left = inAll;
    for (const [part, count] of this.#counts) {
      left -= count;
      if (left < this.#limit) return (part + parts + 1) * this.#partMs - atMs;
    }
    return this.#partMs;
  }

  count(atMs: number): void {
    const now = Math.floor(atMs / this.#partMs);
    this.#counts.set(now, (this.#counts.get(now) ?? 0) + 1);
  }
}
