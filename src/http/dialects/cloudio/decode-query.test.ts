import { describe, expect, it } from 'vitest';
import type { ColumnView, DatasetView } from '../../../data/index.js';
import { AppError } from '../../../kernel/errors.js';
import type { CanonicalType, Select } from '../../../query/index.js';
import { parseStrictJsonText } from '../../kit/strict-json.js';
import { attributesOf } from './attributes.js';
import { decodeApiRequest } from './decode.js';
import { decodeQuery } from './decode-query.js';

const column = (name: string, type: CanonicalType, isReadable = true): ColumnView => ({
  ...{ name, type, nativeType: type, length: null, isNullable: true, hasDefault: false, isComputed: false },
  ...{ isReadable, isMasked: false, isInsertable: true, isUpdatable: true },
});
const view: DatasetView = {
  dataset: {
    ...{ id: '1', name: 'Employees', sourceId: '1', sourceName: 'hr', organisationId: '1', createdAtMs: 0 },
    of: { kind: 'table', schema: 'public', name: 'EMPLOYEES' },
  },
  operations: ['query'],
  columns: [
    column('EMP_ID', 'int64'),
    column('NAME', 'text'),
    column('SALARY', 'decimal'),
    column('LAST_UPDATE_DATE', 'timestamptz'),
    column('SECRET', 'text', false),
    column('DOC', 'json'),
  ],
  ...{ primaryKey: ['EMP_ID'], foreignKeys: [], rowEstimate: null },
};
const attributes = attributesOf(view);

function decode(query: string) {
  const [request] = decodeApiRequest(parseStrictJsonText(`{"A":{"ds":"Employees","query":${query}}}`));
  if (request?.kind !== 'query') throw new Error('it is no query');
  return decodeQuery(request.query, view, attributes);
}
const select = (query: string): Select => decode(query).select;
const refused = (query: string) => {
  try {
    decode(query);
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, ...error.details };
  }
  throw new Error('it was taken');
};

describe('a query', () => {
  it('is the documented selection', () => {
    expect(
      select(`{"filter":[{"name":{"is":"Steve"}},{"salary":{"eq":12345}},
        {"lastUpdateDate":{"after":"2020-11-30T23:59:59.999Z"}}],
        "projection":{"name":1},"sort":{"name":1,"lastUpdateDate":-1},"offset":0,"limit":10}`),
    ).toEqual({
      kind: 'select',
      columns: ['NAME'],
      filter: {
        kind: 'and',
        filters: [
          { kind: 'compare', column: 'NAME', operator: 'eq', value: 'Steve' },
          { kind: 'compare', column: 'SALARY', operator: 'eq', value: 12_345 },
          { kind: 'compare', column: 'LAST_UPDATE_DATE', operator: 'gte', value: '2020-11-30T23:59:59.999000Z' },
        ],
      },
      groupBy: [],
      aggregates: [],
      isDistinct: false,
      orderBy: [
        { by: 'NAME', direction: 'asc' },
        { by: 'LAST_UPDATE_DATE', direction: 'desc' },
      ],
      limit: 10,
      offset: 0,
      after: null,
    });
  });

  it('without anything is the first hundred rows of everything that may be read', () => {
    expect(select('{}')).toMatchObject({ columns: null, filter: null, limit: 100, offset: 0, orderBy: [] });
    expect(select('{"limit":0,"offset":7,"params":{"x":[1]},"projection":{},"_id":5}')).toMatchObject({
      ...{ columns: null, limit: 0, offset: 7 },
    });
  });

  it('selects the union of both lists, each attribute once', () => {
    expect(
      select('{"projection":{"salary":1,"name":1},"selectAttributeCodeList":["empId","name","empId"]}').columns,
    ).toEqual(['SALARY', 'NAME', 'EMP_ID']);
  });

  it('takes examples as equality, null as absence, besides every condition', () => {
    expect(select('{"data":{"name":"Steve","salary":null,"_rs":"Q"},"filter":[{"empId":{"gt":1}}]}').filter).toEqual({
      kind: 'and',
      filters: [
        { kind: 'compare', column: 'EMP_ID', operator: 'gt', value: 1 },
        { kind: 'compare', column: 'NAME', operator: 'eq', value: 'Steve' },
        { kind: 'null', column: 'SALARY', isNegated: false },
      ],
    });
  });

  it('is distinct over the projection', () => {
    expect(select('{"fetchDistinct":true,"projection":{"name":1}}')).toMatchObject({
      ...{ isDistinct: true, columns: ['NAME'] },
    });
  });
});

describe('aggregates', () => {
  it('come in both shapes, and the caller’s alias is not what the statement is made with', () => {
    const decoded = decode(`{"groupByAttributeCodeList":["name"],"sort":{"salarySum":-1,"name":1},
      "aggregateList":[{"attributeCode":"salary","function":"SUM","alias":"salarySum"},{"MAX":"salary"},
      {"function":"count"},{"COUNT_DISTINCT":"empId","alias":"people"}]}`);
    expect(decoded.select).toMatchObject({
      columns: ['NAME'],
      groupBy: ['NAME'],
      aggregates: [
        { function: 'sum', column: 'SALARY', alias: '#0' },
        { function: 'max', column: 'SALARY', alias: '#1' },
        { function: 'count', column: null, alias: '#2' },
        { function: 'count_distinct', column: 'EMP_ID', alias: '#3' },
      ],
      orderBy: [
        { by: '#0', direction: 'desc' },
        { by: 'NAME', direction: 'asc' },
      ],
    });
    expect(['NAME', '#0', '#1', '#2', '#3'].map(decoded.nameOf)).toEqual([
      'name',
      'salarySum',
      'salaryMax',
      'count',
      'people',
    ]);
  });

  it('may be named in the projection, and stand alone', () => {
    expect(select('{"projection":{"total":1},"aggregateList":[{"SUM":"salary","alias":"total"}]}')).toMatchObject({
      ...{ columns: [], groupBy: [], aggregates: [{ function: 'sum', column: 'SALARY', alias: '#0' }] },
    });
  });

  it('need not be there: groups alone are their keys', () => {
    expect(select('{"groupByAttributeCodeList":["name","salary"]}')).toMatchObject({
      ...{ columns: ['NAME', 'SALARY'], groupBy: ['NAME', 'SALARY'], aggregates: [] },
    });
  });
});

