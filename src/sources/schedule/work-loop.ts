/** Takes what is due and works on a few at once, until it is stopped. Knows nothing of what is done. @module */
import { setTimeout as delay } from 'node:timers/promises';

export interface WorkLoop<Item> {
  readonly atOnce: number;
  /** Between two looks when nothing was left to be taken. Asked each time, so that nodes do not look in step. */
  readonly pauseMs: () => number;
  /** Takes at most so many. */
  readonly take: (limit: number) => Promise<readonly Item[]>;
  readonly work: (item: Item, signal: AbortSignal) => Promise<void>;
  /** Told what `take` or `work` threw; the loop goes on. */
  readonly onFault: (fault: unknown) => void;
}

/** @returns what stops it; it resolves when everything that was begun has ended. */
export function startWorkLoop<Item>({ atOnce, pauseMs, take, work, onFault }: WorkLoop<Item>): () => Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = new Set<Promise<void>>();

  function begin(item: Item): void {
    const one: Promise<void> = work(item, signal)
      .catch(onFault)
      .finally(() => running.delete(one));
    running.add(one);
  }

  async function loop(): Promise<void> {
    while (!signal.aborted) {
      const free = atOnce - running.size;
      const taken = await take(free).catch((fault: unknown) => {
        onFault(fault);
        return [];
      });
      for (const item of taken) begin(item);
      // There may be more: as soon as somebody is free.
      if (running.size >= atOnce) await Promise.race(running);
      else if (taken.length < free) await delay(pauseMs(), undefined, { signal, ref: false }).catch(() => {});
    }
  }

  const ended = loop();
  return async () => {
    stopping.abort();
    await ended;
    await Promise.all(running);
  };
}
