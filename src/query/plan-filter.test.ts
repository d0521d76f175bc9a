import { describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.js';
import type { Predicate } from './algebra.js';
import { planFilter } from './plan-filter.js';
import type { Filter } from './query.js';
import { type CanonicalType, type Column, canonicalTypes, type Relation } from './relation.js';
import { allColumns } from './visible.js';

const columns = canonicalTypes.map((type): Column => {
  const common = { length: null, isNullable: true, hasDefault: false, isComputed: false };
  return { name: type, type, nativeType: `native ${type}`, ...common };
});
const relation: Relation = {
  origin: { kind: 'table', schema: 's', name: 't', isView: false },
  columns,
  primaryKey: [],
  uniqueKeys: [],
  foreignKeys: [],
  rowEstimate: null,
};
const visible = allColumns(relation);

function plan(filter: unknown): Predicate {
  return planFilter(filter as Filter, visible);
}

function refusal(filter: unknown): { code: string; field: string | undefined } {
  try {
    plan(filter);
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, field: error.details.field };
    throw error;
  }
  throw new Error('it was taken');
}

const eq = (column: string, value: unknown) => ({ kind: 'compare', column, operator: 'eq', value });
const deep = (levels: number): unknown => (levels === 1 ? eq('text', 'x') : { kind: 'not', filter: deep(levels - 1) });

