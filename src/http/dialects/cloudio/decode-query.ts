/**
 * A query of the family as a selection over columns, planned once on the spot: whatever is wrong with it is said before
 * anything is written or read.
 *
 * @module
 */
import type { DatasetView } from '../../../data/index.js';
import {
  type Aggregate,
  type AggregateFunction,
  allColumns,
  type Filter,
  namedField,
  planSelect,
  type Relation,
  type Select,
} from '../../../query/index.js';
import type { JsonObject, JsonValue } from '../../kit/strict-json.js';
import type { Attributes } from './attributes.js';
import { filterOf, readableAttribute } from './conditions.js';
import type { QueryBody } from './decode.js';
import { cloudioErrors, inAttributes } from './errors.js';
import { requestLimits } from './schemas.js';
import { comparedValue } from './values.js';

export interface DecodedQuery {
  readonly select: Select;
  /** What an output of the selection is called in the answer. */
  nameOf(output: string): string;
}

/**
 * @throws `cloudio.attribute_unknown` · `cloudio.operator_unknown` · `cloudio.value_invalid` · `cloudio.query_invalid`
 *         and what planning throws, all naming attributes.
 */
export function decodeQuery(body: QueryBody, view: DatasetView, attributes: Attributes): DecodedQuery {
  const columnOf = (name: string) => readableAttribute(attributes, name).column.name;
  const groupNames = unique(body.groupByAttributeCodeList ?? []);
  const groupBy = groupNames.map(columnOf);
  const aggregates = aggregatesOf(body.aggregateList ?? [], groupNames, groupBy, attributes);
  const aliases = new Map(aggregates.map(({ aggregate, alias }) => [alias, aggregate.alias]));
  const isGrouped = groupBy.length > 0 || aggregates.length > 0;
  const projected = unique([...Object.keys(body.projection ?? {}), ...(body.selectAttributeCodeList ?? [])]);
  const chosen = isGrouped ? projected.filter((name) => !aliases.has(name)) : projected;
  if (isGrouped) for (const name of chosen) assertGrouped(name, groupNames, attributes);

  const select: Select = {
    kind: 'select',
    columns: chosen.length > 0 ? chosen.map(columnOf) : isGrouped ? groupBy : null,
    filter: allOf([filterOf(body.filter ?? [], attributes), ...exampleOf(body.data ?? {}, attributes)]),
    groupBy,
    aggregates: aggregates.map(({ aggregate }) => aggregate),
    isDistinct: body.fetchDistinct ?? false,
    orderBy: Object.entries(body.sort ?? {}).map(([name, direction]) => ({
      by: aliases.get(name) ?? columnOf(name),
      direction: direction === 1 ? 'asc' : 'desc',
    })),
    limit: body.limit ?? requestLimits.standardLimit,
    offset: body.offset ?? 0,
    after: null,
  };
  const names = new Map(aggregates.map(({ aggregate, alias }) => [aggregate.alias, alias]));
  const nameOf = (output: string) => names.get(output) ?? attributes.ofColumn(output)?.name ?? output;
  inAttributes(nameOf, () => rehearse(select, view));
  return { select, nameOf };
}

/** What the law will plan later, over the columns the caller may read: it refuses the same. */
function rehearse(select: Select, view: DatasetView): void {
  const relation: Relation = {
    origin: { kind: 'table', schema: '', name: view.dataset.name, isView: true },
    columns: view.columns.filter((column) => column.isReadable),
    ...{ primaryKey: [], uniqueKeys: [], foreignKeys: [], rowEstimate: null },
  };
  planSelect(select, allColumns(relation), relation);
}

interface NamedAggregate {
  readonly alias: string;
  /** Under a name that is no column: the caller's alias never meets the query language. */
  readonly aggregate: Aggregate;
}

const functions: ReadonlyMap<string, { readonly applied: AggregateFunction; readonly ending: string }> = new Map([
  ['SUM', { applied: 'sum', ending: 'Sum' }],
  ['AVG', { applied: 'avg', ending: 'Avg' }],
  ['MIN', { applied: 'min', ending: 'Min' }],
  ['MAX', { applied: 'max', ending: 'Max' }],
  ['COUNT', { applied: 'count', ending: 'Count' }],
  ['COUNT_DISTINCT', { applied: 'count_distinct', ending: 'CountDistinct' }],
]);

