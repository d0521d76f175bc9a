/**
 * The oracle: what every query and write must answer, by the meaning of grants and nothing else. It keeps its rows in
 * memory, decides row by row, and shares no line with what it judges.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { Grant, Subject } from '../../src/access/index.js';
import type { Aggregate, Filter, Mask, Operation, Select } from '../../src/query/index.js';
import { faultsOf, personal, truthOf } from './conditions.js';
import { averageOf, compareValues, decimalOf, partsOf, readValue } from './values.js';
import {
  type Cell,
  type ColumnSpec,
  type GivenRow,
  type Row,
  type Step,
  type TableSpec,
  type Verdict,
  withoutExtremes,
} from './world.js';

interface Arm {
  readonly grant: Grant;
  /** `null`: every row; `nothing`: none. */
  readonly filter: Filter | null | 'nothing';
}

export class Model {
  readonly #table: TableSpec;
  readonly #grants: readonly Grant[];
  readonly #subject: Subject;
  rows: readonly Row[];

  constructor(table: TableSpec, grants: readonly Grant[], subject: Subject) {
    this.#table = table;
    this.#grants = grants;
    this.#subject = subject;
    this.rows = table.rows;
  }

  /** What the step must answer; a write that is done changes the rows. */
  run(step: Step): Verdict {
    switch (step.kind) {
      case 'select':
        return this.#select(step.select);
      case 'count':
        return this.#count(step.filter);
      case 'insert':
        return this.#insert(step.rows, step.stamps);
      case 'update':
        return this.#update(step.set, step.stamps, step.filter);
      case 'delete':
        return this.#delete(step.filter);
    }
  }

