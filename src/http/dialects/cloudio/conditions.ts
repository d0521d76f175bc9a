/**
 * The operators of the family, by kind of attribute, as conditions of the query language. Nulls satisfy no condition but
 * `empty` (SQL's three-valued logic); no character of a text is a wildcard; `after` and `before` include their moment.
 *
 * @module
 */
import { type Comparison, type Filter, namedField } from '../../../query/index.js';
import { isJsonObject, type JsonValue } from '../../kit/strict-json.js';
import type { Attribute, AttributeKind, Attributes } from './attributes.js';
import { dayOf } from './date-time.js';
import { cloudioErrors } from './errors.js';
import { comparedValue, misfit, momentOf } from './values.js';

type Operator = (attribute: Attribute, json: JsonValue) => Filter;

const general: Readonly<Record<string, Operator>> = {
  is: compared('eq'),
  eq: compared('eq'),
  not: compared('ne'),
  ne: compared('ne'),
  in: listed(false),
  nin: listed(true),
  empty: isNull(false),
  null: isNull(false),
  notEmpty: isNull(true),
  notNull: isNull(true),
};

const byKind: Readonly<Record<AttributeKind, ReadonlyMap<string, Operator>>> = {
  string: table({
    like: matching('contains', false),
    nct: matching('contains', true),
    sw: matching('starts', false),
    ew: matching('ends', false),
    hasAll: parts('and', false),
    hasAny: parts('or', false),
    notAny: parts('and', true),
  }),
  number: table({
    gt: compared('gt'),
    gte: compared('gte'),
    lt: compared('lt'),
    lte: compared('lte'),
    bn: between(false),
    nbn: between(true),
  }),
  date: table({ after, before: compared('lte'), bn: between(false) }),
  dateTime: table({ after: compared('gte'), before: compared('lte'), bn: between(false) }),
  boolean: table({}),
  other: table({}),
};

function table(own: Readonly<Record<string, Operator>>): ReadonlyMap<string, Operator> {
  return new Map(Object.entries({ ...general, ...own }));
}

/**
 * The filter of a list of conditions and groups: all of them hold.
 *
 * @returns `null` where nothing is asked.
 * @throws `cloudio.attribute_unknown` · `cloudio.operator_unknown` · `cloudio.value_invalid`
 */
export function filterOf(conditions: readonly JsonValue[], attributes: Attributes): Filter | null {
  return joined(
    'and',
    conditions.flatMap((condition) => conditionsOf(condition, attributes)),
  );
}

/** The attribute of a name, where it may be read. @throws `cloudio.attribute_unknown` */
export function readableAttribute(attributes: Attributes, name: string): Attribute {
  const attribute = attributes.find(name);
  if (attribute?.column.isReadable !== true) throw unknownAttribute(name);
  return attribute;
}

/** The name is the caller's own; one that is not fit to be shown is left out. */
export function unknownAttribute(name: string) {
  const fix = 'Attributes are columns in camelCase: LAST_UPDATE_DATE is lastUpdateDate.';
  return cloudioErrors.attribute_unknown({ details: { ...namedField(name), fix } });
}

/** A word and how it joins: `and`, `_and`, `OR`…; `null` for anything else. */
export function groupWord(name: string): 'and' | 'or' | null {
  const [, word] = /^_?(and|or)$/i.exec(name) ?? [];
  return word === undefined ? null : word.toLowerCase() === 'and' ? 'and' : 'or';
}

function conditionsOf(json: JsonValue, attributes: Attributes): Filter[] {
  return Object.entries(isJsonObject(json) ? json : {}).flatMap(([name, value]) => {
    const word = groupWord(name);
    if (word !== null && Array.isArray(value)) return [groupOf(word, value, attributes)];
    const attribute = readableAttribute(attributes, name);
    return Object.entries(isJsonObject(value) ? value : {}).map(([operator, operand]) =>
      conditionOf(attribute, operator, operand),
    );
  });
}

function groupOf(word: 'and' | 'or', members: readonly JsonValue[], attributes: Attributes): Filter {
  const filters = members.map((member) => joined('and', conditionsOf(member, attributes)) ?? everyRow(attributes));
  return joined(word, filters) ?? everyRow(attributes);
}

function conditionOf(attribute: Attribute, name: string, json: JsonValue): Filter {
  const operators = byKind[attribute.kind];
  const operator = operators.get(name);
  if (operator === undefined) {
    const fix = `Use one of: ${[...operators.keys()].join(', ')}.`;
    throw cloudioErrors.operator_unknown({ details: { ...namedField(attribute.name), fix } });
  }
  return operator(attribute, json);
}

/** Groups of one kind in each other are one group: how deep a caller may nest is counted without our own levels. */
function joined(kind: 'and' | 'or', filters: readonly Filter[]): Filter | null {
  const flat = filters.flatMap((filter) => (filter.kind === kind ? filter.filters : [filter]));
  const [first] = flat;
  return first === undefined ? null : flat.length === 1 ? first : { kind, filters: flat };
}

function everyRow(attributes: Attributes): Filter {
  const column = attributes.all.find((attribute) => attribute.column.isReadable)?.column.name ?? '';
  return { kind: 'in', column, isNegated: true, values: [] };
}

function compared(operator: Comparison): Operator {
  return (attribute, json) => ({
    kind: 'compare',
    column: attribute.column.name,
    operator,
    value: comparedValue(attribute, json),
  });
}

/** A day begins at its midnight: after a later moment of it comes the next day. */
function after(attribute: Attribute, json: JsonValue): Filter {
  const { text, isMidnight } = dayOf(momentOf(attribute, json).micros);
  return { kind: 'compare', column: attribute.column.name, operator: isMidnight ? 'gte' : 'gt', value: text };
}

function listed(isNegated: boolean): Operator {
  return (attribute, json) => ({
    kind: 'in',
    column: attribute.column.name,
    isNegated,
    values: listOf(attribute, json).map((value) => comparedValue(attribute, value)),
  });
}

function between(isNegated: boolean): Operator {
  return (attribute, json) => {
    const ends = listOf(attribute, json);
    if (ends.length !== 2) throw misfit(attribute, 'Send a list of two: from and to.');
    const [from, to] = ends.map((end) => comparedValue(attribute, end));
    return { kind: 'between', column: attribute.column.name, isNegated, from, to };
  };
}

/** What the operand is says nothing: the published types are `""` for strings and any number for numbers. */
function isNull(isNegated: boolean): Operator {
  return ({ column }) => ({ kind: 'null', column: column.name, isNegated });
}

function matching(match: 'contains' | 'starts' | 'ends', isNegated: boolean): Operator {
  return (attribute, json) => ({
    kind: 'text',
    column: attribute.column.name,
    match,
    isNegated,
    text: comparedValue(attribute, json),
  });
}

/** Of no parts: all of them are there, none of them is. */
function parts(kind: 'and' | 'or', isNegated: boolean): Operator {
  const match = matching('contains', isNegated);
  return (attribute, json) => {
    const filters = listOf(attribute, json).map((part) => match(attribute, part));
    const none: Filter = { kind: 'in', column: attribute.column.name, isNegated: kind === 'and', values: [] };
    return joined(kind, filters) ?? none;
  };
}

function listOf(attribute: Attribute, json: JsonValue): readonly JsonValue[] {
  if (!Array.isArray(json)) throw misfit(attribute, 'Send a list.');
  return json;
}
