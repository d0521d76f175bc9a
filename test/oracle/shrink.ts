/** Cuts a failing scene down: fewer steps, grants, rows, conditions, as long as something still differs. @module */
import type { Filter, Select } from '../../src/query/index.js';
import type { OracleBench } from './engines.js';
import type { Flaw } from './flaws.js';
import { type Difference, play, Tally } from './play.js';
import type { Scene, Step } from './world.js';

const maxTries = 400;

export async function shrink(
  bench: OracleBench,
  scene: Scene,
  difference: Difference,
  flaw: Flaw,
): Promise<{ readonly scene: Scene; readonly difference: Difference }> {
  let best = { scene, difference };
  let tries = 0;
  let isSmaller = true;
  while (isSmaller && tries < maxTries) {
    isSmaller = false;
    for (const candidate of smaller(best.scene)) {
      tries += 1;
      if (tries > maxTries) break;
      const found = await playAlone(bench, candidate, flaw, tries);
      if (found === null) continue;
      best = { scene: candidate, difference: found };
      isSmaller = true;
      break;
    }
  }
  return best;
}

async function playAlone(bench: OracleBench, scene: Scene, flaw: Flaw, number: number): Promise<Difference | null> {
  const table = { ...scene.table, name: `small${number}` };
  const own = { ...scene, table };
  await bench.create(table);
  try {
    return await play(bench, own, flaw, new Tally());
  } catch {
    // Cut down too far to be a scene.
    return null;
  } finally {
    await bench.drop(table);
  }
}

function* smaller(scene: Scene): Generator<Scene> {
  for (const steps of without(scene.steps)) if (steps.length > 0) yield { ...scene, steps };
  for (const grants of without(scene.grants)) yield { ...scene, grants };
  for (const rows of without(scene.table.rows)) yield { ...scene, table: { ...scene.table, rows } };
  for (const [at, step] of scene.steps.entries()) {
    for (const less of smallerStep(step)) yield { ...scene, steps: scene.steps.with(at, less) };
  }
  for (const [at, grant] of scene.grants.entries()) {
    const put = (change: Partial<typeof grant>): Scene => ({
      ...scene,
      grants: scene.grants.with(at, { ...grant, ...change }),
    });
    for (const masks of without(grant.masks)) yield put({ masks });
    if (grant.readable !== null) yield put({ readable: null });
    if (grant.writable !== null) yield put({ writable: null });
    for (const filter of smallerFilter(grant.filter)) yield put({ filter });
    for (const operations of without(grant.operations)) if (operations.length > 0) yield put({ operations });
  }
  for (const { name } of scene.table.columns.slice(1)) yield* withoutColumn(scene, name);
}

function* without<T>(items: readonly T[]): Generator<T[]> {
  for (const at of items.keys()) yield items.filter((_, other) => other !== at);
}

function* smallerStep(step: Step): Generator<Step> {
  if (step.kind === 'insert') {
    for (const rows of without(step.rows)) if (rows.length > 0) yield { ...step, rows };
    for (const [at, row] of step.rows.entries()) {
      for (const less of without(row)) yield { ...step, rows: step.rows.with(at, less) };
    }
    if (step.stamps.length > 0) yield { ...step, stamps: [] };
    return;
  }
  if (step.kind === 'select') {
    for (const select of smallerSelect(step.select)) yield { ...step, select };
    return;
  }
  for (const filter of smallerFilter(step.filter)) yield { ...step, filter };
  if (step.kind !== 'update') return;
  for (const set of without(step.set)) if (set.length > 0) yield { ...step, set };
  if (step.stamps.length > 0) yield { ...step, stamps: [] };
}

function* smallerSelect(select: Select): Generator<Select> {
  for (const filter of smallerFilter(select.filter)) yield { ...select, filter };
  if (select.limit !== null) yield { ...select, limit: null };
  if (select.offset > 0) yield { ...select, offset: 0 };
  if (select.isDistinct) yield { ...select, isDistinct: false };
  for (const aggregates of without(select.aggregates)) yield { ...select, aggregates };
  for (const groupBy of without(select.groupBy)) yield { ...select, groupBy };
  if (select.columns !== null) {
    for (const columns of without(select.columns)) if (columns.length > 0) yield { ...select, columns };
  }
  if (select.after !== null) yield { ...select, after: null };
  else for (const orderBy of without(select.orderBy)) yield { ...select, orderBy };
}

function* smallerFilter(filter: Filter | null): Generator<Filter | null> {
  if (filter === null) return;
  yield null;
  if (filter.kind === 'not') yield filter.filter;
  if (filter.kind === 'and' || filter.kind === 'or') {
    yield* filter.filters;
    for (const filters of without(filter.filters)) if (filters.length > 0) yield { ...filter, filters };
  }
  if (filter.kind === 'in') for (const values of without(filter.values)) yield { ...filter, values };
}

/** Only where nothing names it any more. */
function* withoutColumn(scene: Scene, name: string): Generator<Scene> {
  if (JSON.stringify([scene.steps, scene.grants]).includes(JSON.stringify(name))) return;
  const at = scene.table.columns.findIndex((column) => column.name === name);
  const columns = scene.table.columns.filter((_, other) => other !== at);
  const rows = scene.table.rows.map((row) => row.filter((_, other) => other !== at));
  yield { ...scene, table: { ...scene.table, columns, rows } };
}
