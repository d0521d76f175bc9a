/**
 * How many attempts run at once, in all and of one caller. The place among all is given back when the work is done;
 * the caller's own only with the answer, so that nobody learns from a free place of their own when the work ended.
 *
 * @module
 */

export interface TestSlot {
  /** Nothing runs any more. May be called more than once. */
  workDone(): void;
  /** The caller has its answer. May be called more than once. */
  answered(): void;
}

export interface TestSlots {
  /** @returns `null` when there is no room. */
  take(caller: string): TestSlot | null;
}

/** @param limits  Attempts at once: in all, and of one caller. */
export function createTestSlots(limits: { readonly inAll: number; readonly perCaller: number }): TestSlots {
  const ofCallers = new Map<string, number>();
  let inAll = 0;
  return {
    take(caller) {
      const ofCaller = ofCallers.get(caller) ?? 0;
      if (inAll >= limits.inAll || ofCaller >= limits.perCaller) return null;
      inAll += 1;
      ofCallers.set(caller, ofCaller + 1);
      return {
        workDone: once(() => {
          inAll -= 1;
        }),
        answered: once(() => {
          const left = (ofCallers.get(caller) ?? 1) - 1;
          if (left === 0) ofCallers.delete(caller);
          else ofCallers.set(caller, left);
        }),
      };
    },
  };
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    work();
  };
}
