/**
 * The one spelling of filters in JSON, which the command line, our own API and stored grants share.
 *
 * `{"department": {"eq": 7}, "name": {"starts": "A"}}` means both. `{"or": [filter, …]}`, `{"and": [filter, …]}` and
 * `{"not": [filter]}` nest. The three words are words only before a list: a column that is called `and` is written
 * `{"and": {"eq": 1}}`.
 *
 * @module
 */
import { queryErrors } from './errors.js';
import { type Comparison, comparisons, type Filter, filterLimits } from './query.js';

/** Every operator of a condition; `null` and `notnull` take `true` (`false` turns them round). */
export const filterOperators = [
  ...comparisons,
  ...(['in', 'nin', 'between', 'nbetween', 'null', 'notnull'] as const),
  ...(['contains', 'ncontains', 'starts', 'nstarts', 'ends', 'nends'] as const),
] as const;
type FilterOperator = (typeof filterOperators)[number];

const operatorNames: ReadonlySet<string> = new Set(filterOperators);
const comparisonNames: ReadonlySet<string> = new Set(comparisons);
const texts = { contains: 'contains', starts: 'starts', ends: 'ends' } as const;

function isFilterOperator(text: string): text is FilterOperator {
  return operatorNames.has(text);
}

/**
 * One condition from its three parts. Values are not judged: that takes the column's type.
 *
 * @throws `query.filter_invalid` when the value has not the shape the operator takes · `query.filter_too_large`
 */
export function condition(column: string, operator: FilterOperator, value: unknown): Filter {
  if (isComparison(operator)) return { kind: 'compare', column, operator, value };
  switch (operator) {
    case 'in':
    case 'nin': {
      if (!Array.isArray(value)) throw invalid('Give in and nin a list.');
      if (value.length > filterLimits.values) throw tooLarge(filterLimits.values);
      return { kind: 'in', column, isNegated: operator === 'nin', values: value };
    }
    case 'between':
    case 'nbetween': {
      if (!Array.isArray(value) || value.length !== 2) throw invalid('Give between a list of two: from and to.');
      return { kind: 'between', column, isNegated: operator === 'nbetween', from: value[0], to: value[1] };
    }
    case 'null':
    case 'notnull': {
      if (typeof value !== 'boolean') throw invalid('Give null and notnull the value true.');
      return { kind: 'null', column, isNegated: (operator === 'notnull') === value };
    }
    default: {
      const isNegated = operator.startsWith('n');
      const match = texts[(isNegated ? operator.slice(1) : operator) as keyof typeof texts];
      return { kind: 'text', column, match, isNegated, text: value };
    }
  }
}

/**
 * @param json  What JSON had: parsed, not yet trusted.
 * @throws `query.filter_invalid` for anything that is no filter · `query.filter_too_large` ({@link filterLimits}); both
 *         with details.field `filter`, and nothing of what was sent.
 */
export function parseFilter(json: unknown): Filter {
  return parse(json, 1, { conditions: 0 });
}

function parse(json: unknown, depth: number, seen: { conditions: number }): Filter {
  if (depth > filterLimits.depth) throw tooLarge(filterLimits.depth);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw invalid('Write a filter as an object: {"column": {"eq": 1}}.');
  }
  const parts = Object.entries(json).flatMap(([name, value]) =>
    Array.isArray(value) ? [parseWord(name, value, depth, seen)] : parseColumn(name, value, seen),
  );
  return together(parts);
}

function parseWord(word: string, members: readonly unknown[], depth: number, seen: { conditions: number }): Filter {
  if (word !== 'and' && word !== 'or' && word !== 'not') {
    throw invalid('Only and, or and not take a list of filters; a column takes {"operator": value}.');
  }
  if (members.length === 0) throw invalid('A list of filters has at least one.');
  // Each of them counts, so that a list of ten thousand empty lists is not walked.
  count(seen, members.length);
  const filters = members.map((member) => parse(member, depth + 1, seen));
  if (word !== 'not') return { kind: word, filters };
  const [filter, ...more] = filters;
  if (filter === undefined || more.length > 0) throw invalid('Give not a list of one filter.');
  return { kind: 'not', filter };
}

function parseColumn(column: string, json: unknown, seen: { conditions: number }): Filter[] {
  if (typeof json !== 'object' || json === null) {
    throw invalid('Write a condition as {"column": {"operator": value}}.');
  }
  const entries = Object.entries(json);
  if (entries.length === 0) throw invalid('A condition has an operator.');
  count(seen, entries.length);
  return entries.map(([operator, value]) => {
    if (!isFilterOperator(operator)) throw invalid('There is no such operator.', filterOperators);
    return condition(column, operator, value);
  });
}

function together(parts: readonly Filter[]): Filter {
  const [first, ...more] = parts;
  if (first === undefined) throw invalid('An empty object is no filter: leave it out.');
  return more.length === 0 ? first : { kind: 'and', filters: parts };
}

function count(seen: { conditions: number }, more: number): void {
  seen.conditions += more;
  if (seen.conditions > filterLimits.conditions) throw tooLarge(filterLimits.conditions);
}

/** The JSON of a filter: what {@link parseFilter} reads back as the same filter. */
export function formatFilter(filter: Filter): Readonly<Record<string, unknown>> {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return { [filter.kind]: filter.filters.map(formatFilter) };
    case 'not':
      return { not: [formatFilter(filter.filter)] };
    case 'compare':
      return conditionJson(filter.column, filter.operator, filter.value);
    case 'in':
      return conditionJson(filter.column, filter.isNegated ? 'nin' : 'in', filter.values);
    case 'between':
      return conditionJson(filter.column, filter.isNegated ? 'nbetween' : 'between', [filter.from, filter.to]);
    case 'null':
      return conditionJson(filter.column, filter.isNegated ? 'notnull' : 'null', true);
    case 'text':
      return conditionJson(filter.column, filter.isNegated ? `n${filter.match}` : filter.match, filter.text);
  }
}

/** Built from entries, so that a column called `__proto__` is a member like any other. */
function conditionJson(column: string, operator: FilterOperator, value: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries([[column, { [operator]: value }]]);
}

function isComparison(operator: string): operator is Comparison {
  return comparisonNames.has(operator);
}

function invalid(fix: string, allow?: readonly string[]) {
  return queryErrors.filter_invalid({ details: { field: 'filter', fix, ...(allow === undefined ? {} : { allow }) } });
}

function tooLarge(limit: number) {
  return queryErrors.filter_too_large({ details: { field: 'filter', limit } });
}
