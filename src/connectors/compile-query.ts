/** Scoped selects and counts as SQL text with values, for every engine. @module */
import type { ScopedCount, ScopedSelect } from '../access/index.js';
import type { Expression, Predicate, RelationOrigin } from '../query/index.js';
import { SqlWriter } from './compile-expression.js';
import type { Compiled, Flavour } from './sql-flavour.js';

/** The relation's short name, in every statement that reads. */
export const relationAlias = 'q';

/** By flavour: a query that was planned once is compiled once. */
const compiled = new WeakMap<object, WeakMap<ScopedSelect, Compiled<unknown>>>();

/** Rows in the order of the output; every value as `flavour.output` sends it. */
export function compileSelect<V>(flavour: Flavour<V>, query: ScopedSelect): Compiled<V> {
  const ofFlavour = compiled.get(flavour) ?? new WeakMap<ScopedSelect, Compiled<unknown>>();
  const known = ofFlavour.get(query);
  if (known !== undefined) return known as Compiled<V>;
  const made = compileNow(flavour, query);
  compiled.set(flavour, ofFlavour.set(query, made));
  return made;
}

function compileNow<V>(flavour: Flavour<V>, query: ScopedSelect): Compiled<V> {
  const hasAggregate = query.output.some(({ expression }) => expression.kind === 'aggregate');
  // What is distinct is what is grouped by everything there is to see; a group that shows all it is grouped by is that.
  if (!query.isDistinct || (isShownWhole(query) && (query.groupBy.length > 0 || hasAggregate))) {
    return compilePlain(flavour, query, query.groupBy);
  }
  if (query.groupBy.length === 0 && !hasAggregate) {
    return compilePlain(
      flavour,
      query,
      query.output.map(({ expression }) => expression),
    );
  }
  return compileDistinctGroups(flavour, query);
}

/**
 * The rows of {@link compileSelect} with something else made of their values, where they are neither grouped nor distinct.
 *
 * @param write  Gets the output as SQL, in its order, and writes the list of the SELECT.
 */
export function compileRowsAs<V>(
  flavour: Flavour<V>,
  query: ScopedSelect,
  write: (output: readonly string[], of: (expression: Expression) => string) => string,
): Compiled<V> | null {
  const hasAggregate = query.output.some(({ expression }) => expression.kind === 'aggregate');
  if (query.isDistinct || query.groupBy.length > 0 || hasAggregate) return null;
  return compilePlain(flavour, query, [], write);
}

/** One row of one number. */
export function compileCount<V>(flavour: Flavour<V>, query: ScopedCount): Compiled<V> {
  const writer = new SqlWriter(flavour, relationAlias);
  const where = writer.where(query.where);
  return writer.finish(`SELECT ${flavour.aggregate('count', null)} FROM ${from(flavour, query.origin)}${where}`);
}

/** Rows of a table as they are sent, for engines whose writes return none. @param suffix  Ours: ` FOR UPDATE`. */
export function compileRows<V>(
  flavour: Flavour<V>,
  origin: RelationOrigin,
  expressions: readonly Expression[],
  where: Predicate | null,
  suffix = '',
): Compiled<V> {
  const writer = new SqlWriter(flavour, relationAlias);
  const list = expressions.map((expression) => writer.output(expression, false)).join(', ');
  return writer.finish(`SELECT ${list} FROM ${from(flavour, origin)}${writer.where(where)}${suffix}`);
}

function compilePlain<V>(
  flavour: Flavour<V>,
  query: ScopedSelect,
  groupBy: readonly Expression[],
  write: Parameters<typeof compileRowsAs>[2] = (output) => output.join(', '),
): Compiled<V> {
  const writer = new SqlWriter(flavour, relationAlias);
  const isGrouped = groupBy.length > 0;
  const list = write(
    query.output.map(({ expression }) => writer.output(expression, isGrouped)),
    (expression) => writer.output(expression, isGrouped),
  );
  const where = writer.where(query.where);
  const group = isGrouped
    ? ` GROUP BY ${groupBy.map((expression) => flavour.grouped(writer.operand(expression))).join(', ')}`
    : '';
  const terms = query.orderBy.map(({ expression, direction, isNullable }) => {
    const operand = writer.operand(expression);
    const isForm = isGrouped && flavour.ordersByGroup && expression.kind !== 'aggregate';
    return flavour.order(isForm ? flavour.grouped(operand) : operand.sql, direction, isNullable);
  });
  const order = terms.length === 0 ? '' : ` ORDER BY ${terms.join(', ')}`;
  const page = flavour.page(query.limit, query.offset, writer.place);
  return writer.finish(`SELECT ${list} FROM ${from(flavour, query.origin)}${where}${group}${order}${page}`);
}

/** Groups that show only some of what they are grouped by, or only aggregates: equal ones once. */
function compileDistinctGroups<V>(flavour: Flavour<V>, query: ScopedSelect): Compiled<V> {
  const writer = new SqlWriter(flavour, relationAlias);
  const names = query.output.map((_, index) => flavour.quote(`c${index + 1}`));
  const list = query.output.map(({ expression }, index) => {
    const operand = writer.operand(expression);
    return `${expression.kind === 'aggregate' ? operand.sql : flavour.grouped(operand)} AS ${names[index]}`;
  });
  const where = writer.where(query.where);
  const groups = query.groupBy.map((expression) => flavour.grouped(writer.operand(expression)));
  const group = groups.length === 0 ? '' : ` GROUP BY ${groups.join(', ')}`;
  const places = new Map(query.output.map(({ expression }, index) => [JSON.stringify(expression), names[index] ?? '']));
  const terms = query.orderBy.map(({ expression, direction, isNullable }) => {
    const name = places.get(JSON.stringify(expression));
    if (name === undefined) throw new TypeError('distinct rows are ordered by what they show');
    return flavour.order(name, direction, isNullable);
  });
  const order = terms.length === 0 ? '' : ` ORDER BY ${terms.join(', ')}`;
  const shown = query.output.map(({ expression }, index) =>
    flavour.output({ ...writer.operand(expression), sql: names[index] ?? '' }),
  );
  const page = flavour.page(query.limit, query.offset, writer.place);
  const inner = `SELECT ${list.join(', ')} FROM ${from(flavour, query.origin)}${where}${group}`;
  return writer.finish(`SELECT ${shown.join(', ')} FROM (${inner}) AS d GROUP BY ${names.join(', ')}${order}${page}`);
}

/** Whether every group shows all it is grouped by, so that no two of them look the same. */
function isShownWhole({ output, groupBy }: ScopedSelect): boolean {
  const shown = new Set(output.map(({ expression }) => JSON.stringify(expression)));
  return groupBy.every((expression) => shown.has(JSON.stringify(expression)));
}

function from<V>(flavour: Flavour<V>, origin: RelationOrigin): string {
  // A line of its own, so that a comment at its end does not take the parenthesis along.
  const relation =
    origin.kind === 'table' ? flavour.table(origin.schema, origin.name) : `(\n${withoutSemicolon(origin.text)}\n)`;
  return `${relation} AS ${relationAlias}`;
}

/** One statement, as it may stand in parentheses. */
export function withoutSemicolon(text: string): string {
  return text.replace(/[;\s]+$/, '');
}
