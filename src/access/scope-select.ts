/** Selections and counts narrowed to the rows and columns their caller's grants let through. @module */
import {
  allOf,
  asWhere,
  type Filter,
  type OutputColumn,
  planFilter,
  planSelect,
  type Relation,
  type Select,
  type VisibleColumns,
} from '../query/index.js';
import { armsFor, idsOf, rowsInReach, visibleColumns } from './arms.js';
import { mint, type ScopedCount, type ScopedSelect } from './scoped-query.js';
import type { Standing } from './subject.js';

/**
 * @throws `access.denied` when no grant allows to query · what {@link planSelect} throws; a column that no grant shows
 *         is as unknown as one that is not there.
 */
export function scopeSelect(standing: Standing, relation: Relation, select: Select): ScopedSelect {
  const arms = armsFor(standing, relation, 'query');
  const plan = planSelect(select, visibleColumns(arms, relation), relation);
  return mint<ScopedSelect>({
    kind: 'select',
    origin: relation.origin,
    grantIds: idsOf(arms),
    output: plan.output,
    where: asWhere(allOf([rowsInReach(arms), ...plan.where])),
    groupBy: plan.groupBy,
    isDistinct: plan.isDistinct,
    orderBy: plan.orderBy,
    limit: plan.limit,
    offset: plan.offset,
  });
}

/**
 * Rows in reach that satisfy the filter.
 *
 * @throws as {@link scopeSelect}
 */
export function scopeCount(standing: Standing, relation: Relation, filter: Filter | null): ScopedCount {
  const arms = armsFor(standing, relation, 'query');
  const rows = rowsInReach(arms);
  const where = filter === null ? rows : allOf([rows, planFilter(filter, visibleColumns(arms, relation))]);
  return mint<ScopedCount>({
    kind: 'count',
    origin: relation.origin,
    grantIds: idsOf(arms),
    where: asWhere(where),
  });
}

/** All there is to see, in the order of the table. */
export function outputOf(columns: VisibleColumns): readonly OutputColumn[] {
  return [...columns.values()].map(({ column, expression, isMasked }) => {
    return { name: column.name, expression, type: column.type, isMasked };
  });
}
