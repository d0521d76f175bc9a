/**
 * What a job of the bench is: cases, in each of which several ways of doing the same take turns, and goals, which are
 * ratios of two ways in the same round or bounds on one.
 *
 * @module
 */
import type { BenchContext } from './context.js';

/** Figures of one way in one round; the unit is in the name of each. */
export type Sample = Readonly<Record<string, number>>;

export interface Way {
  readonly name: string;
  /** One round. */
  run(): Promise<Sample>;
}

export type Bound = { readonly atLeast: number } | { readonly atMost: number };

export interface Goal {
  readonly way: string;
  readonly measure: string;
  /** The way it is compared with: the goal is of the ratio. Absent: of the figure itself. */
  readonly to?: string;
  /** Absent: nobody promised anything, and the ratio is only told. */
  readonly bound?: Bound;
}

export interface Case {
  readonly name: string;
  readonly ways: readonly Way[];
  readonly goals: readonly Goal[];
}

export interface OpenedJob {
  /** Asked for one after the other, each done before the next. */
  readonly cases: readonly Case[];
  /** Facts that belong to the figures: rows, tables, parameters. */
  readonly facts?: Readonly<Record<string, string | number>>;
}

export interface Job {
  readonly name: string;
  readonly title: string;
  /** One sentence: what is measured beside what. */
  readonly what: string;
  /** The figure that is drawn. */
  readonly drawn: string;
  /** Whether it is run on each store, or does not depend on ours (or on the embedded one alone). */
  readonly stores: 'both' | 'sqlite';
  /** Whatever it starts is ended by the context. */
  open(context: BenchContext): Promise<OpenedJob>;
}

/** Names of measures, in the order they are printed, as people read them. */
export const measureTitles: Readonly<Record<string, string>> = {
  perSecond: 'per second',
  rowsPerSecond: 'rows per second',
  p50Ms: 'p50 ms',
  p99Ms: 'p99 ms',
  ms: 'ms',
  cpuMicros: 'CPU µs each',
  rssMegabytes: 'RSS MB',
  grownMegabytes: 'grown MB',
  delayP999Ms: 'loop delay p99.9 ms',
  refusedP99Ms: 'refused p99 ms',
  refusedMaxMs: 'refused max ms',
  refused: 'refused',
  accepted: 'let in',
  withoutRetryAfter: 'refused without Retry-After',
};
