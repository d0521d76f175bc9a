/** Runs the ways of a case in turns, and says what came out. @module */
import { holds, median, medianRatio } from './figures.js';
import type { Bound, Case, Goal, Sample } from './job.js';

export interface Outcome extends Goal {
  /** The ratio, or the figure where there is nothing to compare with. */
  readonly value: number;
  /** `null`: nobody promised anything. */
  readonly isMet: boolean | null;
}

export interface CaseResult {
  readonly name: string;
  /** By way, a sample for each round. */
  readonly rounds: Readonly<Record<string, readonly Sample[]>>;
  readonly medians: Readonly<Record<string, Sample>>;
  readonly outcomes: readonly Outcome[];
}

/**
 * @param rounds  Each way runs once in each; who begins changes from round to round, so that none has always the same
 *   one before it.
 * @param isWarmedUp  Whether each way runs once before, thrown away.
 */
export async function runCase(
  { name, ways, goals }: Case,
  { rounds, isWarmedUp }: { readonly rounds: number; readonly isWarmedUp: boolean },
  tell: (line: string) => void,
): Promise<CaseResult> {
  const samples = new Map<string, Sample[]>(ways.map((way) => [way.name, []]));
  if (isWarmedUp) for (const way of ways) await way.run();
  for (let round = 0; round < rounds; round += 1) {
    const first = round % ways.length;
    for (const way of [...ways.slice(first), ...ways.slice(0, first)]) {
      samples.get(way.name)?.push(await way.run());
    }
    tell(`  ${name}: round ${round + 1} of ${rounds}`);
  }
  return {
    name,
    rounds: Object.fromEntries(samples),
    medians: Object.fromEntries([...samples].map(([way, list]) => [way, mediansOf(list)])),
    outcomes: goals.map((goal) => outcomeOf(goal, samples)),
  };
}

function mediansOf(samples: readonly Sample[]): Sample {
  const names = Object.keys(samples[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(figuresOf(samples, name))]));
}

function outcomeOf(goal: Goal, samples: ReadonlyMap<string, readonly Sample[]>): Outcome {
  const mine = figuresOf(samples.get(goal.way) ?? [], goal.measure);
  const value =
    goal.to === undefined ? median(mine) : medianRatio(mine, figuresOf(samples.get(goal.to) ?? [], goal.measure));
  if (Number.isNaN(value))
    throw new Error(`${goal.way} has no ${goal.measure} to compare with ${goal.to ?? 'a bound'}`);
  return { ...goal, value, isMet: goal.bound === undefined ? null : holds(value, goal.bound) };
}

function figuresOf(samples: readonly Sample[], measure: string): number[] {
  return samples.map((sample) => sample[measure] ?? Number.NaN);
}

/** `≥ 0.65 ×`, or `≤ 20`. */
export function boundText(bound: Bound, isRatio: boolean): string {
  const number = 'atLeast' in bound ? `≥ ${bound.atLeast}` : `≤ ${bound.atMost}`;
  return isRatio ? `${number} ×` : number;
}
