/** How many connections to each source this process uses at once: never more than the source allows. @module */

export interface ConnectionLease {
  /** From 1 to what was wanted. */
  readonly connections: number;
  /** May be called more than once. */
  release(): void;
}

/** Who keeps connections that are not in use right now. */
export interface ConnectionKeeper {
  /** Lets one go that is idle. @returns whether there was one. */
  giveUp(sourceId: string): boolean;
  /** There may be one to take again. */
  freed(sourceId: string): void;
}

export interface ConnectionLeases {
  /**
   * Leaves one for whoever comes next, where it can: a reading of minutes does not keep everybody from testing.
   *
   * @returns at most `wanted`; `null` when there is none left.
   */
  take(source: { readonly id: string; readonly limit: number }, wanted: number): ConnectionLease | null;
  /** Idle connections count like others, and their keeper is asked for them when they are wanted. */
  keptBy(keeper: ConnectionKeeper): void;
}

export function createConnectionLeases(): ConnectionLeases {
  const used = new Map<string, number>();
  let keeper: ConnectionKeeper | null = null;
  return {
    take({ id, limit }, wanted) {
      const leftNow = () => limit - (used.get(id) ?? 0);
      while (leftNow() < Math.min(wanted, limit) && keeper?.giveUp(id) === true);
      const left = leftNow();
      if (left < 1) return null;
      const connections = Math.min(wanted, Math.max(1, left - 1));
      used.set(id, (used.get(id) ?? 0) + connections);
      let isReleased = false;
      return {
        connections,
        release() {
          if (isReleased) return;
          isReleased = true;
          const rest = (used.get(id) ?? connections) - connections;
          if (rest === 0) used.delete(id);
          else used.set(id, rest);
          keeper?.freed(id);
        },
      };
    },
    keptBy(one) {
      keeper = one;
    },
  };
}