describe('filters planned', () => {
  it('a condition is about the column of that name, and its value has that column’s type', () => {
    expect(plan(eq('int32', 5))).toEqual({
      kind: 'compare',
      left: { kind: 'column', column: columns.find(({ name }) => name === 'int32') },
      operator: 'eq',
      right: { type: 'int32', nativeType: 'native int32', text: '5' },
    });
  });

  it('names that are not columns are unknown, those of every object too', () => {
    for (const column of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'TEXT', 'text ', '"text"', '']) {
      expect(refusal(eq(column, 'x')).code).toBe('query.unknown_column');
    }
    for (const column of [null, 1, ['text'], { toString: () => 'text' }, undefined]) {
      expect(refusal({ ...eq('', 'x'), column })).toEqual({ code: 'query.unknown_column', field: undefined });
    }
  });

  it('a name that is not fit to be shown is not repeated', () => {
    expect(refusal(eq('nope', 'x')).field).toBe('nope');
    for (const column of ['x'.repeat(10_000_000), 'a\nb', 'a\u202eb', '\ud800', 'a b']) {
      expect(refusal(eq(column, 'x')).field).toBeUndefined();
    }
  });

  it('what makes no sense is refused before it is looked at further', () => {
    const senseless: unknown[] = [
      ...[null, undefined, 'and', 7, [], {}, { kind: 'AND', filters: [] }, { kind: 'raw', sql: '1=1' }],
      ...[{ kind: 'and', filters: [] }, { kind: 'or', filters: {} }, { kind: 'and' }, { kind: 'not' }],
      ...[{ kind: 'constructor' }, { kind: '__proto__' }, { ...eq('text', 'x'), operator: '=' }],
      ...[
        { ...eq('text', 'x'), operator: 'eq; --' },
        { ...eq('text', 'x'), operator: ['eq'] },
      ],
      { kind: 'in', column: 'text', isNegated: false, values: 'x' },
      { kind: 'in', column: 'text', isNegated: 'no', values: ['x'] },
      { kind: 'null', column: 'text' },
      { kind: 'text', column: 'text', isNegated: false, match: 'regex', text: 'x' },
    ];
    for (const filter of senseless) expect(refusal(filter).code).toBe('query.filter_invalid');
  });

  it('nothing compares with null, in no place where a value stands', () => {
    const withNull: unknown[] = [
      eq('text', null),
      { kind: 'in', column: 'text', isNegated: false, values: ['x', null] },
      { kind: 'between', column: 'int32', isNegated: false, from: 1, to: null },
      { kind: 'text', column: 'text', isNegated: false, match: 'contains', text: null },
    ];
    for (const filter of withNull) expect(refusal(filter).code).toBe('query.filter_invalid');
  });

  it('depth, conditions and values are bounded', () => {
    const many = (count: number) => ({ kind: 'or', filters: Array.from({ length: count }, () => eq('int32', 1)) });
    const list = (count: number) => ({ kind: 'in', column: 'int32', isNegated: false, values: Array(count).fill(1) });
    expect(plan(deep(10)).kind).toBe('not');
    expect(refusal(deep(11)).code).toBe('query.filter_too_large');
    expect(refusal(deep(5_000)).code).toBe('query.filter_too_large');
    expect(plan(many(499)).kind).toBe('or');
    expect(refusal(many(500)).code).toBe('query.filter_too_large');
    expect(refusal(many(1_000_000)).code).toBe('query.filter_too_large');
    expect(plan(list(1_000)).kind).toBe('in');
    expect(refusal(list(1_001)).code).toBe('query.filter_too_large');
    expect(refusal({ kind: 'and', filters: Array(6).fill(list(1_000)) }).code).toBe('query.filter_too_large');
  });

  it('an empty list is no row, and negated every row', () => {
    const none = (isNegated: boolean) => ({ kind: 'in', column: 'int32', isNegated, values: [] });
    expect(plan(none(false))).toEqual({ kind: 'constant', value: false });
    expect(plan(none(true))).toEqual({ kind: 'constant', value: true });
    expect(plan({ kind: 'not', filter: none(false) })).toEqual({ kind: 'constant', value: true });
    expect(plan({ kind: 'and', filters: [eq('int32', 1), none(false)] })).toEqual({ kind: 'constant', value: false });
    expect(plan({ kind: 'or', filters: [none(false), eq('int32', 1)] })).toEqual(plan(eq('int32', 1)));
  });

  it('a value that does not fit is refused before a database sees it', () => {
    expect(refusal(eq('int64', 2 ** 53))).toEqual({ code: 'query.value_invalid', field: 'int64' });
    expect(refusal(eq('text', { $ne: null }))).toEqual({ code: 'query.value_invalid', field: 'text' });
    expect(refusal(eq('text', '\0'))).toEqual({ code: 'query.value_invalid', field: 'text' });
  });

  const sample: Partial<Record<CanonicalType, unknown>> = {
    ...{ boolean: true, bytes: 'AA==', bit: '1', date: '2026-01-01', time: '00:00', timestamp: '2026-01-01' },
    ...{ timestamptz: '2026-01-01T00:00:00Z', uuid: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' },
    ...{ int16: 1, int32: 1, int64: 1, decimal: 1, float32: 1, float64: 1 },
  };
  const sorts = ['int16', 'int32', 'int64', 'decimal', 'float32', 'float64', 'text', 'bytes', 'date', 'time'];
  const ranged: readonly string[] = [...sorts, 'timestamp', 'timestamptz', 'uuid'];
  const opaque: readonly string[] = ['json', 'xml', 'struct', 'map', 'geometry', 'search'];

  it.each([...canonicalTypes])('%s: what can be asked of it', (type) => {
    const value = sample[type] ?? 'x';
    const outcome = (filter: unknown): string => {
      try {
        return plan(filter).kind;
      } catch (error) {
        return (error as AppError).code;
      }
    };
    const refused = 'query.operator_unsupported';
    expect(outcome({ kind: 'null', column: type, isNegated: true })).toBe('null');
    expect(outcome(eq(type, value))).toBe(opaque.includes(type) ? refused : 'compare');
    expect(outcome({ kind: 'in', column: type, isNegated: false, values: [value] })).toBe(
      opaque.includes(type) ? refused : 'in',
    );
    expect(outcome({ ...eq(type, value), operator: 'lt' })).toBe(ranged.includes(type) ? 'compare' : refused);
    expect(outcome({ kind: 'between', column: type, isNegated: false, from: value, to: value })).toBe(
      ranged.includes(type) ? 'between' : refused,
    );
    expect(outcome({ kind: 'text', column: type, match: 'ends', isNegated: false, text: 'x' })).toBe(
      type === 'text' ? 'text' : refused,
    );
  });
});
