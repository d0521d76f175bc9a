/** Cursor pages: every list of the house answers with one. @module */

export interface PageRequest {
  /** Rows wanted, 1–1000. */
  readonly limit: number;
  /** Opaque, from the previous page; absent for the first. */
  readonly cursor?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Present when there is more. */
  readonly nextCursor?: string;
}
