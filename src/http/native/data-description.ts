/** Reading under `/data/v1` in words and shapes; writing stands in `data-write-description.ts`. @module */
import Type from 'typebox';
import { canonicalTypes, operations } from '../../query/index.js';
import type { DescribedParameter, Description } from '../kit/description.js';
import { nullable, pageOf, pageParameters, wordOf } from '../kit/schemas.js';
import { pageLimits } from './data-query.js';

const text = Type.String();

const place = {
  name: text,
  source: Type.String({ description: 'Name of its source.' }),
  kind: wordOf(['table', 'query']),
  schema: nullable(text),
  table: nullable(Type.String({ description: 'Null for a named query.' })),
  path: Type.String({ description: 'Where its rows are: `/data/v1/sample/Employees`.' }),
};
const grantedDataset = Type.Object(place, { $id: 'GrantedDataset' });
const datasetView = Type.Object(
  {
    ...place,
    operations: Type.Array(Type.Enum([...operations], { $id: 'Operation', type: 'string' }), {
      description: 'What the caller may do with it.',
    }),
    columns: Type.Array(
      Type.Object(
        {
          name: text,
          type: Type.Enum([...canonicalTypes], { $id: 'CanonicalType', type: 'string' }),
          nativeType: Type.String({ description: 'As the engine writes it: `numeric(10,2)`.' }),
          length: nullable(Type.Integer()),
          isNullable: Type.Boolean(),
          hasDefault: Type.Boolean(),
          isComputed: Type.Boolean(),
          isReadable: Type.Boolean(),
          isMasked: Type.Boolean({ description: 'Some grant shows a mask in its place.' }),
          isInsertable: Type.Boolean(),
          isUpdatable: Type.Boolean(),
        },
        { $id: 'GrantedColumn' },
      ),
      { description: 'Those that the caller may read or write.' },
    ),
    primaryKey: Type.Array(text, { description: 'Empty where there is none, or the caller may not know all of it.' }),
  },
  { $id: 'DatasetView' },
);

/** A row: what its members are is for the table to say. */
export const row = Type.Record(Type.String(), Type.Unknown(), {
  $id: 'Row',
  description: 'By column. Numbers that a double does not hold exactly come as texts.',
});
const rowPage = Type.Object(
  {
    data: Type.Array(row),
    nextCursor: nullable(text),
    total: Type.Optional(Type.Integer({ description: 'Rows of all pages, where `count` asked for it.' })),
    isTotalEstimated: Type.Optional(Type.Boolean()),
  },
  { $id: 'RowPage' },
);
const rowCount = Type.Object({ count: Type.Integer(), isEstimate: Type.Boolean() }, { $id: 'RowCount' });

export const datasetParameters: Readonly<Record<'source' | 'object', DescribedParameter>> = {
  source: { schema: text, text: 'Name or id of the source.', isRequired: true, example: 'sample' },
  object: {
    schema: text,
    text: 'Name of the dataset, or `schema.table`, or the table alone where that is one dataset.',
    isRequired: true,
    example: 'Employees',
  },
};
export const keyParameter: DescribedParameter = {
  schema: text,
  text: 'The primary key: `7`, or `7,EUR` where it has several columns; or as a JSON array.',
  isRequired: true,
  example: '7',
};
export const filterParameter: DescribedParameter = {
  schema: text,
  text:
    'Conditions as JSON: `{"column": {"operator": value}}`. Operators are `eq`, `ne`, `gt`, `gte`, `lt`, `lte`, `in`, ' +
    '`nin`, `between`, `nbetween`, `null`, `notnull`, `contains`, `ncontains`, `starts`, `nstarts`, `ends`, `nends`; ' +
    '`and`, `or` and `not` take a list of filters.',
  example: '{"salary":{"gte":200},"name":{"starts":"A"}}',
};

