/** Cases by the thousand: makes scenes from seeds, plays them, and cuts down the first that differs. @module */
import { inspect } from 'node:util';
import type { OracleBench } from './engines.js';
import type { Flaw } from './flaws.js';
import { makeTable, SceneMaker } from './make-scene.js';
import { type Difference, describeTable, play, Tally } from './play.js';
import { Random } from './random.js';
import { shrink } from './shrink.js';
import type { Scene, TableSpec } from './world.js';

/** Callers per table, and statements of each. */
const callers = 16;
const statements = 4;

export const casesPerTable = callers * statements;

export interface CampaignResult {
  /** Statements that were compared. */
  readonly cases: number;
  readonly tally: Tally;
  readonly failure: Failure | null;
}

export interface Failure {
  readonly scene: Scene;
  readonly difference: Difference;
  /** What one needs to see it again. */
  readonly report: string;
}

/** Plays the cases of tables number `from` to `from + tables - 1`; ends at the first difference. */
export async function runCampaign(
  bench: OracleBench,
  { from, tables, flaw = 'none' }: { readonly from: number; readonly tables: number; readonly flaw?: Flaw },
): Promise<CampaignResult> {
  let cases = 0;
  const tally = new Tally();
  for (let seed = from; seed < from + tables; seed += 1) {
    const scenes = makeScenes(bench, seed);
    const [first] = scenes;
    if (first === undefined) continue;
    await bench.create(first.table);
    try {
      for (const scene of scenes) {
        const difference = await play(bench, scene, flaw, tally);
        cases += scene.steps.length;
        if (difference !== null) {
          const smaller = await shrink(bench, scene, difference, flaw);
          return {
            cases,
            tally,
            failure: { ...smaller, report: reportOf(bench, seed, smaller.scene, smaller.difference) },
          };
        }
      }
    } finally {
      await bench.drop(first.table);
    }
  }
  return { cases, tally, failure: null };
}

function makeScenes(bench: OracleBench, seed: number): Scene[] {
  const random = new Random(seed);
  const table: TableSpec = makeTable(
    random,
    random.pick(['people', 'order', 'ta"b`le', "it's", 'tbl;--']) + String(seed),
    bench.kinds,
  );
  return random.list(callers, () => {
    const maker = new SceneMaker(random, table);
    return { seed, table, grants: maker.grants, subject: maker.subject, steps: maker.steps(statements) };
  });
}

function reportOf(bench: OracleBench, seed: number, scene: Scene, difference: Difference): string {
  const show = (value: unknown) => inspect(value, { depth: 12, breakLength: 140, maxArrayLength: 50 });
  return [
    `${bench.name}, table of seed ${seed}, step ${difference.step}: ${difference.what}`,
    `  ${describeTable(scene.table)}`,
    `  grants ${show(scene.grants)}`,
    `  subject ${show(scene.subject)}`,
    `  steps ${show(scene.steps)}`,
    `  expected ${show(difference.expected)}`,
    `  actual ${show(difference.actual)}`,
  ].join('\n');
}
