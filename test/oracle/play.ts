/**
 * Plays a scene on an engine and in the model at once, and tells the first difference: an answer, a refusal, or what is
 * in the table afterwards.
 *
 * @module
 */
import {
  type ScopedQuery,
  scopeCount,
  scopeDelete,
  scopeInsert,
  scopeSelect,
  scopeUpdate,
} from '../../src/access/index.js';
import { AppError } from '../../src/kernel/errors.js';
import type { OutputColumn, Relation, Select } from '../../src/query/index.js';
import type { DataRow, DataSession, RunLimits, WriteOutcome } from '../../src/sources/index.js';
import type { OracleBench } from './engines.js';
import { type Flaw, flawed, flawedInsert } from './flaws.js';
import { Model } from './model.js';
import { inspectStatement } from './statements.js';
import { tidy } from './values.js';
import type { Cell, GivenRow, Row, Scene, Step, TableSpec, Verdict } from './world.js';

export interface Difference {
  readonly step: number;
  readonly what: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

type Actual =
  | { readonly kind: 'refused'; readonly code: string; readonly told: unknown }
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'rows'; readonly names: readonly string[]; readonly rows: readonly Row[] }
  | {
      readonly kind: 'written';
      readonly affected: number;
      readonly names: readonly string[];
      readonly rows: readonly Row[];
    };

const limits: RunLimits = {
  statementMs: 20_000,
  maxRows: 100_000,
  maxBytes: 100_000_000,
  signal: new AbortController().signal,
};

const everything: Select = {
  ...{ kind: 'select', columns: null, filter: null, groupBy: [], aggregates: [], isDistinct: false, orderBy: [] },
  ...{ limit: null, offset: 0, after: null },
};

/** How often what was compared, so that a run of nothing but refusals is not taken for a good one. */
export class Tally {
  readonly counts = new Map<string, number>();

  add(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  of(what: string): number {
    return this.counts.get(what) ?? 0;
  }
}

/** The scene's table must be there with its rows, and is as it was when this returns. */
export async function play(bench: OracleBench, scene: Scene, flaw: Flaw, tally: Tally): Promise<Difference | null> {
  const { session } = bench;
  const relation = bench.relationOf(scene.table);
  const model = new Model(scene.table, scene.grants, scene.subject);
  const player = new Player(bench, scene, relation, flaw);
  const isWriting = scene.steps.some(({ kind }) => kind !== 'select' && kind !== 'count');
  if (isWriting) await session.begin(limits);
  try {
    for (const [at, step] of scene.steps.entries()) {
      const verdict = model.run(step);
      const actual = await player.perform(step);
      for (const what of kindsOf(step, verdict)) tally.add(what);
      const difference = compare(verdict, actual);
      if (difference !== null) return { step: at, ...difference };
      const unsound = player.unsound;
      if (unsound !== null) return { step: at, what: unsound.what, expected: 'a sound statement', actual: unsound.sql };
      // What a database refused has ended the transaction.
      if (actual.kind === 'refused' && actual.code.startsWith('sources.')) return null;
    }
    if (!isWriting) return null;
    const left = await readAll(session, relation);
    return isSameBag(left, model.rows)
      ? null
      : { step: scene.steps.length, what: 'the table afterwards', expected: model.rows, actual: left };
  } finally {
    if (isWriting) await session.rollback();
  }
}

function* kindsOf(step: Step, verdict: Verdict): Generator<string> {
  yield `${step.kind} ${verdict.kind === 'refused' ? 'refused' : 'done'}`;
  if (verdict.kind === 'refused') for (const code of verdict.codes) yield code;
  if (verdict.kind === 'rows' && verdict.places.length > 0) {
    yield 'rows that came';
    if (step.kind === 'select' && step.select.after !== null) yield 'rows after a row';
    if (step.kind === 'select' && step.select.groupBy.length > 0) yield 'groups';
  }
  if (verdict.kind === 'count' && verdict.count > 0) yield 'rows that were counted';
  if (verdict.kind === 'written' && verdict.affected > 0) yield `rows of ${step.kind}`;
}

async function readAll(session: DataSession, relation: Relation): Promise<readonly Row[]> {
  const query = scopeSelect({ kind: 'operator' }, relation, everything);
  return tidied(query.output, await collect(session.select(query, limits)));
}

async function collect(batches: AsyncIterable<readonly DataRow[]>): Promise<DataRow[]> {
  const rows: DataRow[] = [];
  for await (const batch of batches) rows.push(...batch);
  return rows;
}

function tidied(output: readonly OutputColumn[], rows: readonly DataRow[]): Row[] {
  return rows.map((row) => row.map((cell, at) => tidy(output[at]?.type ?? 'other', cell)));
}

class Player {
  readonly #bench: OracleBench;
  readonly #scene: Scene;
  readonly #relation: Relation;
  readonly #flaw: Flaw;
  /** The first statement that is not as statements must be. */
  unsound: { readonly what: string; readonly sql: string } | null = null;

