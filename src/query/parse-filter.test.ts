import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { condition, filterOperators, formatFilter, parseFilter } from './parse-filter.js';
import { type Filter, filterLimits } from './query.js';

const column = fc.oneof(fc.constantFrom('and', 'or', 'not', '__proto__', 'constructor', ''), fc.string());
const value = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null));
const leaf: fc.Arbitrary<Filter> = fc
  .tuple(column, fc.constantFrom(...filterOperators), fc.array(value, { minLength: 2, maxLength: 2 }), value)
  .map(([name, operator, pair, one]) => {
    if (operator === 'null' || operator === 'notnull') return condition(name, operator, true);
    return condition(name, operator, ['in', 'nin', 'between', 'nbetween'].includes(operator) ? pair : one);
  });
const { tree } = fc.letrec<{ tree: Filter }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    leaf,
    fc
      .tuple(fc.constantFrom('and', 'or'), fc.array(tie('tree'), { minLength: 1, maxLength: 3 }))
      .map(([kind, filters]): Filter => ({ kind: kind as 'and' | 'or', filters })),
    tie('tree').map((filter): Filter => ({ kind: 'not', filter })),
  ),
}));

const refusalOf = (json: unknown) => {
  try {
    parseFilter(json);
    return null;
  } catch (error) {
    return error;
  }
};

describe('filters in JSON', () => {
  it('come back the same from what they are written as, whatever columns are called', () => {
    fc.assert(
      fc.property(tree, (filter) => {
        expect(parseFilter(JSON.parse(JSON.stringify(formatFilter(filter))))).toEqual(filter);
      }),
    );
  });

  it('mean all of their members, and all operators of a column', () => {
    expect(parseFilter({ department: { eq: 7 }, salary: { gte: 1, lt: 9 } })).toEqual({
      kind: 'and',
      filters: [
        { kind: 'compare', column: 'department', operator: 'eq', value: 7 },
        { kind: 'compare', column: 'salary', operator: 'gte', value: 1 },
        { kind: 'compare', column: 'salary', operator: 'lt', value: 9 },
      ],
    });
  });

  it('have a word only before a list: a column may be called like one', () => {
    expect(parseFilter({ and: { eq: 1 } })).toEqual({ kind: 'compare', column: 'and', operator: 'eq', value: 1 });
    expect(parseFilter({ not: [{ a: { null: true } }] })).toEqual({
      kind: 'not',
      filter: { kind: 'null', column: 'a', isNegated: false },
    });
  });

  it('turn null and notnull round when they are said to be false', () => {
    expect(parseFilter({ a: { null: false } })).toEqual({ kind: 'null', column: 'a', isNegated: true });
    expect(parseFilter({ a: { notnull: false } })).toEqual({ kind: 'null', column: 'a', isNegated: false });
  });

  it.each([
    ['nothing', null],
    ['a text', 'a = 1'],
    ['a list', [{ a: { eq: 1 } }]],
    ['an empty object', {}],
    ['a value where a condition stands', { a: 1 }],
    ['a condition without an operator', { a: {} }],
    ['an operator nobody knows', { a: { sounds_like: 'x' } }],
    ['an inherited name as an operator', { a: { toString: 1 } }],
    ['a list under a column', { a: [1, 2] }],
    ['an empty list of filters', { or: [] }],
    ['two filters under not', { not: [{ a: { eq: 1 } }, { b: { eq: 1 } }] }],
    ['one end of between', { a: { between: [1] } }],
    ['no list of in', { a: { in: 1 } }],
    ['null of something', { a: { null: 1 } }],
  ])('are refused when they are %s', (_name, json) => {
    expect(refusalOf(json)).toMatchObject({ code: 'query.filter_invalid', details: { field: 'filter' } });
  });

  it('are refused when they are too deep, too many or too long', () => {
    const deep = Array.from({ length: filterLimits.depth }).reduce<unknown>((inner) => ({ not: [inner] }), {
      a: { eq: 1 },
    });
    const many = { or: Array.from({ length: filterLimits.conditions + 1 }, () => ({ a: { eq: 1 } })) };
    const long = { a: { in: Array.from({ length: filterLimits.values + 1 }, () => 1) } };
    for (const json of [deep, many, long]) {
      expect(refusalOf(json)).toMatchObject({ code: 'query.filter_too_large' });
    }
  });
});
