import { describe, expect, test } from 'vitest';
import type { Standing } from '../access/index.js';
import type { Filter, Relation, Select } from '../query/index.js';
import { createPlans } from './plans.js';

const operator: Standing = { kind: 'operator' };
const column = { nativeType: '', length: null, isNullable: false, hasDefault: false, isComputed: false } as const;
const relation: Relation = {
  origin: { kind: 'table', schema: 's', name: 't', isView: false },
  columns: [
    { ...column, name: 'id', type: 'int32' },
    { ...column, name: 'note', type: 'json' },
    { ...column, name: 'weight', type: 'float64' },
  ],
  ...{ primaryKey: ['id'], uniqueKeys: [['id']], foreignKeys: [], rowEstimate: null },
};
const asked = (filter: Filter | null = null): Select => ({
  kind: 'select',
  columns: null,
  filter,
  ...{ groupBy: [], aggregates: [], isDistinct: false, orderBy: [], limit: 10, offset: 0, after: null },
});
const is = (column: string, value: unknown): Filter => ({ kind: 'compare', column, operator: 'eq', value });

describe('a plan', () => {
  test('is made once for the same right, the same table and the same question', () => {
    const plans = createPlans();
    const first = plans.select(operator, relation, asked(is('id', 7)));
    expect(plans.select(operator, relation, asked(is('id', 7)))).toBe(first);
    expect(plans.select(operator, relation, asked(is('id', '7')))).not.toBe(first);
    expect(plans.select(operator, relation, asked(is('id', 8)))).not.toBe(first);
  });

  test('is never the plan of another right or another table, however alike', () => {
    const plans = createPlans();
    const first = plans.select(operator, relation, asked());
    expect(plans.select({ ...operator }, relation, asked())).not.toBe(first);
    expect(plans.select(operator, { ...relation }, asked())).not.toBe(first);
    expect(plans.select(operator, relation, asked())).toBe(first);
  });

  test('of a value that JSON writes like another is made each time', () => {
    const plans = createPlans();
    const plan = (value: unknown) => () => plans.select(operator, relation, asked(is('weight', value)));
    expect(plan(Number.POSITIVE_INFINITY)).toThrow();
    expect(plan(0)().query.where).not.toBe(plan(-0)().query.where);
    expect(plan(-0)()).not.toBe(plan(-0)());
  });
});
