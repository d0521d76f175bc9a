import { describe, expect, it } from 'vitest';
import { cellOf, filterOf, orderOf } from './question';

const types = new Map([
  ['active', 'boolean'],
  ['name', 'text'],
]);

describe('a question to a dataset', () => {
  it('has no filter without conditions, one condition as it is, and several that all hold', () => {
    expect(filterOf([], types)).toBeUndefined();
    const name = { column: 'name', operator: 'starts', value: 'A' } as const;
    expect(filterOf([name], types)).toBe('{"name":{"starts":"A"}}');
    expect(filterOf([name, { column: 'active', operator: 'eq', value: 'TRUE' }], types)).toBe(
      '{"and":[{"name":{"starts":"A"}},{"active":{"eq":true}}]}',
    );
  });

  it('asks for what is empty without a value', () => {
    expect(filterOf([{ column: 'name', operator: 'notnull', value: 'left over' }], types)).toBe(
      '{"name":{"notnull":true}}',
    );
  });

  it('orders by names that begin with a sign', () => {
    expect(orderOf(null)).toBeUndefined();
    expect(orderOf({ column: 'name', isDescending: true })).toBe('-name');
    expect(orderOf({ column: '-odd', isDescending: false })).toBe('+-odd');
  });

  it('tells null from the text of that name', () => {
    expect(cellOf(null)).toEqual({ text: 'null', isNull: true });
    expect(cellOf('null')).toEqual({ text: 'null', isNull: false });
    expect(cellOf({ a: [1] })).toEqual({ text: '{"a":[1]}', isNull: false });
  });
});
