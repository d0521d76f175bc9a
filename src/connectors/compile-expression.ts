/**
 * Expressions and conditions of scoped queries as SQL. Names come from the catalogue's columns, values go through the
 * engine's flavour; nothing else gets into the text.
 *
 * @module
 */
import type { Bound, Column, Expression, Predicate } from '../query/index.js';
import type { Compiled, Flavour, Operand } from './sql-flavour.js';

/** One statement in the making. */
export class SqlWriter<V> {
  readonly #flavour: Flavour<V>;
  readonly #qualifier: string;
  readonly #values: V[] = [];
  /** The same expression is the same text with the same values: engines compare what is grouped with what is selected. */
  readonly #operands = new Map<string, Operand>();
  readonly place = (value: V): string => {
    this.#values.push(value);
    return this.#flavour.placeholder(this.#values.length);
  };

  /** @param qualifier  Short name of the relation, written by us; empty where it has none. */
  constructor(flavour: Flavour<V>, qualifier: string) {
    this.#flavour = flavour;
    this.#qualifier = qualifier === '' ? '' : `${qualifier}.`;
  }

  finish(sql: string): Compiled<V> {
    return { sql, values: this.#values };
  }

  get valueCount(): number {
    return this.#values.length;
  }

  operand(expression: Expression): Operand {
    const key = JSON.stringify(expression);
    const known = this.#operands.get(key);
    if (known !== undefined) return known;
    const made = this.#make(expression);
    this.#operands.set(key, made);
    return made;
  }

  /** A value as it is to be sent. @param isGrouped  It is one of those the rows are grouped by. */
  output(expression: Expression, isGrouped: boolean): string {
    const operand = this.operand(expression);
    if (!isGrouped || expression.kind === 'aggregate') return this.#flavour.output(operand);
    return this.#flavour.output({ ...operand, sql: this.#flavour.grouped(operand) });
  }

  #make(expression: Expression): Operand {
    switch (expression.kind) {
      case 'column':
      case 'masked': {
        const { column } = expression;
        const operand = this.#column(column);
        if (expression.kind === 'column') return operand;
        return {
          ...operand,
          sql: this.#flavour.masked(operand, expression.mask, this.place),
          nativeType: isOtherText(expression.mask.kind) ? null : column.nativeType,
        };
      }
      case 'bound': {
        const { bound, standsFor } = expression;
        const { type, nativeType } = bound;
        if (standsFor === undefined) return { sql: this.#flavour.operand(bound, this.place), type, nativeType };
        const column = { ...this.#column(standsFor), nativeType };
        return { ...column, sql: this.#flavour.replacement(bound, column, this.place) };
      }
      case 'cases': {
        const operands = expression.cases.map(({ then }) => this.operand(then));
        const branches = expression.cases.map(
          ({ when }, index) => ` WHEN ${this.condition(when)} THEN ${operands[index]?.sql ?? 'NULL'}`,
        );
        const [first] = operands;
        const isOneType = operands.every(({ nativeType }) => nativeType === first?.nativeType);
        return {
          sql: branches.length === 0 ? 'NULL' : `(CASE${branches.join('')} END)`,
          type: expression.type,
          nativeType: isOneType ? (first?.nativeType ?? null) : null,
        };
      }
      case 'aggregate': {
        const of = expression.of === null ? null : this.operand(expression.of);
        const type = expression.function === 'min' || expression.function === 'max' ? (of?.type ?? 'int64') : 'decimal';
        return { sql: this.#flavour.aggregate(expression.function, of), type, nativeType: null };
      }
    }
  }

  #column(column: Column): Operand {
    const sql = this.#flavour.column(`${this.#qualifier}${this.#flavour.quote(column.name)}`, column);
    return { sql, type: column.type, nativeType: column.nativeType };
  }

  /** A condition in parentheses, or one that needs none. */
  condition(predicate: Predicate): string {
    switch (predicate.kind) {
      case 'constant':
        return predicate.value ? '(1 = 1)' : '(1 = 0)';
      case 'and':
      case 'or': {
        const [only, ...more] = predicate.of;
        if (only === undefined) return predicate.kind === 'and' ? '(1 = 1)' : '(1 = 0)';
        if (more.length === 0) return this.condition(only);
        return `(${predicate.of.map((one) => this.condition(one)).join(predicate.kind === 'and' ? ' AND ' : ' OR ')})`;
      }
      case 'not':
        return negated(this.condition(predicate.of));
      case 'compare': {
        const left = this.operand(predicate.left);
        // Not equal is what is not equal, in the engine's exact sense of it.
        if (predicate.operator === 'ne') {
          return negated(`(${this.#flavour.compare(left, 'eq', predicate.right, this.place)})`);
        }
        return `(${this.#flavour.compare(left, predicate.operator, predicate.right, this.place)})`;
      }
      case 'in': {
        const text = `(${this.#flavour.among(this.operand(predicate.left), predicate.right, this.place)})`;
        return predicate.isNegated ? negated(text) : text;
      }
      case 'between': {
        const left = this.operand(predicate.left);
        const from = this.#flavour.compare(left, 'gte', predicate.from, this.place);
        const to = this.#flavour.compare(left, 'lte', predicate.to, this.place);
        return predicate.isNegated ? negated(`(${from} AND ${to})`) : `(${from} AND ${to})`;
      }
      case 'null':
        return `(${this.operand(predicate.left).sql} IS ${predicate.isNegated ? 'NOT ' : ''}NULL)`;
      case 'text': {
        const left = this.operand(predicate.left);
        const text = `(${this.#flavour.matches(left, predicate.match, predicate.text, this.place)})`;
        return predicate.isNegated ? negated(text) : text;
      }
    }
  }

  /** ` WHERE …`; empty when every row is meant. */
  where(predicate: Predicate | null): string {
    const { watch } = this.#flavour;
    if (predicate === null) return watch === undefined ? '' : ` WHERE ${watch}`;
    return ` WHERE ${watch === undefined ? '' : `${watch} AND `}${this.condition(predicate)}`;
  }
}

/** Whether what is shown is a text of the mask's own making and no longer of the column's type. */
function isOtherText(mask: string): boolean {
  return mask === 'keep_left' || mask === 'keep_right' || mask === 'hash';
}

function negated(condition: string): string {
  return `(NOT ${condition})`;
}

/** A value that is bound as a condition's operand is never null: null compares with nothing. */
export function textOf(bound: Bound): string {
  if (bound.text === null) throw new TypeError('null compares with nothing');
  return bound.text;
}