  #arms(operation: Operation): Arm[] {
    return this.#grants
      .filter((grant) => grant.operations.includes(operation))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map((grant) => ({ grant, filter: this.#rowsOf(grant) }));
  }

  #rowsOf({ filter }: Grant): Arm['filter'] {
    if (filter === null) return null;
    const known = personal(filter, this.#subject);
    if (known === null) return 'nothing';
    const codes = new Set<string>();
    faultsOf(known, this.#column, codes);
    return codes.size > 0 ? 'nothing' : known;
  }

  readonly #column = (name: string): ColumnSpec | undefined => this.#table.columns.find((one) => one.name === name);

  #cell(row: Row, name: string): Cell {
    return row[this.#table.columns.findIndex((one) => one.name === name)] ?? null;
  }

  #isFor({ filter }: Arm, row: Row): boolean {
    if (filter === null || filter === 'nothing') return filter === null;
    return truthOf(filter, this.#column, (name) => this.#cell(row, name)) === true;
  }

  /** What the arms show of a column in a row. */
  #shown(arms: readonly Arm[], row: Row, { name, kind }: ColumnSpec): Cell {
    const cell = this.#cell(row, name);
    const showing = arms.filter((arm) => this.#isFor(arm, row) && reads(arm.grant, name));
    if (showing.some(({ grant }) => maskOf(grant, name) === null)) return cell;
    const [first] = showing;
    return first === undefined ? null : masked(cell, maskOf(first.grant, name) as Mask, kind);
  }

  #known(arms: readonly Arm[]): ColumnSpec[] {
    return this.#table.columns.filter(({ name }) => arms.some(({ grant }) => reads(grant, name)));
  }

  /** Rows in reach that satisfy a filter on what the arms show of them. */
  #visible(arms: readonly Arm[], filter: Filter | null): Row[] {
    return this.rows.filter((row) => {
      if (!arms.some((arm) => this.#isFor(arm, row))) return false;
      if (filter === null) return true;
      const cellOf = (name: string): Cell => {
        return this.#shown(arms, row, this.#column(name) as ColumnSpec);
      };
      return truthOf(filter, this.#column, cellOf) === true;
    });
  }

  #count(filter: Filter | null): Verdict {
    const arms = this.#arms('query');
    const codes = this.#faults(arms, filter);
    return codes.size > 0 ? refused(codes) : { kind: 'count', count: this.#visible(arms, filter).length };
  }

  #faults(arms: readonly Arm[], filter: Filter | null): Set<string> {
    const codes = new Set<string>();
    if (arms.length === 0) codes.add('access.denied');
    const known = this.#known(arms);
    if (filter !== null) faultsOf(filter, (name) => known.find((one) => one.name === name), codes);
    return codes;
  }

  #select(select: Select): Verdict {
    const arms = this.#arms('query');
    const codes = this.#faults(arms, select.filter);
    const known = this.#known(arms);
    const find = (name: string): ColumnSpec | undefined => {
      const column = known.find((one) => one.name === name);
      if (column === undefined) codes.add('query.unknown_column');
      return column;
    };
    const isGrouped = select.groupBy.length > 0 || select.aggregates.length > 0;
    const chosen = select.columns ?? (isGrouped ? select.groupBy : known.map(({ name }) => name));
    const columns = chosen.flatMap((name) => find(name) ?? []);
    const groups = select.groupBy.flatMap((name) => find(name) ?? []);
    if (isGrouped && !columns.every((column) => groups.includes(column))) codes.add('query.grouping_invalid');
    if (columns.length + select.aggregates.length === 0) codes.add('query.selection_invalid');
    for (const { function: applied, column } of select.aggregates) {
      const kind = column === null ? null : find(column)?.kind;
      const isNumber = kind === 'int32' || kind === 'int64' || kind === 'decimal' || kind === 'float';
      if ((applied === 'sum' || applied === 'avg') && kind !== undefined && !isNumber) {
        codes.add('query.operator_unsupported');
      }
      if (
        (applied === 'min' || applied === 'max') &&
        kind !== undefined &&
        kind !== null &&
        kind !== 'loose' &&
        withoutExtremes.has(kind)
      ) {
        codes.add('query.operator_unsupported');
      }
    }
    const aliases = select.aggregates.map(({ alias }) => alias);
    for (const { by } of select.orderBy) {
      const isFree = !isGrouped && !select.isDistinct;
      if (isFree) find(by);
      else if (isGrouped && select.isDistinct && !chosen.includes(by) && !aliases.includes(by))
        codes.add('query.order_invalid');
      else if (!(isGrouped ? [...select.groupBy, ...aliases] : []).includes(by) && !chosen.includes(by)) {
        codes.add('query.order_invalid');
        // Where it is no column of the answer it may be called unknown as well.
        if (!isGrouped && known.every(({ name }) => name !== by)) codes.add('query.unknown_column');
      }
    }
    const mayRefuse = this.#afterFaults(select, arms, codes);
    if (codes.size > 0) return refused(codes);
    const rows = this.#visible(arms, select.filter).map(
      (row) => new Map(known.map((one) => [one.name, this.#shown(arms, row, one)])),
    );
    const later = select.after === null ? rows : rows.filter((row) => this.#isLater(row, select));
    const answers = isGrouped ? grouped(later, groups, select.aggregates, known) : later;
    const names = [...columns.map(({ name }) => name), ...aliases];
    const kindOf = (name: string) => {
      const aggregate = select.aggregates.find(({ alias }) => alias === name);
      if (aggregate === undefined) return (this.#column(name) as ColumnSpec).kind;
      const isValue = aggregate.function === 'min' || aggregate.function === 'max';
      const { kind } = this.#column(aggregate.column ?? '') ?? { kind: 'decimal' as const };
      return isValue || kind === 'float' ? kind : 'decimal';
    };
    const keyed = answers.map((answer) => ({
      key: select.orderBy.map(({ by }) => answer.get(by) ?? null),
      row: names.map((name) => answer.get(name) ?? null),
    }));
    const unique = select.isDistinct
      ? [...new Map(keyed.map((one) => [JSON.stringify(one.row), one])).values()]
      : keyed;
    const order = (a: readonly Cell[], b: readonly Cell[]): number => {
      for (const [at, { by, direction }] of select.orderBy.entries()) {
        const [left, right] = [a[at] ?? null, b[at] ?? null];
        if (left === null || right === null) {
          if (left !== right) return left === null ? 1 : -1;
          continue;
        }
        const sign = compareValues(kindOf(by), left, right);
        if (sign !== 0) return direction === 'asc' ? sign : -sign;
      }
      return 0;
    };
    unique.sort((a, b) => order(a.key, b.key));
    const places: Row[][] = [];
    for (const [at, { key, row }] of unique.entries()) {
      const before = unique[at - 1];
      if (before !== undefined && order(before.key, key) === 0) places.at(-1)?.push(row);
      else places.push([row]);
    }
    return { kind: 'rows', names, places, offset: select.offset, limit: select.limit, mayRefuse };
  }

  /** Codes of what makes it impossible to go on; and those an engine may answer although it could. */
  #afterFaults(select: Select, arms: readonly Arm[], codes: Set<string>): ReadonlySet<string> {
    if (select.after === null) return new Set();
    let mayRefuse = false;
    const columns = select.orderBy.map(({ by }) => this.#column(by));
    if (!this.#table.hasKey || columns.every((column) => column !== this.#table.columns[0]))
      codes.add('query.order_invalid');
    for (const [at, column] of columns.entries()) {
      if (column === undefined) continue;
      if (column.isNullable || column.kind === 'boolean') codes.add('query.order_invalid');
      if (column.kind === 'boolean') codes.add('query.operator_unsupported');
      const value = readValue(column.kind, select.after[at]);
      if (value === undefined) codes.add('query.value_invalid');
      if (value === null) codes.add('query.page_invalid');
      const live = arms.filter(({ filter }) => filter !== 'nothing');
      const showing = live.filter(({ grant }) => reads(grant, column.name) && maskOf(grant, column.name) === null);
      if (live.length === 0) mayRefuse = true;
      if (!showing.some(({ filter }) => filter === null) && showing.length < live.length) mayRefuse = true;
    }
    return mayRefuse ? new Set(['query.order_invalid']) : new Set();
  }

  #isLater(row: ReadonlyMap<string, Cell>, { orderBy, after }: Select): boolean {
    for (const [at, { by, direction }] of orderBy.entries()) {
      const { kind } = this.#column(by) as ColumnSpec;
      const cell = row.get(by) ?? null;
      if (cell === null) return false;
      const sign = compareValues(kind, cell, readValue(kind, after?.[at]) as string);
      if (sign !== 0) return direction === 'asc' ? sign > 0 : sign < 0;
    }
    return false;
  }

  #writers(arms: readonly Arm[], names: readonly string[], codes: Set<string>): Arm[] {
    for (const name of names) {
      const isThere = this.#column(name) !== undefined;
      if (!isThere || !arms.some(({ grant }) => reads(grant, name) || writes(grant, name))) {
        codes.add('query.unknown_column');
      }
    }
    const allowing = arms.filter(({ grant }) => names.every((name) => writes(grant, name)));
    if (allowing.length === 0) codes.add(arms.length === 0 ? 'access.denied' : 'query.column_not_writable');
    return allowing;
  }

  #bound(given: GivenRow, codes: Set<string>): Map<string, Cell> {
    const cells = new Map<string, Cell>();
    for (const [name, value] of given) {
      const column = this.#column(name);
      if (column === undefined) continue;
      const cell = readValue(column.kind, value);
      if (cell === undefined) codes.add('query.value_invalid');
      else cells.set(name, cell);
    }
    return cells;
  }

  #insert(given: readonly GivenRow[], stamps: GivenRow): Verdict {
    const arms = this.#arms('insert');
    const codes = new Set<string>();
    const made: Row[] = [];
    let isOutOfReach = false;
    for (const one of given) {
      if (one.length + stamps.length === 0) codes.add('query.rows_invalid');
      let writers = this.#writers(
        arms,
        one.map(([name]) => name),
        codes,
      );
      if (!this.#table.hasKey) {
        writers = writers.filter(({ filter }) => filter === null);
        if (writers.length === 0) codes.add('access.denied');
      }
      const cells = this.#bound([...one, ...stamps], codes);
      const row = this.#table.columns.map(({ name, byDefault }) =>
        cells.has(name) ? (cells.get(name) as Cell) : byDefault,
      );
      if (!writers.some((arm) => this.#isFor(arm, row))) isOutOfReach = true;
      made.push(row);
    }
    if (codes.size > 0) return refused(codes);
    const after = [...this.rows, ...made];
    if (isOutOfReach) codes.add('sources.row_out_of_reach');
    if (this.#isBroken(after)) codes.add('sources.constraint_violated');
    if (codes.size > 0) return refused(codes);
    this.rows = after;
    return this.#written(arms, made);
  }

  #update(set: GivenRow, stamps: GivenRow, filter: Filter | null): Verdict {
    const all = this.#arms('update');
    const codes = new Set<string>();
    const arms = this.#writers(
      all,
      set.map(([name]) => name),
      codes,
    );
    const cells = this.#bound([...set, ...stamps], codes);
    if (arms.length > 0) for (const code of this.#faults(arms, filter)) codes.add(code);
    if (codes.size > 0) return refused(codes);
    const reached = new Map<Row, Row>();
    for (const row of this.#visible(arms, filter)) {
      const changed = this.#table.columns.map(({ name }, at) =>
        cells.has(name) ? (cells.get(name) as Cell) : (row[at] ?? null),
      );
      const keeps = (arm: Arm): boolean => {
        return this.#isFor(arm, row) && this.#isFor(arm, changed) && !this.#isToldByOrder(arm, cells);
      };
      if (arms.some(keeps)) reached.set(row, changed);
    }
    const after = this.rows.map((row) => reached.get(row) ?? row);
    if (reached.size > 0 && this.#isBroken(after)) return refused(new Set(['sources.constraint_violated']));
    this.rows = after;
    return this.#written(arms, [...reached.values()]);
  }

  /** A grant whose rows are told by where a text stands in an order lets no new value of that text in. */
  #isToldByOrder({ filter }: Arm, cells: ReadonlyMap<string, Cell>): boolean {
    /** An empty list decides without looking at the row, and then nothing beside it is asked. */
    const decided = (part: Filter): boolean | null => {
      if (part.kind === 'in') return part.values.length === 0 ? part.isNegated : null;
      if (part.kind === 'not') {
        const inner = decided(part.filter);
        return inner === null ? null : !inner;
      }
      if (part.kind !== 'and' && part.kind !== 'or') return null;
      const inner = part.filters.map(decided);
      if (inner.includes(part.kind === 'or')) return part.kind === 'or';
      return inner.every((one) => one !== null) ? part.kind === 'and' : null;
    };
    const isTold = (part: Filter): boolean => {
      if (decided(part) !== null) return false;
      if (part.kind === 'and' || part.kind === 'or') return part.filters.some(isTold);
      if (part.kind === 'not') return isTold(part.filter);
      const isOrdered = part.kind === 'between' || (part.kind === 'compare' && !['eq', 'ne'].includes(part.operator));
      return isOrdered && cells.has(part.column) && this.#column(part.column)?.kind === 'text';
    };
    return filter !== null && filter !== 'nothing' && isTold(filter);
  }

  #delete(filter: Filter | null): Verdict {
    const arms = this.#arms('delete');
    const codes = this.#faults(arms, filter);
    if (codes.size > 0) return refused(codes);
    const gone = new Set(this.#visible(arms, filter));
    const verdict = this.#written(arms, [...gone]);
    this.rows = this.rows.filter((row) => !gone.has(row));
    return verdict;
  }

  #written(arms: readonly Arm[], rows: readonly Row[]): Verdict {
    const known = this.#table.hasKey ? this.#known(arms) : [];
    return {
      kind: 'written',
      affected: rows.length,
      names: known.map(({ name }) => name),
      rows: known.length === 0 ? [] : rows.map((row) => known.map((column) => this.#shown(arms, row, column))),
    };
  }

  /** The table's own rules: the key is unique, and what is never null is not. */
  #isBroken(rows: readonly Row[]): boolean {
    const isNull = rows.some((row) =>
      this.#table.columns.some(({ isNullable }, at) => !isNullable && row[at] === null),
    );
    return isNull || (this.#table.hasKey && new Set(rows.map(([key]) => key)).size < rows.length);
  }
}

function refused(codes: ReadonlySet<string>): Verdict {
  return { kind: 'refused', codes };
}

function reads({ readable }: Grant, name: string): boolean {
  return readable === null || readable.includes(name);
}

function writes({ writable }: Grant, name: string): boolean {
  return writable === null || writable.includes(name);
}

function maskOf({ masks }: Grant, name: string): Mask | null {
  return masks.find(({ column }) => column === name)?.mask ?? null;
}

export function masked(cell: Cell, mask: Mask, kind: ColumnSpec['kind']): Cell {
  if (cell === null || mask.kind === 'null') return null;
  const isText = kind === 'text' || kind === 'loose';
  const characters = [...cell];
  const { length } = characters;
  switch (mask.kind) {
    case 'keep_left':
      return isText ? characters.map((one, at) => (at < mask.keep ? one : '*')).join('') : null;
    case 'keep_right':
      return isText ? characters.map((one, at) => (at >= length - mask.keep ? one : '*')).join('') : null;
    case 'hash':
      return isText ? createHash('sha256').update(mask.salt).update(cell).digest('hex').slice(0, 32) : null;
    case 'truncate': {
      if (kind !== 'date' && kind !== 'timestamp' && kind !== 'timestamptz') return null;
      const day = { year: `${cell.slice(0, 4)}-01-01`, month: `${cell.slice(0, 7)}-01`, day: cell.slice(0, 10) }[
        mask.unit
      ];
      return kind === 'date' ? day : `${day}T00:00:00${kind === 'timestamptz' ? 'Z' : ''}`;
    }
  }
}

type Answer = ReadonlyMap<string, Cell>;

function grouped(
  rows: readonly Answer[],
  groups: readonly ColumnSpec[],
  aggregates: readonly Aggregate[],
  known: readonly ColumnSpec[],
): Answer[] {
  const members = new Map<string, Answer[]>();
  for (const row of rows) {
    const key = JSON.stringify(groups.map(({ name }) => row.get(name)));
    members.set(key, [...(members.get(key) ?? []), row]);
  }
  // Without groups everything is one, even when it is nothing.
  if (groups.length === 0 && members.size === 0) members.set('', []);
  return [...members.values()].map((all) => {
    const answer = new Map<string, Cell>(groups.map(({ name }) => [name, all[0]?.get(name) ?? null]));
    for (const aggregate of aggregates) answer.set(aggregate.alias, aggregated(all, aggregate, known));
    return answer;
  });
}

function aggregated(
  rows: readonly Answer[],
  { function: applied, column }: Aggregate,
  known: readonly ColumnSpec[],
): Cell {
  if (column === null) return String(rows.length);
  const cells = rows.flatMap((row) => row.get(column) ?? []);
  if (applied === 'count') return String(cells.length);
  if (applied === 'count_distinct') return String(new Set(cells).size);
  if (cells.length === 0) return null;
  const { kind } = known.find(({ name }) => name === column) as ColumnSpec;
  if (applied === 'min' || applied === 'max') {
    const sorted = [...cells].sort((a, b) => compareValues(kind, a, b));
    return (applied === 'min' ? sorted[0] : sorted.at(-1)) ?? null;
  }
  if (kind === 'float') {
    const total = cells.reduce((sum, cell) => sum + Number(cell), 0);
    return String(applied === 'sum' ? total : total / cells.length);
  }
  const sum = cells.reduce((total, cell) => total + partsOf(cell), 0n);
  return applied === 'sum' ? decimalOf(sum) : averageOf(sum, BigInt(cells.length), 6);
}
