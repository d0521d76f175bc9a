/** What of a reading is worth remembering: which columns, under which grants; never a value. @module */
import type { ScopedCount, ScopedSelect, Standing } from '../access/index.js';
import type { Filter, Select } from '../query/index.js';

export interface ReadFacts {
  /** Columns whose values were answered, by themselves or in aggregates. */
  readonly columns: readonly string[];
  /** Columns that conditions, orders and groups of the caller's were about. */
  readonly conditions: readonly string[];
  /** Of the columns answered, those where a mask may have stood. */
  readonly masked: readonly string[];
  /** Grants that let it through. */
  readonly grants: readonly string[];
  /** Of these, those with a row filter. */
  readonly filtering: readonly string[];
}

export function readFactsOf(asked: Partial<Select>, query: ScopedSelect | ScopedCount, standing: Standing): ReadFacts {
  const conditions = new Set<string>([...(asked.groupBy ?? []), ...columnsOf(asked.filter ?? null)]);
  const output = query.kind === 'select' ? query.output : [];
  const aggregates = new Map((asked.aggregates ?? []).map(({ alias, column }) => [alias, column]));
  for (const { by } of asked.orderBy ?? []) if (!aggregates.has(by)) conditions.add(by);
  const named = (name: string) => (aggregates.has(name) ? (aggregates.get(name) ?? null) : name);
  const columnsNamed = (some: typeof output) => unique(some.flatMap(({ name }) => named(name) ?? []));
  const grants = standing.kind === 'operator' ? [] : standing.grants;
  return {
    columns: columnsNamed(output),
    conditions: [...conditions],
    masked: columnsNamed(output.filter(({ isMasked }) => isMasked)),
    grants: query.grantIds,
    filtering: grants.filter(({ id, filter }) => filter !== null && query.grantIds.includes(id)).map(({ id }) => id),
  };
}

/** Columns a filter is about, in no order and some twice. */
export function columnsOf(filter: Filter | null): readonly string[] {
  if (filter === null) return [];
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.filters.flatMap(columnsOf);
    case 'not':
      return columnsOf(filter.filter);
    default:
      return [filter.column];
  }
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}
