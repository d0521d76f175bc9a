/**
 * Row filters as they are built: groups of conditions, and the JSON they stand for. Whatever JSON the server takes can be
 * read, and comes out meaning the same; what is no filter is told, not guessed at.
 *
 * @module
 */

export const operatorWords = {
  eq: '=',
  ne: '≠',
  gt: '>',
  gte: '≥',
  lt: '<',
  lte: '≤',
  in: 'is one of',
  nin: 'is none of',
  between: 'is between',
  nbetween: 'is not between',
  contains: 'contains',
  ncontains: 'does not contain',
  starts: 'starts with',
  nstarts: 'does not start with',
  ends: 'ends with',
  nends: 'does not end with',
  null: 'is empty',
  notnull: 'is not empty',
} as const;
export type Operator = keyof typeof operatorWords;
export const operators = Object.keys(operatorWords) as Operator[];

export type Scalar = string | number | boolean;

export interface Condition {
  readonly kind: 'condition';
  readonly id: number;
  readonly column: string;
  readonly operator: Operator;
  /** One; two for a range; any number for a list; none for what is empty. */
  readonly values: readonly Scalar[];
}

export interface Group {
  readonly kind: 'group';
  readonly id: number;
  /** All of the members, any of them, none of them. */
  readonly join: 'and' | 'or' | 'nor';
  readonly members: readonly Node[];
}
export type Node = Condition | Group;
export type FilterJson = Readonly<Record<string, unknown>>;

const lineCharacters = 80;

let lastId = 0;
function nextId(): number {
  lastId += 1;
  return lastId;
}

export function newCondition(column: string): Condition {
  return { kind: 'condition', id: nextId(), column, operator: 'eq', values: [''] };
}

export function newGroup(join: Group['join'] = 'and', members: readonly Node[] = []): Group {
  return { kind: 'group', id: nextId(), join, members };
}

/** How many values an operator takes; `many`: a list of any length. */
export function takes(operator: Operator): 0 | 1 | 2 | 'many' {
  if (operator === 'null' || operator === 'notnull') return 0;
  if (operator === 'between' || operator === 'nbetween') return 2;
  return operator === 'in' || operator === 'nin' ? 'many' : 1;
}

/** Another operator for the same column keeps of the values what it can use. */
export function withOperator(condition: Condition, operator: Operator): Condition {
  const count = takes(operator);
  const { values } = condition;
  if (count === 'many') return { ...condition, operator, values: values.filter((value) => value !== '') };
  return { ...condition, operator, values: Array.from({ length: count }, (_, at) => values[at] ?? '') };
}

/** The same tree with one of its nodes replaced; without `next`, removed. */
export function put(group: Group, id: number, next: Node | null): Group {
  if (group.id === id) return next?.kind === 'group' ? next : group;
  return {
    ...group,
    members: group.members.flatMap((member): readonly Node[] => {
      if (member.id === id) return next === null ? [] : [next];
      return [member.kind === 'group' ? put(member, id, next) : member];
    }),
  };
}

const numeric = new Set(['int16', 'int32', 'int64', 'decimal', 'float32', 'float64']);
const texts = ['contains', 'ncontains', 'starts', 'nstarts', 'ends', 'nends'] as const;
const ranges = ['gt', 'gte', 'lt', 'lte', 'between', 'nbetween'] as const;
const ranged = new Set([...numeric, 'text', 'date', 'time', 'timestamp', 'timestamptz', 'uuid', 'bytes']);
const opaque = new Set(['json', 'xml', 'struct', 'map', 'geometry', 'search']);

/** What can be asked about the values of a type; all of it where the type is not known. */
export function operatorsFor(type: string | null): readonly Operator[] {
  if (type === null) return operators;
  if (opaque.has(type)) return ['null', 'notnull'];
  const isLeftOut = (operator: Operator) =>
    (type !== 'text' && texts.some((one) => one === operator)) ||
    (!ranged.has(type) && ranges.some((one) => one === operator));
  return operators.filter((operator) => !isLeftOut(operator));
}

/** What somebody typed, as JSON has it: a number or a truth where the column holds those and nothing is lost. */
export function readScalar(text: string, type: string | null): Scalar {
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  if (type !== null && numeric.has(type) && text !== '' && String(Number(text)) === text) return Number(text);
  return text;
}

/** @returns `null` where there is no condition at all. */
export function toJson(group: Group): FilterJson | null {
  const members = group.members.flatMap((member): readonly FilterJson[] => {
    const json = member.kind === 'group' ? toJson(member) : conditionJson(member);
    return json === null ? [] : [json];
  });
  const [only] = members;
  if (only === undefined) return null;
  if (group.join === 'nor') return { not: [members.length === 1 ? only : { or: members }] };
  if (members.length === 1) return only;
  return group.join === 'and' ? (merged(members) ?? { and: members }) : { or: members };
}

