/** Predicates put together: constants fold away, and what can never be true says so. @module */
import type { Bound, Expression, Predicate } from './algebra.js';
import type { Column } from './relation.js';

export const always: Predicate = Object.freeze({ kind: 'constant', value: true });
export const never: Predicate = Object.freeze({ kind: 'constant', value: false });

export function isAlways(predicate: Predicate): boolean {
  return predicate.kind === 'constant' && predicate.value;
}

export function isNever(predicate: Predicate): boolean {
  return predicate.kind === 'constant' && !predicate.value;
}

/** True of no unknown: `false and unknown` is false, `true and x` is x. */
export function allOf(predicates: readonly Predicate[]): Predicate {
  return joined('and', predicates, isAlways, isNever, always);
}

/** `true or unknown` is true, `false or x` is x. */
export function anyOf(predicates: readonly Predicate[]): Predicate {
  return joined('or', predicates, isNever, isAlways, never);
}

export function negated(predicate: Predicate): Predicate {
  if (predicate.kind === 'constant') return predicate.value ? never : always;
  return { kind: 'not', of: predicate };
}

/** What `where` holds for it: nothing when it is true of every row. */
export function asWhere(predicate: Predicate): Predicate | null {
  return isAlways(predicate) ? null : predicate;
}

function joined(
  kind: 'and' | 'or',
  predicates: readonly Predicate[],
  isNeutral: (predicate: Predicate) => boolean,
  decides: (predicate: Predicate) => boolean,
  empty: Predicate,
): Predicate {
  const rest: Predicate[] = [];
  for (const predicate of predicates) {
    if (decides(predicate)) return predicate;
    if (!isNeutral(predicate) && !rest.includes(predicate)) rest.push(predicate);
  }
  if (rest.length === 1) return rest[0] as Predicate;
  return rest.length === 0 ? empty : { kind, of: rest };
}

/**
 * The predicate as it will be once some columns have new values: each of them is replaced by what it is bound to.
 *
 * @returns The same object when none of them occurs in it.
 */
export function withValues(predicate: Predicate, values: ReadonlyMap<string, Bound>): Predicate {
  switch (predicate.kind) {
    case 'constant':
      return predicate;
    case 'and':
    case 'or': {
      const of = predicate.of.map((member) => withValues(member, values));
      if (of.every((member, at) => member === predicate.of[at])) return predicate;
      return predicate.kind === 'and' ? allOf(of) : anyOf(of);
    }
    case 'not': {
      const of = withValues(predicate.of, values);
      return of === predicate.of ? predicate : negated(of);
    }
    default: {
      const left = replaced(predicate.left, values);
      if (left === predicate.left) return predicate;
      if (predicate.kind !== 'null') return { ...predicate, left };
      const isNull = left.kind === 'bound' && left.bound.text === null;
      return isNull === predicate.isNegated ? never : always;
    }
  }
}

function replaced(expression: Expression, values: ReadonlyMap<string, Bound>): Expression {
  // Row filters work on columns as they are, so nothing else occurs.
  if (expression.kind !== 'column') return expression;
  const bound = values.get(expression.column.name);
  return bound === undefined ? expression : { kind: 'bound', bound, standsFor: expression.column };
}

/** Whether it asks about a column for which this is true. */
export function asksAbout(predicate: Predicate, isMeant: (column: Column) => boolean): boolean {
  return hasCondition(predicate, ({ left }) => left.kind === 'column' && isMeant(left.column));
}

/** Whether it asks where in their order the texts of one of these columns stand. */
export function ordersTexts(predicate: Predicate, columns: { has(name: string): boolean }): boolean {
  return hasCondition(predicate, (condition) => {
    const { left, kind } = condition;
    if (left.kind !== 'column' || left.column.type !== 'text' || !columns.has(left.column.name)) return false;
    return kind === 'between' || (kind === 'compare' && condition.operator !== 'eq' && condition.operator !== 'ne');
  });
}

type Condition = Extract<Predicate, { readonly left: Expression }>;

function hasCondition(predicate: Predicate, isMeant: (condition: Condition) => boolean): boolean {
  switch (predicate.kind) {
    case 'constant':
      return false;
    case 'and':
    case 'or':
      return predicate.of.some((member) => hasCondition(member, isMeant));
    case 'not':
      return hasCondition(predicate.of, isMeant);
    default:
      return isMeant(predicate);
  }
}
