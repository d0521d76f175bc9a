/** Answers that cost something to find and are as good a moment later. @module */
import type { Clock } from './clock.js';

/** An answer is kept a hundred times as long as it took to find, so that finding it takes a hundredth of the time. */
const timesKept = 100;
const keptMs = { least: 5_000, most: 60_000 } as const;
const maxKept = 100;

/** Finds an answer at most once in its time for each key; who asks meanwhile waits for the same. */
export type ShortMemory<Answer> = (key: string, find: () => Promise<Answer>) => Promise<Answer>;

interface Kept<Answer> {
  readonly answer: Promise<Answer>;
  readonly atMs: number;
  /** Until it is found, as long as it takes. */
  untilMs: number;
}

/** An answer that failed is not kept. At most 100 are; the oldest go first. */
export function createShortMemory<Answer>(clock: Clock): ShortMemory<Answer> {
  const kept = new Map<string, Kept<Answer>>();
  return (key, find) => {
    const nowMs = clock.nowMs();
    const known = kept.get(key);
    if (known !== undefined && nowMs >= known.atMs && nowMs < known.untilMs) return known.answer;
    const begunMs = performance.now();
    const entry: Kept<Answer> = { atMs: nowMs, answer: find(), untilMs: Number.POSITIVE_INFINITY };
    // Behind those that were asked for before it.
    kept.delete(key);
    kept.set(key, entry);
    for (const oldest of kept.keys()) {
      if (kept.size <= maxKept) break;
      kept.delete(oldest);
    }
    entry.answer.then(
      () => {
        const tookMs = performance.now() - begunMs;
        entry.untilMs = clock.nowMs() + Math.min(Math.max(tookMs * timesKept, keptMs.least), keptMs.most);
      },
      () => {
        if (kept.get(key) === entry) kept.delete(key);
      },
    );
    return entry.answer;
  };
}
