/** How many connections to each source this process uses at once: never more than the source allows. @module */

export interface ConnectionLease {
  /** From 1 to what was wanted. */
  readonly connections: number;
  /** May be called more than once. */
  release(): void;
}

export interface ConnectionLeases {
  /**
   * Leaves one for whoever comes next, where it can: a reading of minutes does not keep everybody from testing.
   *
   * @returns at most `wanted`; `null` when there is none left.
   */
  take(source: { readonly id: string; readonly limit: number }, wanted: number): ConnectionLease | null;
}

export function createConnectionLeases(): ConnectionLeases {
  const used = new Map<string, number>();
  return {
    take({ id, limit }, wanted) {
      const now = used.get(id) ?? 0;
      const left = limit - now;
      if (left < 1) return null;
      const connections = Math.min(wanted, Math.max(1, left - 1));
      used.set(id, now + connections);
      let isReleased = false;
      return {
        connections,
        release() {
          if (isReleased) return;
          isReleased = true;
          const rest = (used.get(id) ?? connections) - connections;
          if (rest === 0) used.delete(id);
          else used.set(id, rest);
        },
      };
    },
  };
}
