/** A number of places, and a queue for those that wait for one. @module */

/** Thrown at those whose time ended before they had a place. */
export const lookupTimedOut = new Error('look-up timed out');

/** How many may run at once; the others wait for a place until their signal says otherwise. */
export function createPlaces(count: number): {
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
} {
  let running = 0;
  const waiting: (() => void)[] = [];
  return {
    async run(work, signal) {
      while (running >= count) await new Promise<void>((resolve) => waiting.push(resolve));
      if (signal.aborted) {
        waiting.shift()?.();
        throw lookupTimedOut;
      }
      running += 1;
      try {
        return await work();
      } finally {
        running -= 1;
        waiting.shift()?.();
      }
    },
  };
}