const select: DescribedParameter = {
  schema: text,
  text: 'Columns, in this order, with commas between or as a JSON array; every readable one without it.',
  example: 'name,salary',
};
const embed: DescribedParameter = {
  schema: text,
  text: 'Rows of other datasets along foreign keys: `departments(name,location)`, `boss:employees!manager_id(name)`.',
};
const counted = wordOf(['exact', 'estimate']);
const json = 'application/json';
const tag = 'Data';
const one = '/data/v1/:source/:object';
/** What is unknown and what is not granted are one answer. */
export const dataRefusals = [
  ...['data.dataset_denied', 'query.unknown_column', 'query.filter_invalid', 'query.value_invalid'],
  ...['query.operator_unsupported', 'sources.unreachable', 'sources.pool_exhausted', 'sources.query_timeout'],
];

export const dataDescriptions: readonly Description[] = [
  {
    ...{ method: 'GET', path: '/data/v1', id: 'listGrantedDatasets', tag, summary: 'List the datasets one may use' },
    query: { source: { schema: text, text: 'Name or id: only those of this source.' }, ...pageParameters },
    answers: {
      200: {
        text: 'A page of datasets.',
        content: { [json]: { schema: pageOf('GrantedDatasetPage', grantedDataset) } },
      },
    },
  },
  {
    ...{ method: 'GET', path: one, id: 'listRows', tag, summary: 'List rows' },
    text:
      'One page as JSON; everything as lines (`application/x-ndjson`) or CSV (`text/csv`), as fast as it is taken. What ' +
      'nobody granted and what does not exist are one answer.',
    params: datasetParameters,
    query: {
      select,
      filter: filterParameter,
      order: {
        schema: text,
        text: 'Columns with commas between; `-` before one is descending. Nulls come last.',
        example: '-salary,name',
      },
      group: { schema: text, text: 'Columns to group by.' },
      aggregate: { schema: text, text: '`total:sum(salary),n:count()`; sum, avg, min, max, count, count_distinct.' },
      distinct: { schema: wordOf(['true', 'false']), text: 'No row twice.' },
      limit: {
        schema: Type.Integer({ minimum: 0, default: pageLimits.standard }),
        text: `Rows at most: up to ${pageLimits.most.toLocaleString('en')} of a page; lines and CSV have all without it.`,
        example: 5,
      },
      offset: { schema: Type.Integer({ minimum: 0 }), text: 'Rows to leave out, instead of a cursor.' },
      cursor: { schema: text, text: 'The `nextCursor` of the page before, with the same query besides.' },
      count: { schema: counted, text: 'Adds `total` to a page of JSON.' },
      embed,
    },
    answers: {
      200: {
        text: 'The rows.',
        content: {
          [json]: { schema: rowPage },
          'application/x-ndjson': { schema: row },
          'text/csv': { schema: Type.String() },
        },
      },
    },
    refusals: [
      ...[...dataRefusals, 'query.order_invalid', 'query.grouping_invalid', 'query.page_invalid'],
      'sources.result_too_large',
    ],
  },
  {
    ...{ method: 'GET', path: `${one}/describe`, id: 'describeDataset', tag, summary: 'Describe a dataset' },
    params: datasetParameters,
    answers: { 200: { text: 'What the caller may do with it.', content: { [json]: { schema: datasetView } } } },
    refusals: ['data.dataset_denied', 'data.dataset_ambiguous', 'data.relation_gone'],
  },
  {
    ...{ method: 'GET', path: `${one}/count`, id: 'countRows', tag, summary: 'Count rows' },
    params: datasetParameters,
    query: {
      filter: filterParameter,
      count: { schema: counted, text: 'An estimate is the server’s, where it has one.' },
    },
    answers: { 200: { text: 'How many.', content: { [json]: { schema: rowCount } } } },
    refusals: dataRefusals,
  },
  {
    ...{ method: 'GET', path: `${one}/:key`, id: 'showRow', tag, summary: 'Show a row' },
    params: { ...datasetParameters, key: keyParameter },
    query: { select, embed },
    headers: { 'If-None-Match': { schema: text, text: 'The `ETag` of the row as it was seen.' } },
    answers: {
      200: {
        text: 'The row.',
        content: { [json]: { schema: row } },
        headers: { ETag: { schema: text, text: 'Of all its columns that may be read.' } },
      },
      304: { text: 'It is as it was.' },
    },
    refusals: ['data.row_not_found', ...dataRefusals],
  },
];
