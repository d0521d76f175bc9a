/** What a person asks of a dataset, and how `/data/v1` is asked it. @module */

export const operators = [
  { word: 'eq', says: 'is', takes: 'value' },
  { word: 'ne', says: 'is not', takes: 'value' },
  { word: 'gt', says: 'is more than', takes: 'value' },
  { word: 'gte', says: 'is at least', takes: 'value' },
  { word: 'lt', says: 'is less than', takes: 'value' },
  { word: 'lte', says: 'is at most', takes: 'value' },
  { word: 'contains', says: 'contains', takes: 'value' },
  { word: 'starts', says: 'begins with', takes: 'value' },
  { word: 'ends', says: 'ends with', takes: 'value' },
  { word: 'null', says: 'is empty', takes: 'nothing' },
  { word: 'notnull', says: 'is not empty', takes: 'nothing' },
] as const;

export type Operator = (typeof operators)[number]['word'];

export interface Condition {
  readonly column: string;
  readonly operator: Operator;
  readonly value: string;
}

export interface Order {
  readonly column: string;
  readonly isDescending: boolean;
}

/** The neutral type of a column as `describe` tells it. */
export type ColumnTypes = ReadonlyMap<string, string>;

/** Every condition holds; `undefined` where there is none. */
export function filterOf(conditions: readonly Condition[], types: ColumnTypes): string | undefined {
  const filters = conditions.map(({ column, operator, value }) => ({
    [column]: { [operator]: takesNothing(operator) ? true : jsonOf(types.get(column), value) },
  }));
  if (filters.length === 0) return undefined;
  return JSON.stringify(filters.length === 1 ? filters[0] : { and: filters });
}

/** `-salary`; a name that begins with a sign gets one before it. */
export function orderOf(order: Order | null): string | undefined {
  if (order === null) return undefined;
  if (order.isDescending) return `-${order.column}`;
  return /^[+-]/.test(order.column) ? `+${order.column}` : order.column;
}

export function takesNothing(operator: Operator): boolean {
  return operators.some(({ word, takes }) => word === operator && takes === 'nothing');
}

/** As JSON has it: booleans are words there, and so are numbers, which may be sent as texts. */
function jsonOf(type: string | undefined, text: string): string | boolean {
  if (type === 'boolean' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  return text;
}

/** How a value of a row is shown. */
export function cellOf(value: unknown): { readonly text: string; readonly isNull: boolean } {
  if (value === null || value === undefined) return { text: 'null', isNull: true };
  if (typeof value === 'object') return { text: JSON.stringify(value), isNull: false };
  return { text: String(value), isNull: false };
}
