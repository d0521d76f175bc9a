/** Conditions in the model: three-valued, over cells; and what makes one a refusal before any row is looked at. @module */
import type { Subject } from '../../src/access/index.js';
import type { Filter } from '../../src/query/index.js';
import { compareValues, readValue } from './values.js';
import type { Cell, ColumnSpec, Kind } from './world.js';

export type Truth = boolean | null;

/** What a name stands for; `undefined`: nothing. */
export type Lookup = (name: string) => ColumnSpec | undefined;

/** Adds a code for everything that is wrong with it. */
export function faultsOf(filter: Filter, lookup: Lookup, codes: Set<string>): void {
  switch (filter.kind) {
    case 'and':
    case 'or':
      for (const member of filter.filters) faultsOf(member, lookup, codes);
      return;
    case 'not':
      faultsOf(filter.filter, lookup, codes);
      return;
    default:
      simpleFaults(filter, lookup, codes);
  }
}

function simpleFaults(filter: Simple, lookup: Lookup, codes: Set<string>): void {
  const column = lookup(filter.column);
  if (column === undefined) {
    codes.add('query.unknown_column');
    return;
  }
  const { kind } = column;
  const isRange = filter.kind === 'between' || (filter.kind === 'compare' && !['eq', 'ne'].includes(filter.operator));
  if (isRange && kind === 'boolean') codes.add('query.operator_unsupported');
  if (filter.kind === 'text' && kind !== 'text' && kind !== 'loose') codes.add('query.operator_unsupported');
  for (const value of valuesOf(filter)) {
    if (value === null) codes.add('query.filter_invalid');
    else if (readValue(kind, value) === undefined) codes.add('query.value_invalid');
  }
}

function valuesOf(filter: Filter): readonly unknown[] {
  switch (filter.kind) {
    case 'compare':
      return [filter.value];
    case 'in':
      return filter.values;
    case 'between':
      return [filter.from, filter.to];
    case 'text':
      return [filter.text];
    default:
      return [];
  }
}

/** @param cellOf  The value of a column that there is. */
export function truthOf(filter: Filter, lookup: Lookup, cellOf: (name: string) => Cell): Truth {
  switch (filter.kind) {
    case 'and': {
      const truths = filter.filters.map((member) => truthOf(member, lookup, cellOf));
      return truths.includes(false) ? false : truths.includes(null) ? null : true;
    }
    case 'or': {
      const truths = filter.filters.map((member) => truthOf(member, lookup, cellOf));
      return truths.includes(true) ? true : truths.includes(null) ? null : false;
    }
    case 'not':
      return opposite(truthOf(filter.filter, lookup, cellOf));
    default:
      return simpleTruth(filter, (lookup(filter.column) as ColumnSpec).kind, cellOf(filter.column));
  }
}

type Simple = Exclude<Filter, { kind: 'and' | 'or' | 'not' }>;

function simpleTruth(filter: Simple, kind: Kind, cell: Cell): Truth {
  if (filter.kind === 'null') return (cell === null) !== filter.isNegated;
  if (filter.kind === 'in' && filter.values.length === 0) return filter.isNegated;
  if (cell === null) return null;
  const read = (value: unknown): string => readValue(kind, value) as string;
  switch (filter.kind) {
    case 'compare': {
      const value = read(filter.value);
      if (filter.operator === 'eq') return cell === value;
      if (filter.operator === 'ne') return cell !== value;
      const order = compareValues(kind, cell, value);
      return { gt: order > 0, gte: order >= 0, lt: order < 0, lte: order <= 0 }[filter.operator];
    }
    case 'in':
      return filter.values.some((value) => cell === read(value)) !== filter.isNegated;
    case 'between': {
      const isWithin =
        compareValues(kind, cell, read(filter.from)) >= 0 && compareValues(kind, cell, read(filter.to)) <= 0;
      return isWithin !== filter.isNegated;
    }
    case 'text': {
      const part = read(filter.text);
      const has = { contains: cell.includes(part), starts: cell.startsWith(part), ends: cell.endsWith(part) };
      return has[filter.match] !== filter.isNegated;
    }
  }
}

function opposite(truth: Truth): Truth {
  return truth === null ? null : !truth;
}

/** With what is known of the caller put in; `null` when something in it is not known. */
export function personal(filter: Filter, subject: Subject): Filter | null {
  let isKnown = true;
  const put = (value: unknown): unknown => {
    if (typeof value !== 'string' || !value.startsWith('$')) return value;
    if (value.startsWith('$$')) return value.slice(1);
    const known =
      value === '$user'
        ? subject.user
        : value === '$org'
          ? subject.organisation
          : value.startsWith('$claims.')
            ? subject.claims.get(value.slice('$claims.'.length))
            : null;
    if (known === null || known === undefined) isKnown = false;
    return known;
  };
  const walk = (one: Filter): Filter => {
    switch (one.kind) {
      case 'and':
      case 'or':
        return { ...one, filters: one.filters.map(walk) };
      case 'not':
        return { ...one, filter: walk(one.filter) };
      case 'compare':
        return { ...one, value: put(one.value) };
      case 'in':
        return { ...one, values: one.values.map(put) };
      case 'between':
        return { ...one, from: put(one.from), to: put(one.to) };
      case 'text':
        return { ...one, text: put(one.text) };
      default:
        return one;
    }
  };
  const made = walk(filter);
  return isKnown ? made : null;
}
