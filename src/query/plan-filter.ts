/**
 * Conditions as a caller named them, as predicates over the columns there are: names are looked up, values judged by
 * the type of their column, operators by what it can do, and the whole is bounded.
 *
 * @module
 */
import type { Bound, Predicate } from './algebra.js';
import { queryErrors } from './errors.js';
import { type Ability, isAble } from './operators.js';
import { allOf, always, anyOf, negated, never } from './predicates.js';
import { comparisons, type Filter, filterLimits } from './query.js';
import {
  type BindValue,
  bindCompared,
  findColumn,
  namedField,
  type VisibleColumn,
  type VisibleColumns,
} from './visible.js';

/** Values of one filter in all its lists together. */
const maxValues = 5_000;

/**
 * @param bind  Judges values; grants put what they know of the caller in.
 * @throws `query.unknown_column` · `query.operator_unsupported` · `query.value_invalid` · `query.filter_too_large` ·
 *         `query.filter_invalid`, each with the column's name as `field` where one is to blame.
 */
export function planFilter(filter: Filter, columns: VisibleColumns, bind: BindValue = bindCompared): Predicate {
  return new FilterPlan(columns, bind).plan(filter, 1);
}

/** One filter's planning: what is left of its budget. */
class FilterPlan {
  readonly #columns: VisibleColumns;
  readonly #bind: BindValue;
  #conditions: number = filterLimits.conditions;
  #values = maxValues;

  constructor(columns: VisibleColumns, bind: BindValue) {
    this.#columns = columns;
    this.#bind = bind;
  }

  plan(filter: Filter, depth: number): Predicate {
    // Looked at before the members are, so that no depth exhausts the stack.
    this.#conditions -= 1;
    if (depth > filterLimits.depth || this.#conditions < 0) throw queryErrors.filter_too_large();
    // Doors and the store hand over what they read; a kind nobody knows must not pass as no condition.
    if (typeof filter !== 'object' || filter === null) throw queryErrors.filter_invalid();
    switch (filter.kind) {
      case 'and':
      case 'or':
        return this.#group(filter.kind, filter.filters, depth);
      case 'not':
        return negated(this.plan(filter.filter, depth + 1));
      case 'compare':
        return this.#compare(filter);
      case 'in':
        return this.#in(filter);
      case 'between':
        return this.#between(filter);
      case 'null': {
        const { expression: left } = findColumn(this.#columns, filter.column);
        return { kind: 'null', left, isNegated: isFlag(filter.isNegated) };
      }
      case 'text':
        return this.#text(filter);
      default:
        throw queryErrors.filter_invalid();
    }
  }

  #group(kind: 'and' | 'or', filters: readonly Filter[], depth: number): Predicate {
    if (!Array.isArray(filters) || filters.length === 0) throw queryErrors.filter_invalid();
    if (filters.length > filterLimits.conditions) throw queryErrors.filter_too_large();
    const members = filters.map((member: Filter) => this.plan(member, depth + 1));
    return kind === 'and' ? allOf(members) : anyOf(members);
  }

  #compare({ column, operator, value }: Extract<Filter, { kind: 'compare' }>): Predicate {
    const visible = findColumn(this.#columns, column);
    if (!comparisons.includes(operator)) throw queryErrors.filter_invalid({ details: namedField(column) });
    assertAble(visible, operator === 'eq' || operator === 'ne' ? 'equals' : 'ranges');
    return { kind: 'compare', left: visible.expression, operator, right: this.#value(visible, value) };
  }

  #in({ column, isNegated, values }: Extract<Filter, { kind: 'in' }>): Predicate {
    const visible = findColumn(this.#columns, column);
    assertAble(visible, 'equals');
    if (!Array.isArray(values)) throw queryErrors.filter_invalid({ details: namedField(column) });
    if (values.length > filterLimits.values) throw queryErrors.filter_too_large({ details: namedField(column) });
    if (values.length === 0) return isFlag(isNegated) ? always : never;
    const right = values.map((value: unknown) => this.#value(visible, value));
    return { kind: 'in', left: visible.expression, isNegated: isFlag(isNegated), right };
  }

  #between({ column, isNegated, from, to }: Extract<Filter, { kind: 'between' }>): Predicate {
    const visible = findColumn(this.#columns, column);
    assertAble(visible, 'ranges');
    const [least, greatest] = [this.#value(visible, from), this.#value(visible, to)];
    return { kind: 'between', left: visible.expression, isNegated: isFlag(isNegated), from: least, to: greatest };
  }

  #text({ column, match, isNegated, text }: Extract<Filter, { kind: 'text' }>): Predicate {
    const visible = findColumn(this.#columns, column);
    assertAble(visible, 'matches');
    if (match !== 'contains' && match !== 'starts' && match !== 'ends') {
      throw queryErrors.filter_invalid({ details: namedField(column) });
    }
    const part = this.#value(visible, text).text ?? '';
    return { kind: 'text', left: visible.expression, match, isNegated: isFlag(isNegated), text: part };
  }

  #value(visible: VisibleColumn, value: unknown): Bound {
    this.#values -= 1;
    if (this.#values < 0) throw queryErrors.filter_too_large();
    const bound = this.#bind(visible, value);
    // Nothing is equal to null, and nothing is not; who writes it means the test for it.
    if (bound.text === null) throw queryErrors.filter_invalid({ details: { field: visible.column.name } });
    return bound;
  }
}

function isFlag(value: unknown): boolean {
  if (typeof value !== 'boolean') throw queryErrors.filter_invalid();
  return value;
}

/** @throws `query.operator_unsupported` */
export function assertAble({ column }: VisibleColumn, ability: Ability): void {
  if (!isAble(column.type, ability)) throw queryErrors.operator_unsupported({ details: { field: column.name } });
}
