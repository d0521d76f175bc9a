/**
 * A grant: what one role may do with one dataset. Its row filter and its columns belong together: what it lets through
 * counts for the rows it lets through, and several grants add up without lending each other anything.
 *
 * @module
 */
import type { Filter, Mask, Operation } from '../query/index.js';

/** Masks as they are written down; the salt of `hash` is the grant's own. */
export type GrantMask = Mask;

export interface Grant {
  readonly id: string;
  readonly roleId: string;
  readonly datasetId: string;
  readonly operations: readonly Operation[];
  /**
   * Columns whose values it reveals, in answers, conditions, orders and groups of every operation it allows; `null`:
   * every column.
   */
  readonly readable: readonly string[] | null;
  /** Columns whose values may be given; `null`: every column. */
  readonly writable: readonly string[] | null;
  /**
   * Rows it is for; `null`: every row. A value `$user`, `$org` or `$claims.<name>` stands for what is known of the
   * caller; `$$` at the beginning is a plain `$`. What is not known of the caller makes the filter true of no row.
   */
  readonly filter: Filter | null;
  /** By column; at most one each. */
  readonly masks: readonly { readonly column: string; readonly mask: GrantMask }[];
}

/** What row filters may know of who asks. */
export interface Subject {
  readonly user: string;
  readonly organisation: string | null;
  readonly claims: ReadonlyMap<string, string>;
}