describe('a query is refused', () => {
  it.each<[string, string, string | undefined]>([
    ['{"projection":{"nmae":1}}', 'cloudio.attribute_unknown', 'nmae'],
    ['{"projection":{"secret":1}}', 'cloudio.attribute_unknown', 'secret'],
    ['{"selectAttributeCodeList":["NAME"]}', 'cloudio.attribute_unknown', 'NAME'],
    ['{"sort":{"secret":1}}', 'cloudio.attribute_unknown', 'secret'],
    ['{"sort":{"name; DROP TABLE x":1}}', 'cloudio.attribute_unknown', undefined],
    ['{"data":{"secret":"x"}}', 'cloudio.attribute_unknown', 'secret'],
    ['{"data":{"name":1}}', 'cloudio.value_invalid', 'name'],
    ['{"data":{"name":["x"]}}', 'cloudio.value_invalid', 'name'],
    ['{"groupByAttributeCodeList":["secret"]}', 'cloudio.attribute_unknown', 'secret'],
    ['{"groupByAttributeCodeList":["name"],"projection":{"salary":1}}', 'cloudio.query_invalid', 'salary'],
    ['{"aggregateList":[{"SUM":"secret"}]}', 'cloudio.attribute_unknown', 'secret'],
    ['{"aggregateList":[{"SUM":"salary"},{"SUM":"salary"}]}', 'cloudio.query_invalid', 'query.aggregateList'],
    ['{"aggregateList":[{"MEDIAN":"salary"}]}', 'cloudio.query_invalid', 'query.aggregateList'],
    ['{"aggregateList":[{}]}', 'cloudio.query_invalid', 'query.aggregateList'],
    ['{"aggregateList":[{"SUM":"*"}]}', 'cloudio.query_invalid', 'query.aggregateList'],
    ['{"aggregateList":[{"SUM":1}]}', 'cloudio.query_invalid', 'query.aggregateList'],
    ['{"aggregateList":[{"SUM":"salary","alias":"a\\" FROM x"}]}', 'cloudio.query_invalid', 'query.aggregateList'],
    ['{"aggregateList":[{"SUM":"salary","alias":"_rs"}]}', 'cloudio.query_invalid', 'query.aggregateList'],
    ['{"aggregateList":[{"SUM":"salary","MAX":"salary","alias":"a"}]}', 'cloudio.query_invalid', 'query.aggregateList'],
    [
      '{"aggregateList":[{"attributeCode":"salary","function":"SUM","distinct":true}]}',
      'cloudio.query_invalid',
      'query.aggregateList',
    ],
    [
      '{"groupByAttributeCodeList":["name"],"aggregateList":[{"SUM":"salary","alias":"name"}]}',
      'cloudio.query_invalid',
      'query.aggregateList',
    ],
    ['{"aggregateList":[{"SUM":"name"}]}', 'query.operator_unsupported', 'name'],
    ['{"fetchDistinct":true,"projection":{"name":1},"sort":{"salary":1}}', 'query.order_invalid', 'salary'],
    ['{"sort":{"doc":1}}', 'query.order_invalid', 'doc'],
    ['{"filter":[{"empId":{"eq":1.5}}]}', 'query.value_invalid', 'empId'],
    ['{"filter":[{"empId":{"eq":"99999999999999999999"}}]}', 'query.value_invalid', 'empId'],
    ['{"filter":[{"doc":{"is":"x"}}]}', 'query.operator_unsupported', 'doc'],
    ['{"filter":[{"name":{"is":"a\\u0000b"}}]}', 'query.value_invalid', 'name'],
    ['{"limit":-1}', 'http.field_invalid', 'query.limit'],
    ['{"limit":1.5}', 'http.field_invalid', 'query.limit'],
    ['{"limit":"10; DROP TABLE x"}', 'http.field_invalid', 'query.limit'],
    ['{"limit":10001}', 'http.field_invalid', 'query.limit'],
    ['{"offset":9007199254740993}', 'http.field_invalid', 'query.offset'],
    ['{"projection":{"name":0}}', 'http.field_invalid', 'query.projection'],
    ['{"projection":{"name":true}}', 'http.field_invalid', 'query.projection'],
    ['{"sort":{"name":"ASC"}}', 'http.field_invalid', 'query.sort'],
    ['{"filters":[{"name":{"is":"x"}}]}', 'http.member_unknown', 'query'],
    ['[]', 'http.field_invalid', 'query'],
  ])('%s', (query, code, field) => {
    const { fix, ...refusal } = refused(query);
    expect({ code: refusal.code, field: refusal.field }).toEqual({ code, field });
    if (!code.startsWith('query.')) expect(fix).toMatch(/\.$/);
  });
});
