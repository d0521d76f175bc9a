/** The details of table after table, of one group of statements; a table whose details cannot be read is passed over. @module */
import type { CatalogPlace } from '../../../sources/index.js';
import type { Row } from '../question.js';
import { Feed, type Lane, lengthOf, type Prepare, StatementFault } from './feed.js';
import type { Built } from './statements.js';

/** @param oids  Of the only tables that are wanted. */
export type BuildDetails = (after: CatalogPlace | null, oids: readonly string[] | null) => Built;

/** A table whose details are wanted. */
export interface Wanted {
  readonly oid: string;
  readonly place: CatalogPlace;
}

/** Tables that are read one by one after a fault, to find the one that has it: about what one batch holds. */
const carefulTables = 256;

/** Characters of one table's details in one group; 1,600 columns with long comments stay far below. */
export const maxTableLength = 33_554_432;

/** Faults at one place after which a group is given up. */
const maxFaultsInPlace = 4;

export class Details {
  readonly #lane: Lane;
  readonly #build: BuildDetails;
  readonly #prepare: Prepare | null;
  readonly #feed: Feed;
  #last: CatalogPlace | null;
  /** Tables still to be read one by one; 0 while the feed is read. */
  #careful = 0;
  #isGivenUp = false;

  constructor(
    lane: Lane,
    build: BuildDetails,
    after: CatalogPlace | null,
    prepare: Prepare | null = null,
    batchRows?: number,
  ) {
    this.#lane = lane;
    this.#build = build;
    this.#prepare = prepare;
    this.#last = after;
    this.#feed = new Feed(lane, (place) => build(place, null), after, prepare, batchRows);
  }

  get lane(): Lane {
    return this.#lane;
  }

  /** Whether the group could not be read at all and is no longer tried. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  /** Whether rows are left that belong to no table that was asked for. */
  get hasRest(): boolean {
    return !this.#isGivenUp && this.#careful === 0 && this.#feed.head !== undefined;
  }

  /** What is at hand without waiting; `null` when it takes {@link of}. Must be called for every table in order. */
  ready({ oid, place }: Wanted, into: Row[]): boolean {
    if (this.#careful > 0 || this.#isGivenUp || !this.#feed.take(oid, into)) return false;
    this.#last = place;
    return true;
  }

  /**
   * The rows of the next table.
   *
   * @param rows  Those of it that were at hand.
   * @returns a fault when they cannot be read; the next table's may be.
   */
  async of(table: Wanted, rows: Row[]): Promise<Row[] | StatementFault> {
    for (let faults = 0; ; ) {
      if (this.#isGivenUp) return [];
      try {
        const found = this.#careful > 0 ? await this.#readOne(table) : await this.#readFeed(table, rows);
        this.#last = table.place;
        return found;
      } catch (fault) {
        if (!(fault instanceof StatementFault)) throw fault;
        rows.length = 0;
        faults += 1;
        const isOwn = !fault.isOfAnother;
        // What the account may not look at at all, it may not look at for the next table either.
        if (isMissing(fault) || faults > maxFaultsInPlace) {
          this.#isGivenUp = true;
          return fault;
        }
        if (isOwn && this.#careful > 0) {
          this.#careful = carefulTables;
          this.#last = table.place;
          return fault;
        }
        if (isOwn) this.#careful = carefulTables;
        else if (this.#careful === 0) this.#feed.restart(this.#last);
      }
    }
  }

  async #readFeed({ oid }: Wanted, rows: Row[]): Promise<Row[]> {
    let length = 0;
    while (!this.#feed.take(oid, rows)) {
      await this.#feed.fill();
      length += this.#feed.rest.reduce((sum, row) => sum + lengthOf(row), 0);
      // A server could go on about one table for ever.
      if (length > maxTableLength) throw new Error('more than a table can have');
    }
    return rows;
  }

  async #readOne({ oid, place }: Wanted): Promise<Row[]> {
    const rows = await this.#lane.rows(this.#build(null, [oid]));
    await this.#prepare?.(this.#lane, rows);
    this.#careful -= 1;
    if (this.#careful === 0) this.#feed.restart(place);
    return [...rows];
  }
}

/** Whether a fault means that a view, column or function of the catalogue is not there or not for this account. */
export function isMissing({ code }: StatementFault): boolean {
  return isMissingState(code);
}

/** @param state  SQLSTATE. */
export function isMissingState(state: string): boolean {
  return /^(42501|42P01|42703|42883)$/.test(state);
}
