/**
 * How many values a scoped query binds: every engine takes as many in one statement, SQLite the fewest (32,766). A row
 * filter is bound once for each column it decides about, so grants and the caller's filter multiply.
 *
 * @module
 */
import { type Expression, type Predicate, queryErrors } from '../query/index.js';

const maxValues = 20_000;

/**
 * @param expressions  All there are besides `where`.
 * @throws `query.filter_too_large`
 */
export function assertStatementSize(where: Predicate | null, expressions: Iterable<Expression>): void {
  let values = where === null ? 0 : valuesOf(where);
  for (const expression of expressions) values += valuesIn(expression);
  if (values > maxValues) throw queryErrors.filter_too_large({ details: { limit: maxValues } });
}

function valuesOf(predicate: Predicate): number {
  switch (predicate.kind) {
    case 'constant':
      return 0;
    case 'and':
    case 'or':
      return predicate.of.reduce((values, member) => values + valuesOf(member), 0);
    case 'not':
      return valuesOf(predicate.of);
    case 'null':
      return valuesIn(predicate.left);
    case 'in':
      return valuesIn(predicate.left) + predicate.right.length;
    case 'between':
      return valuesIn(predicate.left) + 2;
    default:
      return valuesIn(predicate.left) + 1;
  }
}

function valuesIn(expression: Expression): number {
  switch (expression.kind) {
    case 'column':
      return 0;
    case 'bound':
      return 1;
    // The salt of a hash, and no more in any.
    case 'masked':
      return 1;
    case 'cases':
      return expression.cases.reduce((values, { when, then }) => values + valuesOf(when) + valuesIn(then), 0);
    case 'aggregate':
      return expression.of === null ? 0 : valuesIn(expression.of);
  }
}
