import { describe, expect, it } from 'vitest';
import type { ColumnView } from '../../../data/index.js';
import { AppError } from '../../../kernel/errors.js';
import { allColumns, type CanonicalType, planFilter } from '../../../query/index.js';
import { parseStrictJsonText } from '../../kit/strict-json.js';
import { attributesOf } from './attributes.js';
import { filterOf } from './conditions.js';

const column = (name: string, type: CanonicalType, isReadable = true): ColumnView => ({
  ...{ name, type, nativeType: type, length: null, isNullable: true, hasDefault: false, isComputed: false },
  ...{ isReadable, isMasked: false, isInsertable: true, isUpdatable: true },
});
const columns = [
  column('NAME', 'text'),
  column('SALARY', 'decimal'),
  column('BIG', 'int64'),
  column('SHARE', 'float64'),
  column('BORN', 'date'),
  column('SEEN', 'timestamp'),
  column('AT', 'timestamptz'),
  column('LAST_UPDATE_DATE', 'text'),
  column('ACTIVE', 'boolean'),
  column('TAG', 'uuid'),
  column('SECRET', 'text', false),
];
const attributes = attributesOf({ columns });
const relation = {
  origin: { kind: 'table', schema: 's', name: 't', isView: false },
  columns,
  ...{ primaryKey: [], uniqueKeys: [], foreignKeys: [], rowEstimate: null },
} as const;

