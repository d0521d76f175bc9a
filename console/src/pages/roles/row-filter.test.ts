import { describe, expect, it } from 'vitest';
import {
  fromJson,
  newCondition,
  newGroup,
  operatorsFor,
  put,
  readFilterText,
  readScalar,
  toJson,
  withOperator,
} from './row-filter';

describe('JSON that is read and written again', () => {
  it.each([
    [{ department_id: { eq: 2 } }],
    [{ country: { eq: 'FR' }, name: { starts: 'A' } }],
    [{ or: [{ a: { gt: 1 } }, { b: { in: ['x', 'y'] } }] }],
    [{ not: [{ a: { between: [1, 5] } }] }],
    [{ not: [{ or: [{ a: { null: true } }, { b: { notnull: true } }] }] }],
    [{ and: [{ a: { gt: 1 } }, { a: { lt: 9 } }] }],
    [{ owner: { eq: '$user' }, region: { nin: ['$claims.region'] } }],
    [{ and: { eq: 1 } }],
    [{ or: [{ a: { eq: true } }, { b: { eq: 1 }, not: [{ c: { eq: 2 } }] }] }],
  ])('%j stays what it is', (json) => {
    expect(toJson(fromJson(json))).toEqual(json);
  });

  it.each([
    [{ a: { gt: 1, lt: 9 } }, { and: [{ a: { gt: 1 } }, { a: { lt: 9 } }] }],
    [{ a: { null: false } }, { a: { notnull: true } }],
    [{ a: { notnull: false } }, { a: { null: true } }],
    [{ and: [{ a: { eq: 1 } }, { b: { eq: 2 } }] }, { a: { eq: 1 }, b: { eq: 2 } }],
    [{ or: [{ a: { eq: 1 } }] }, { a: { eq: 1 } }],
    [
      { and: [{ a: { eq: 1 } }, { or: [{ b: { eq: 2 } }, { c: { eq: 3 } }] }] },
      { a: { eq: 1 }, or: [{ b: { eq: 2 } }, { c: { eq: 3 } }] },
    ],
    [
      { and: [{ or: [{ a: { eq: 1 } }, { b: { eq: 2 } }] }, { or: [{ c: { eq: 3 } }, { d: { eq: 4 } }] }] },
      { and: [{ or: [{ a: { eq: 1 } }, { b: { eq: 2 } }] }, { or: [{ c: { eq: 3 } }, { d: { eq: 4 } }] }] },
    ],
  ])('%j means %j', (json, same) => {
    expect(toJson(fromJson(json))).toEqual(same);
  });
});

describe('what is no filter is told', () => {
  it.each([
    ['nonsense', /no JSON/],
    ['[]', /as an object/],
    ['{}', /leave it out/],
    ['{"a": 1}', /operator/],
    ['{"a": {}}', /no operator/],
    ['{"a": {"like": "x"}}', /is no operator/],
    ['{"a": {"in": "x"}}', /a list/],
    ['{"a": {"between": [1]}}', /from and to/],
    ['{"a": {"eq": null}}', /empty/],
    ['{"or": []}', /at least one/],
    ['{"not": [{"a": {"eq": 1}}, {"b": {"eq": 1}}]}', /one filter/],
    ['{"xor": [{"a": {"eq": 1}}]}', /Only and, or and not/],
  ])('%s', (text, words) => {
    const read = readFilterText(text);
    expect('fault' in read ? read.fault : 'read').toMatch(words);
  });

  it('an empty text is no filter at all', () => {
    const read = readFilterText('  ');
    expect('group' in read && toJson(read.group)).toBeNull();
  });
});

describe('building', () => {
  it('replaces and removes where the node stands, however deep', () => {
    const inner = newCondition('a');
    const tree = newGroup('and', [newGroup('or', [inner, newCondition('b')])]);
    const changed = put(tree, inner.id, { ...inner, values: [7] });
    expect(toJson(changed)).toEqual({ or: [{ a: { eq: 7 } }, { b: { eq: '' } }] });
    expect(toJson(put(tree, inner.id, null))).toEqual({ b: { eq: '' } });
  });

  it('groups without a condition say nothing', () => {
    expect(toJson(newGroup('and', [newGroup('or'), newGroup('nor')]))).toBeNull();
  });

  it('keeps the values that another operator can use', () => {
    const one = { ...newCondition('a'), values: [5] };
    expect(withOperator(one, 'between').values).toEqual([5, '']);
    expect(withOperator(one, 'in').values).toEqual([5]);
    expect(withOperator(withOperator(one, 'null'), 'in').values).toEqual([]);
  });

  it.each([
    ['2', 'int32', 2],
    ['2.50', 'decimal', '2.50'],
    ['9007199254740993', 'int64', '9007199254740993'],
    ['true', 'boolean', true],
    ['true', 'text', 'true'],
    ['$claims.level', 'int32', '$claims.level'],
    ['', 'int32', ''],
  ])('reads %s for %s without losing anything', (text, type, value) => {
    expect(readScalar(text, type)).toBe(value);
  });

  it('offers only what the type can answer', () => {
    expect(operatorsFor('json')).toEqual(['null', 'notnull']);
    expect(operatorsFor('boolean')).not.toContain('gt');
    expect(operatorsFor('int32')).not.toContain('starts');
    expect(operatorsFor('text')).toContain('starts');
    expect(operatorsFor(null)).toContain('nends');
  });
});