/** Objects whose members differ in name hold together as one, which reads better than a list of them. */
function merged(members: readonly FilterJson[]): FilterJson | null {
  const entries = members.flatMap((member) => Object.entries(member));
  const names = new Set(entries.map(([name]) => name));
  return names.size < entries.length ? null : Object.fromEntries(entries);
}

function conditionJson({ column, operator, values }: Condition): FilterJson {
  const count = takes(operator);
  const value = count === 0 ? true : count === 1 ? (values[0] ?? '') : [...values];
  return Object.fromEntries([[column, { [operator]: value }]]);
}

/** As somebody reads it: on one line where it fits. */
export function formatJson(json: FilterJson | null): string {
  if (json === null) return '';
  const line = JSON.stringify(json);
  return line.length <= lineCharacters ? line : JSON.stringify(json, null, 2);
}

export type Read = { readonly group: Group } | { readonly fault: string };

/** @param text  JSON; empty: no filter. */
export function readFilterText(text: string): Read {
  if (text.trim() === '') return { group: newGroup() };
  try {
    return { group: fromJson(JSON.parse(text)) };
  } catch (thrown) {
    return { fault: thrown instanceof FilterFault ? thrown.message : 'This is no JSON yet.' };
  }
}

class FilterFault extends Error {}

/** @throws FilterFault with a sentence for what is no filter. */
export function fromJson(json: unknown): Group {
  const node = nodeOf(json);
  return node.kind === 'group' ? node : newGroup('and', [node]);
}

function nodeOf(json: unknown): Node {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new FilterFault('Write a filter as an object: {"column": {"eq": 1}}.');
  }
  const members = Object.entries(json).flatMap(([name, value]: readonly [string, unknown]): readonly Node[] =>
    Array.isArray(value) ? [groupOf(name, value)] : conditionsOf(name, value),
  );
  const [only] = members;
  if (only === undefined) throw new FilterFault('An empty object is no filter: leave it out.');
  return members.length === 1 ? only : newGroup('and', members);
}

function groupOf(word: string, list: readonly unknown[]): Group {
  if (word !== 'and' && word !== 'or' && word !== 'not') {
    throw new FilterFault('Only and, or and not take a list of filters; a column takes {"operator": value}.');
  }
  if (list.length === 0) throw new FilterFault('A list of filters has at least one.');
  if (word !== 'not')
    return newGroup(
      word,
      list.map((one) => nodeOf(one)),
    );
  if (list.length > 1) throw new FilterFault('Give not a list of one filter.');
  const inner = nodeOf(list[0]);
  return inner.kind === 'group' && inner.join === 'or' ? { ...inner, join: 'nor' } : newGroup('nor', [inner]);
}

function conditionsOf(column: string, json: unknown): readonly Condition[] {
  if (typeof json !== 'object' || json === null) {
    throw new FilterFault(`Write a condition as {"${column}": {"operator": value}}.`);
  }
  const entries = Object.entries(json);
  if (entries.length === 0) throw new FilterFault(`The condition on ${column} has no operator.`);
  return entries.map(([name, value]): Condition => {
    const operator = operators.find((one) => one === name);
    if (operator === undefined) throw new FilterFault(`${name} is no operator. There are ${operators.join(', ')}.`);
    return { kind: 'condition', id: nextId(), column, ...asked(operator, value) };
  });
}

function asked(operator: Operator, value: unknown): Pick<Condition, 'operator' | 'values'> {
  const count = takes(operator);
  if (count === 0) {
    if (typeof value !== 'boolean') throw new FilterFault(`Give ${operator} the value true.`);
    // `{"null": false}` is the other one.
    if (value) return { operator, values: [] };
    return { operator: operator === 'null' ? 'notnull' : 'null', values: [] };
  }
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  const isList = count === 2 || count === 'many';
  if (Array.isArray(value) !== isList || (count === 2 && values.length !== 2)) {
    const wanted = count === 1 ? 'one value' : count === 2 ? 'a list of two: from and to' : 'a list';
    throw new FilterFault(`Give ${operator} ${wanted}.`);
  }
  if (!values.every((one) => ['string', 'number', 'boolean'].includes(typeof one))) {
    throw new FilterFault(`Give ${operator} texts, numbers or truths; ask for what is empty with {"null": true}.`);
  }
  return { operator, values: values as readonly Scalar[] };
}
