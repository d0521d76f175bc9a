/** Lets a bounded number in, a bounded number wait, and refuses the rest at once. @module */
import { storeErrors } from './errors.js';

export interface GateLimits {
  readonly inside: number;
  readonly waiting: number;
}

export interface Gate {
  /**
   * @returns what is called once to leave.
   * @throws `store.overloaded` too many wait. · `store.closed`
   */
  enter(): Promise<() => void>;
  /** Refuses newcomers. @returns when everybody who came before has left. */
  close(): Promise<void>;
}

export function createGate(limits: GateLimits): Gate {
  const waiting: (() => void)[] = [];
  let inside = 0;
  let closing: { readonly empty: Promise<void>; readonly isEmpty: () => void } | null = null;

  const leave = () => {
    // Whoever leaves hands over its place, so nobody who comes later can take it.
    const next = waiting.shift();
    if (next !== undefined) {
      next();
      return;
    }
    inside -= 1;
    if (inside === 0) closing?.isEmpty();
  };

  return {
    async enter() {
      if (closing !== null) throw storeErrors.closed();
      if (inside < limits.inside) {
        inside += 1;
        return leave;
      }
      if (waiting.length >= limits.waiting) throw storeErrors.overloaded({ details: { retryAfterSeconds: 1 } });
      await new Promise<void>((resolve) => waiting.push(resolve));
      return leave;
    },

    close() {
      if (closing === null) {
        let isEmpty = () => {};
        const empty = new Promise<void>((resolve) => {
          isEmpty = resolve;
        });
        closing = { empty, isEmpty };
        if (inside === 0) isEmpty();
      }
      return closing.empty;
    },
  };
}