/** Members beginning with `_` are ours: `_rs` stands in every row. */
const aliasForm = /^[\p{L}][\p{L}\p{N}_]{0,127}$/u;

function aggregatesOf(
  list: readonly JsonObject[],
  groupNames: readonly string[],
  groupBy: readonly string[],
  attributes: Attributes,
): readonly NamedAggregate[] {
  const taken = new Set(groupNames);
  return list.flatMap(spelledOut).map(({ name, of, alias: asked }, at) => {
    const applied = functions.get(name.toUpperCase());
    if (applied === undefined) throw badAggregate(`Use one of: ${[...functions.keys()].join(', ')}.`);
    const attribute = of === null ? null : readableAttribute(attributes, of);
    if (attribute === null && applied.applied !== 'count') throw badAggregate('Only COUNT needs no attributeCode.');
    const alias = asked ?? (attribute === null ? 'count' : `${attribute.name}${applied.ending}`);
    if (!aliasForm.test(alias)) throw badAggregate('An alias is a letter, then letters, digits and _, at most 128.');
    if (taken.has(alias)) throw badAggregate('Give each aggregate an alias of its own.');
    taken.add(alias);
    const column = attribute?.column.name ?? null;
    return { alias, aggregate: { function: applied.applied, column, alias: freeAlias(at, groupBy) } };
  });
}

function freeAlias(at: number, groupBy: readonly string[]): string {
  let alias = `#${at}`;
  while (groupBy.includes(alias)) alias = `#${alias}`;
  return alias;
}

interface SpelledAggregate {
  readonly name: string;
  /** `null`: rows. */
  readonly of: string | null;
  readonly alias: string | null;
}

/** Both shapes: `{"attributeCode": "salary", "function": "SUM", "alias": "total"}` and `{"SUM": "salary"}`. */
function spelledOut(json: JsonObject): readonly SpelledAggregate[] {
  if (json['function'] === undefined && json['attributeCode'] === undefined) {
    const entries = Object.entries(json).filter(([name]) => name !== 'alias');
    if (entries.length === 0 || (entries.length > 1 && json['alias'] !== undefined)) {
      throw badAggregate('Name a function for each: {"SUM": "salary"}.');
    }
    const alias = textOf(json['alias']);
    return entries.map(([name, of]) => ({ name, of: attributeCode(textOf(of)), alias }));
  }
  const { attributeCode: of, function: name, alias, ...others } = json;
  if (Object.keys(others).length > 0) throw badAggregate('Send only: attributeCode, function, alias.');
  return [{ name: textOf(name) ?? '', of: attributeCode(textOf(of)), alias: textOf(alias) }];
}

function attributeCode(name: string | null): string | null {
  return name === '*' || name === '' ? null : name;
}

function textOf(json: JsonValue | undefined): string | null {
  if (json === undefined || json === null) return null;
  if (typeof json !== 'string') throw badAggregate('Names of functions, attributes and aliases are strings.');
  return json;
}

function badAggregate(fix: string) {
  return cloudioErrors.query_invalid({ details: { field: 'query.aggregateList', fix } });
}

function assertGrouped(name: string, groupNames: readonly string[], attributes: Attributes): void {
  readableAttribute(attributes, name);
  if (groupNames.includes(name)) return;
  const fix = 'Group by it in groupByAttributeCodeList, or leave it out.';
  throw cloudioErrors.query_invalid({ details: { ...namedField(name), fix } });
}

/** Equality by example; what clients keep for themselves in a row is no attribute. */
function exampleOf(example: JsonObject, attributes: Attributes): readonly Filter[] {
  return Object.entries(example).flatMap(([name, json]): Filter[] => {
    if (name.startsWith('_')) return [];
    const attribute = readableAttribute(attributes, name);
    const column = attribute.column.name;
    if (json === null) return [{ kind: 'null', column, isNegated: false }];
    return [{ kind: 'compare', column, operator: 'eq', value: comparedValue(attribute, json) }];
  });
}

function allOf(filters: readonly (Filter | null)[]): Filter | null {
  const flat = filters.flatMap((filter) => (filter === null ? [] : filter.kind === 'and' ? filter.filters : [filter]));
  return flat.length === 0 ? null : flat.length === 1 ? (flat[0] ?? null) : { kind: 'and', filters: flat };
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}