const filter = (...conditions: string[]) => filterOf(conditions.map(parseStrictJsonText), attributes);
const refused = (condition: string): AppError => {
  try {
    filter(condition);
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('it was taken');
};

const compare = (name: string, operator: string, value: unknown) => ({
  kind: 'compare',
  column: name,
  operator,
  value,
});
const text = (match: string, part: string, isNegated = false) => ({
  ...{ kind: 'text', column: 'NAME', match, isNegated, text: part },
});

describe('an operator', () => {
  it.each<[string, unknown]>([
    ['{"name":{"is":"Steve"}}', compare('NAME', 'eq', 'Steve')],
    ['{"name":{"eq":"Steve"}}', compare('NAME', 'eq', 'Steve')],
    ['{"name":{"not":"Steve"}}', compare('NAME', 'ne', 'Steve')],
    ['{"name":{"ne":"Steve"}}', compare('NAME', 'ne', 'Steve')],
    ['{"name":{"empty":""}}', { kind: 'null', column: 'NAME', isNegated: false }],
    ['{"name":{"notEmpty":""}}', { kind: 'null', column: 'NAME', isNegated: true }],
    ['{"salary":{"null":1}}', { kind: 'null', column: 'SALARY', isNegated: false }],
    ['{"salary":{"notNull":1}}', { kind: 'null', column: 'SALARY', isNegated: true }],
    ['{"name":{"like":"50%_\\\\"}}', text('contains', '50%_\\')],
    ['{"name":{"nct":"x"}}', text('contains', 'x', true)],
    ['{"name":{"sw":"St"}}', text('starts', 'St')],
    ['{"name":{"ew":"ve"}}', text('ends', 've')],
    ['{"name":{"in":["a","b"]}}', { kind: 'in', column: 'NAME', isNegated: false, values: ['a', 'b'] }],
    ['{"name":{"in":[]}}', { kind: 'in', column: 'NAME', isNegated: false, values: [] }],
    ['{"name":{"nin":[]}}', { kind: 'in', column: 'NAME', isNegated: true, values: [] }],
    ['{"name":{"hasAll":["a","b"]}}', { kind: 'and', filters: [text('contains', 'a'), text('contains', 'b')] }],
    ['{"name":{"hasAny":["a","b"]}}', { kind: 'or', filters: [text('contains', 'a'), text('contains', 'b')] }],
    [
      '{"name":{"notAny":["a","b"]}}',
      { kind: 'and', filters: [text('contains', 'a', true), text('contains', 'b', true)] },
    ],
    ['{"name":{"hasAny":["a"]}}', text('contains', 'a')],
    ['{"name":{"hasAll":[]}}', { kind: 'in', column: 'NAME', isNegated: true, values: [] }],
    ['{"name":{"hasAny":[]}}', { kind: 'in', column: 'NAME', isNegated: false, values: [] }],
    ['{"name":{"notAny":[]}}', { kind: 'in', column: 'NAME', isNegated: true, values: [] }],
    ['{"salary":{"eq":12345}}', compare('SALARY', 'eq', 12_345)],
    ['{"salary":{"is":"12345.678901234567890"}}', compare('SALARY', 'eq', '12345.678901234567890')],
    ['{"salary":{"ne":1}}', compare('SALARY', 'ne', 1)],
    ['{"salary":{"gt":1}}', compare('SALARY', 'gt', 1)],
    ['{"salary":{"gte":1}}', compare('SALARY', 'gte', 1)],
    ['{"salary":{"lt":1}}', compare('SALARY', 'lt', 1)],
    ['{"salary":{"lte":1}}', compare('SALARY', 'lte', 1)],
    ['{"salary":{"nin":[1,2]}}', { kind: 'in', column: 'SALARY', isNegated: true, values: [1, 2] }],
    ['{"salary":{"bn":[1,2]}}', { kind: 'between', column: 'SALARY', isNegated: false, from: 1, to: 2 }],
    ['{"salary":{"nbn":[1,2]}}', { kind: 'between', column: 'SALARY', isNegated: true, from: 1, to: 2 }],
    ['{"big":{"eq":"9007199254740993"}}', compare('BIG', 'eq', '9007199254740993')],
    ['{"share":{"eq":9007199254740993}}', compare('SHARE', 'eq', 9_007_199_254_740_992)],
    ['{"active":{"is":true}}', compare('ACTIVE', 'eq', true)],
    ['{"tag":{"is":"x"}}', compare('TAG', 'eq', 'x')],
    ['{"at":{"after":"2020-11-30T23:59:59.999Z"}}', compare('AT', 'gte', '2020-11-30T23:59:59.999000Z')],
    ['{"at":{"before":"2020-11-30T23:59:59+02:00"}}', compare('AT', 'lte', '2020-11-30T21:59:59.000000Z')],
    ['{"seen":{"is":"2020-11-30T23:59:59Z"}}', compare('SEEN', 'eq', '2020-11-30T23:59:59.000000')],
    [
      '{"seen":{"bn":["2020-01-01","2020-01-02"]}}',
      {
        ...{ kind: 'between', column: 'SEEN', isNegated: false },
        ...{ from: '2020-01-01T00:00:00.000000', to: '2020-01-02T00:00:00.000000' },
      },
    ],
    [
      '{"lastUpdateDate":{"after":"2020-11-30T23:59:59.999Z"}}',
      compare('LAST_UPDATE_DATE', 'gte', '2020-11-30T23:59:59.999000Z'),
    ],
    ['{"born":{"after":"2020-11-30"}}', compare('BORN', 'gte', '2020-11-30')],
    ['{"born":{"after":"2020-11-30T23:59:59.999Z"}}', compare('BORN', 'gt', '2020-11-30')],
    ['{"born":{"before":"2020-11-30T23:59:59.999Z"}}', compare('BORN', 'lte', '2020-11-30')],
    ['{"born":{"is":"2020-11-30T00:00:00.000Z"}}', compare('BORN', 'eq', '2020-11-30')],
  ])('%s becomes a condition', (json, expected) => {
    const made = filter(json);
    expect(made).toEqual(expected);
    if (made !== null && !json.includes('"x"}')) {
      expect(() => planFilter(made, allColumns(relation))).not.toThrow();
    }
  });

  it.each([
    ['{"name":{"gt":"a"}}', 'cloudio.operator_unknown', 'name'],
    ['{"name":{"IS":"a"}}', 'cloudio.operator_unknown', 'name'],
    ['{"name":{"toString":"a"}}', 'cloudio.operator_unknown', 'name'],
    ['{"salary":{"like":"a"}}', 'cloudio.operator_unknown', 'salary'],
    ['{"at":{"gt":"2020-01-01"}}', 'cloudio.operator_unknown', 'at'],
    ['{"at":{"nbn":["2020-01-01","2020-01-02"]}}', 'cloudio.operator_unknown', 'at'],
    ['{"name":{"is":1}}', 'cloudio.value_invalid', 'name'],
    ['{"name":{"is":null}}', 'cloudio.value_invalid', 'name'],
    ['{"name":{"is":{"a":1}}}', 'cloudio.value_invalid', 'name'],
    ['{"name":{"in":"a"}}', 'cloudio.value_invalid', 'name'],
    ['{"name":{"in":["a",null]}}', 'cloudio.value_invalid', 'name'],
    ['{"name":{"hasAny":"a"}}', 'cloudio.value_invalid', 'name'],
    ['{"salary":{"eq":"1e5"}}', 'cloudio.value_invalid', 'salary'],
    ['{"salary":{"eq":"1; DROP TABLE x"}}', 'cloudio.value_invalid', 'salary'],
    ['{"salary":{"eq":true}}', 'cloudio.value_invalid', 'salary'],
    ['{"salary":{"bn":[1]}}', 'cloudio.value_invalid', 'salary'],
    ['{"salary":{"bn":[1,2,3]}}', 'cloudio.value_invalid', 'salary'],
    ['{"big":{"eq":9007199254740993}}', 'cloudio.value_invalid', 'big'],
    ['{"share":{"eq":"0.5"}}', 'cloudio.value_invalid', 'share'],
    ['{"active":{"is":"Y"}}', 'cloudio.value_invalid', 'active'],
    ['{"at":{"after":"yesterday"}}', 'cloudio.value_invalid', 'at'],
    ['{"at":{"after":1606780799999}}', 'cloudio.value_invalid', 'at'],
    ['{"at":{"after":"2021-02-30"}}', 'cloudio.value_invalid', 'at'],
    ['{"tag":{"is":["x"]}}', 'cloudio.value_invalid', 'tag'],
    ['{"nmae":{"is":"a"}}', 'cloudio.attribute_unknown', 'nmae'],
    ['{"NAME":{"is":"a"}}', 'cloudio.attribute_unknown', 'NAME'],
    ['{"secret":{"is":"a"}}', 'cloudio.attribute_unknown', 'secret'],
    ['{"hasOwnProperty":{"is":"a"}}', 'cloudio.attribute_unknown', 'hasOwnProperty'],
    ['{"x\\u0007":{"is":"a"}}', 'cloudio.attribute_unknown', undefined],
  ])('%s is refused with %s', (json, code, field) => {
    const error = refused(json);
    expect({ code: error.code, field: error.details.field }).toEqual({ code, field });
    expect(error.details.fix).toMatch(/^.+\.$/);
  });
});

describe('conditions', () => {
  it('in one object, in one attribute and in the list all hold', () => {
    expect(filter('{"name":{"sw":"a","ew":"b"},"salary":{"gt":1}}', '{"salary":{"lt":9}}')).toEqual({
      kind: 'and',
      filters: [text('starts', 'a'), text('ends', 'b'), compare('SALARY', 'gt', 1), compare('SALARY', 'lt', 9)],
    });
  });

  it('nest in groups, whose words are known in every spelling', () => {
    for (const [and, or] of [
      ['and', 'or'],
      ['AND', 'Or'],
      ['_and', '_OR'],
    ]) {
      expect(filter(`{"${or}":[{"name":{"is":"a"}},{"${and}":[{"salary":{"gt":1}},{"salary":{"lt":9}}]}]}`)).toEqual({
        kind: 'or',
        filters: [
          compare('NAME', 'eq', 'a'),
          { kind: 'and', filters: [compare('SALARY', 'gt', 1), compare('SALARY', 'lt', 9)] },
        ],
      });
    }
  });

  it('of no list ask nothing', () => {
    expect(filter()).toBeNull();
  });
});
