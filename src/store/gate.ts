/** Lets a bounded number in, a bounded number wait, and refuses the rest at once. @module */
import { storeErrors } from './errors.js';

export interface GateLimits {
  readonly inside: number;
  readonly waiting: number;
}

export interface Gate {
  /**
   * @returns what is called once to leave.
   * @throws `store.overloaded` too many wait.
   */
  enter(): Promise<() => void>;
}

export function createGate(limits: GateLimits): Gate {
  const waiting: (() => void)[] = [];
  let inside = 0;

  const leave = () => {
    // Whoever leaves hands over its place, so nobody who comes later can take it.
    const next = waiting.shift();
    if (next === undefined) inside -= 1;
    else next();
  };

  return {
    async enter() {
      if (inside < limits.inside) {
        inside += 1;
        return leave;
      }
      if (waiting.length >= limits.waiting) throw storeErrors.overloaded({ details: { retryAfterSeconds: 1 } });
      await new Promise<void>((resolve) => waiting.push(resolve));
      return leave;
    },
  };
}
