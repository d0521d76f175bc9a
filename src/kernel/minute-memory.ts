/** Answers that cost something to find and are as good a minute later. @module */
import type { Clock } from './clock.js';

const keptMs = 60_000;
const maxKept = 100;

/** Finds an answer at most once a minute for each key; who asks meanwhile waits for the same. */
export type MinuteMemory<Answer> = (key: string, find: () => Promise<Answer>) => Promise<Answer>;

/** An answer that failed is not kept. At most 100 are; the oldest go first. */
export function createMinuteMemory<Answer>(clock: Clock): MinuteMemory<Answer> {
  const kept = new Map<string, { readonly atMs: number; readonly answer: Promise<Answer> }>();
  return (key, find) => {
    const nowMs = clock.nowMs();
    const known = kept.get(key);
    if (known !== undefined && nowMs >= known.atMs && nowMs - known.atMs < keptMs) return known.answer;
    const entry = { atMs: nowMs, answer: find() };
    // Behind those that were asked for before it.
    kept.delete(key);
    kept.set(key, entry);
    for (const oldest of kept.keys()) {
      if (kept.size <= maxKept) break;
      kept.delete(oldest);
    }
    entry.answer.catch(() => {
      if (kept.get(key) === entry) kept.delete(key);
    });
    return entry.answer;
  };
}
