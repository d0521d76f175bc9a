/**
 * Going on after a row (keyset paging): rows that come later in an order which no two rows share a place in.
 *
 * @module
 */
import type { Predicate } from './algebra.js';
import { queryErrors } from './errors.js';
import { assertAble } from './plan-filter.js';
import { allOf, anyOf } from './predicates.js';
import type { Select } from './query.js';
import type { Relation } from './relation.js';
import { bindCompared, findColumn, namedField, type VisibleColumns } from './visible.js';

/**
 * `after` as a condition: later in the first term, or not earlier in it and later in the second, and so on. "Not
 * earlier" instead of "equal", because texts that sort alike under a collation need not be equal byte by byte.
 *
 * @throws `query.page_invalid` without an order, with an offset, or when the values are not one for each term ·
 *         `query.order_invalid` when two rows could share a place, or a column may be null or is not shown as it is ·
 *         `query.value_invalid`
 */
export function planAfter(select: Select, columns: VisibleColumns, relation: Relation, isGrouped: boolean): Predicate {
  const { orderBy, offset, after } = select;
  if (after === null || isGrouped || offset !== 0 || orderBy.length === 0 || after.length !== orderBy.length) {
    throw queryErrors.page_invalid();
  }
  const names = new Set(orderBy.map(({ by }) => by));
  const keys = [relation.primaryKey, ...relation.uniqueKeys];
  if (!keys.some((key) => key.length > 0 && key.every((name) => names.has(name)))) throw queryErrors.order_invalid();
  const terms = orderBy.map(({ by, direction }, at) => {
    const visible = findColumn(columns, by);
    if (visible.expression.kind !== 'column' || visible.column.isNullable) {
      throw queryErrors.order_invalid({ details: namedField(by) });
    }
    assertAble(visible, 'ranges');
    const right = bindCompared(visible, after[at]);
    if (right.text === null) throw queryErrors.page_invalid({ details: namedField(by) });
    const compared = { kind: 'compare', left: visible.expression, right } as const;
    const isRising = direction === 'asc';
    return {
      isLater: { ...compared, operator: isRising ? 'gt' : 'lt' } as const,
      isNotEarlier: { ...compared, operator: isRising ? 'gte' : 'lte' } as const,
    };
  });
  return anyOf(
    terms.map(({ isLater }, at) => allOf([...terms.slice(0, at).map(({ isNotEarlier }) => isNotEarlier), isLater])),
  );
}