  constructor(bench: OracleBench, scene: Scene, relation: Relation, flaw: Flaw) {
    this.#flaw = flaw;
    this.#bench = bench;
    this.#scene = scene;
    this.#relation = relation;
  }

  async perform(step: Step): Promise<Actual> {
    try {
      return await this.#do(step);
    } catch (error) {
      if (error instanceof AppError) return { kind: 'refused', code: error.code, told: error.cause ?? error.details };
      throw error;
    }
  }

  async #do(step: Step): Promise<Actual> {
    const { session } = this.#bench;
    const { grants, subject } = this.#scene;
    const standing = { kind: 'grants', grants: flawed(this.#flaw, grants, subject), subject } as const;
    const relation = this.#relationFor(step);
    switch (step.kind) {
      case 'select': {
        const query = this.#inspected(scopeSelect(standing, relation, step.select));
        const rows = await collect(session.select(query, limits));
        return { kind: 'rows', names: query.output.map(({ name }) => name), rows: tidied(query.output, rows) };
      }
      case 'count':
        return {
          kind: 'count',
          count: await session.count(this.#inspected(scopeCount(standing, relation, step.filter)), limits),
        };
      case 'insert': {
        const rows = step.rows.map((row) => new Map(row));
        const statements = scopeInsert(standing, relation, { kind: 'insert', rows, stamps: new Map(step.stamps) });
        const outcomes: WriteOutcome[] = [];
        for (const query of statements)
          outcomes.push(await session.insert(flawedInsert(this.#flaw, this.#inspected(query)), limits));
        const output = statements[0]?.output ?? [];
        return written(output, {
          affected: outcomes.reduce((sum, { affected }) => sum + affected, 0),
          rows: outcomes.flatMap(({ rows: made }) => made),
        });
      }
      case 'update': {
        const { set, stamps, filter } = step;
        const query = scopeUpdate(standing, relation, {
          kind: 'update',
          set: new Map(set),
          stamps: new Map(stamps),
          filter,
        });
        return written(query.output, await session.update(this.#inspected(query), limits));
      }
      case 'delete': {
        const query = scopeDelete(standing, relation, { kind: 'delete', filter: step.filter });
        return written(query.output, await session.remove(this.#inspected(query), limits));
      }
    }
  }

  /** What is read of every fourth table is read through a named query. */
  #relationFor({ kind }: Step): Relation {
    const { seed, table } = this.#scene;
    if (seed % 4 > 0 || (kind !== 'select' && kind !== 'count')) return this.#relation;
    return { ...this.#relation, origin: { kind: 'query', text: this.#bench.selectAll(table) } };
  }

  #inspected<Q extends ScopedQuery>(query: Q): Q {
    for (const compiled of this.#bench.compile(query)) {
      const what = inspectStatement(this.#bench.name, compiled.sql, this.#scene.table, textsOf(this.#scene));
      if (what !== null && this.unsound === null) this.unsound = { what, sql: compiled.sql };
    }
    return query;
  }
}

function written(output: readonly OutputColumn[], outcome: WriteOutcome): Actual {
  return {
    kind: 'written',
    affected: outcome.affected,
    names: output.map(({ name }) => name),
    rows: tidied(output, outcome.rows),
  };
}

const known = new WeakMap<Scene, ReadonlySet<string>>();

/** Every text that a caller or a grant gave as a value. */
function textsOf(scene: Scene): ReadonlySet<string> {
  const before = known.get(scene);
  if (before !== undefined) return before;
  const texts = new Set<string>([
    scene.subject.user,
    scene.subject.organisation ?? '',
    ...scene.subject.claims.values(),
  ]);
  const walk = (value: unknown, key: string): void => {
    if (typeof value === 'string') {
      if (['value', 'values', 'text', 'from', 'to', 'alias', 'salt', 'given'].includes(key)) texts.add(value);
    } else if (Array.isArray(value)) for (const item of value) walk(item, key);
    else if (typeof value === 'object' && value !== null)
      for (const [name, item] of Object.entries(value)) walk(item, name);
  };
  walk(scene.steps, '');
  walk(scene.grants, '');
  const given = (rows: readonly GivenRow[]) => {
    for (const [, value] of rows.flat()) walk(value, 'given');
  };
  for (const step of scene.steps) {
    if (step.kind === 'insert') given([...step.rows, step.stamps]);
    if (step.kind === 'update') given([step.set, step.stamps]);
  }
  known.set(scene, texts);
  return texts;
}

type Told = Omit<Difference, 'step'>;

function compare(verdict: Verdict, actual: Actual): Told | null {
  const differs = (what: string): Told => ({ what, expected: printable(verdict), actual });
  if (actual.kind === 'refused') {
    if (verdict.kind === 'refused') return verdict.codes.has(actual.code) ? null : differs('another refusal');
    return verdict.kind === 'rows' && verdict.mayRefuse.has(actual.code) ? null : differs('a refusal');
  }
  if (verdict.kind === 'refused') return differs('an answer to what must be refused');
  if (verdict.kind === 'count')
    return actual.kind === 'count' && actual.count === verdict.count ? null : differs('the count');
  if (actual.kind === 'count' || verdict.names.join('\n') !== actual.names.join('\n'))
    return differs('the columns of the answer');
  if (verdict.kind === 'written') {
    if (actual.kind !== 'written' || actual.affected !== verdict.affected) return differs('the number of rows written');
    return isSameBag(actual.rows, verdict.rows) ? null : differs('the rows that were written');
  }
  return isWithin(verdict, actual.rows) ? null : differs('the rows');
}

/** Whether rows are what stands from the offset to the limit, those that share a place in any order. */
function isWithin({ places, offset, limit }: Extract<Verdict, { kind: 'rows' }>, rows: readonly Row[]): boolean {
  const total = places.reduce((sum, place) => sum + place.length, 0);
  const end = limit === null ? total : Math.min(total, offset + limit);
  if (rows.length !== Math.max(0, end - offset)) return false;
  let begin = 0;
  for (const place of places) {
    const [from, to] = [Math.max(begin, offset), Math.min(begin + place.length, end)];
    begin += place.length;
    if (from >= to) continue;
    const part = rows.slice(from - offset, to - offset);
    if (!isPartOfBag(part, place)) return false;
  }
  return true;
}

function isSameBag(left: readonly Row[], right: readonly Row[]): boolean {
  return left.length === right.length && isPartOfBag(left, right);
}

function isPartOfBag(part: readonly Row[], whole: readonly Row[]): boolean {
  const left = new Map<string, number>();
  for (const row of whole) left.set(JSON.stringify(row), (left.get(JSON.stringify(row)) ?? 0) + 1);
  return part.every((row) => {
    const count = left.get(JSON.stringify(row)) ?? 0;
    left.set(JSON.stringify(row), count - 1);
    return count > 0;
  });
}

function printable(verdict: Verdict): unknown {
  return verdict.kind === 'refused' ? { kind: 'refused', codes: [...verdict.codes] } : verdict;
}

/** For the one who looks at a failing case. */
export function describeTable({ columns, rows, hasKey, name }: TableSpec): string {
  const heads = columns.map((column) => `${column.name} ${column.kind}${column.isNullable ? '' : ' not null'}`);
  const lines = rows.map((row: readonly Cell[]) => JSON.stringify(row));
  return [`table ${name}${hasKey ? '' : ' without key'}: ${heads.join(' · ')}`, ...lines].join('\n  ');
}
