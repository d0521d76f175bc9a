/** Time as a port. The wall clock itself is read in one place, the composition root. @module */

export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
}
