/**
 * A selection planned: what comes out, from which rows, grouped and sorted how, from where on. Only over the columns it
 * is given.
 *
 * @module
 */
import type { Expression, OrderTerm, OutputColumn, Predicate } from './algebra.js';
import { queryErrors } from './errors.js';
import { isAble, needsOf, resultType } from './operators.js';
import { planAfter } from './plan-after.js';
import { assertAble, planFilter } from './plan-filter.js';
import { always } from './predicates.js';
import { type Aggregate, aggregateFunctions, type Order, type Select, selectLimits } from './query.js';
import type { Relation } from './relation.js';
import { findColumn, namedField, type VisibleColumn, type VisibleColumns } from './visible.js';

export interface SelectPlan {
  readonly output: readonly OutputColumn[];
  /** What the caller asks for; whose rows these may be is not in it. */
  readonly where: readonly Predicate[];
  readonly groupBy: readonly Expression[];
  readonly isDistinct: boolean;
  readonly orderBy: readonly OrderTerm[];
  readonly limit: number | null;
  readonly offset: number;
}

/**
 * @param columns  What the query may know of.
 * @throws `query.unknown_column` · `query.selection_invalid` · `query.grouping_invalid` · `query.order_invalid` ·
 *         `query.page_invalid` · what {@link planFilter} throws.
 */
export function planSelect(select: Select, columns: VisibleColumns, relation: Relation): SelectPlan {
  assertPage(select);
  const isGrouped = select.groupBy.length > 0 || select.aggregates.length > 0;
  const output = isGrouped ? groupedOutput(select, columns) : plainOutput(select, columns);
  const orderBy = planOrder(select, output, columns, isGrouped);
  const filter = select.filter === null ? always : planFilter(select.filter, columns);
  const after = select.after === null ? always : planAfter(select, columns, relation, isGrouped);
  return {
    output: output.map(({ column }) => column),
    where: [filter, after],
    groupBy: isGrouped ? select.groupBy.map((name) => findColumn(columns, name).expression) : [],
    isDistinct: select.isDistinct,
    orderBy,
    limit: select.limit,
    offset: select.offset,
  };
}

interface Output {
  readonly column: OutputColumn;
  readonly isNullable: boolean;
  readonly canOrder: boolean;
}

/** A column that is named twice comes once. */
function plainOutput(select: Select, columns: VisibleColumns): readonly Output[] {
  const chosen =
    select.columns === null ? [...columns.values()] : unique(select.columns).map((name) => findColumn(columns, name));
  if (chosen.length === 0) throw queryErrors.selection_invalid();
  if (select.isDistinct) for (const visible of chosen) assertAble(visible, 'equals');
  return chosen.map(outputOf);
}

function outputOf(visible: VisibleColumn): Output {
  const { column, expression, isMasked } = visible;
  return {
    column: { name: column.name, expression, type: column.type, isMasked },
    isNullable: mayBeNull(expression),
    canOrder: isAble(column.type, 'orders'),
  };
}

function groupedOutput(select: Select, columns: VisibleColumns): readonly Output[] {
  const { groupBy, aggregates } = select;
  if (groupBy.length > selectLimits.groups || aggregates.length > selectLimits.aggregates) {
    throw queryErrors.grouping_invalid();
  }
  const keys = new Map<string, Output>();
  for (const name of groupBy) {
    const visible = findColumn(columns, name);
    assertAble(visible, 'equals');
    if (keys.has(name)) throw queryErrors.grouping_invalid({ details: { field: name } });
    keys.set(name, outputOf(visible));
  }
  const outputs: Output[] = [];
  for (const name of select.columns === null ? groupBy : unique(select.columns)) {
    findColumn(columns, name);
    const key = keys.get(name);
    if (key === undefined) throw queryErrors.grouping_invalid({ details: namedField(name) });
    outputs.push(key);
  }
  const taken = new Set(groupBy);
  for (const aggregate of aggregates) {
    if (!isAlias(aggregate.alias) || taken.has(aggregate.alias)) throw queryErrors.grouping_invalid();
    taken.add(aggregate.alias);
    outputs.push(aggregateOutput(aggregate, columns));
  }
  if (outputs.length === 0) throw queryErrors.selection_invalid();
  return outputs;
}

function aggregateOutput({ function: applied, column, alias }: Aggregate, columns: VisibleColumns): Output {
  if (!aggregateFunctions.includes(applied)) throw queryErrors.grouping_invalid({ details: namedField(alias) });
  if (column === null) {
    if (applied !== 'count') throw queryErrors.grouping_invalid({ details: namedField(alias) });
    const expression: Expression = { kind: 'aggregate', function: 'count', of: null };
    return { column: { name: alias, expression, type: 'int64', isMasked: false }, isNullable: false, canOrder: true };
  }
  const visible = findColumn(columns, column);
  const need = needsOf[applied];
  if (need !== null) assertAble(visible, need);
  return {
    column: {
      name: alias,
      expression: { kind: 'aggregate', function: applied, of: visible.expression },
      type: resultType(applied, visible.column.type),
      isMasked: visible.isMasked,
    },
    // Of no rows, or of nulls alone, there is no sum, average, least or greatest.
    isNullable: applied !== 'count' && applied !== 'count_distinct',
    canOrder: true,
  };
}

/** Grouped rows are sorted by what comes out, distinct rows too: nothing else is one value per row. */
function planOrder(
  select: Select,
  output: readonly Output[],
  columns: VisibleColumns,
  isGrouped: boolean,
): readonly OrderTerm[] {
  if (select.orderBy.length > selectLimits.orders) throw queryErrors.order_invalid();
  const byName = new Map(output.map((item) => [item.column.name, item]));
  if (isGrouped) {
    for (const name of select.groupBy) if (!byName.has(name)) byName.set(name, outputOf(findColumn(columns, name)));
  }
  const seen = new Set<string>();
  return select.orderBy.map(({ by, direction }: Order) => {
    const known = byName.get(by);
    if (known === undefined && isGrouped) throw queryErrors.order_invalid({ details: namedField(by) });
    const item = known ?? outputOf(findColumn(columns, by));
    const isForeign = select.isDistinct && !output.includes(item);
    const isDirected = direction === 'asc' || direction === 'desc';
    if (isForeign || !isDirected || !item.canOrder || seen.has(by)) {
      throw queryErrors.order_invalid({ details: namedField(by) });
    }
    seen.add(by);
    return { expression: item.column.expression, direction, isNullable: item.isNullable };
  });
}

/** Whether what stands for a column can be null where rows are. */
function mayBeNull(expression: Expression): boolean {
  switch (expression.kind) {
    case 'column':
      return expression.column.isNullable;
    case 'masked':
      return expression.column.isNullable || expression.mask.kind === 'null';
    case 'bound':
      return expression.bound.text === null;
    default:
      return true;
  }
}

function assertPage({ limit, offset }: Select): void {
  const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
  if ((limit !== null && !isCount(limit)) || !isCount(offset)) throw queryErrors.page_invalid();
}

/** What an answer's member may be called; it never becomes part of a statement. */
function isAlias(alias: unknown): alias is string {
  return typeof alias === 'string' && alias !== '' && alias.length <= 128 && !/[\p{Cc}\p{Cs}]/u.test(alias);
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}
