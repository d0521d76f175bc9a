import { describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.js';
import { planSelect, type SelectPlan } from './plan-select.js';
import type { Aggregate, Order, Select } from './query.js';
import type { CanonicalType, Column, Relation } from './relation.js';
import { allColumns, type VisibleColumns } from './visible.js';

function column(name: string, type: CanonicalType, isNullable = false): Column {
  return { name, type, nativeType: type, length: null, isNullable, hasDefault: false, isComputed: false };
}
const columns = [
  column('id', 'int64'),
  column('name', 'text', true),
  column('code', 'text'),
  column('price', 'decimal', true),
  column('weight', 'float32', true),
  column('on', 'boolean', true),
  column('note', 'json', true),
];
const relation: Relation = {
  origin: { kind: 'table', schema: 's', name: 't', isView: false },
  columns,
  primaryKey: ['id'],
  uniqueKeys: [['id'], ['code']],
  foreignKeys: [],
  rowEstimate: null,
};
const all = allColumns(relation);
const everything: Select = {
  kind: 'select',
  columns: null,
  filter: null,
  groupBy: [],
  aggregates: [],
  isDistinct: false,
  orderBy: [],
  limit: null,
  offset: 0,
  after: null,
};

function plan(select: Partial<Select>, visible: VisibleColumns = all): SelectPlan {
  return planSelect({ ...everything, ...select }, visible, relation);
}
function refusal(select: Partial<Select>, visible?: VisibleColumns): string {
  try {
    plan(select, visible);
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'taken';
}
const names = ({ output }: SelectPlan) => output.map(({ name }) => name);
const by = (...terms: string[]): Order[] =>
  terms.map((term) => ({ by: term.replace('-', ''), direction: term.startsWith('-') ? 'desc' : 'asc' }));
const aggregate = (applied: Aggregate['function'], of: string | null, alias = 'a'): Aggregate => {
  return { function: applied, column: of, alias };
};

describe('selections planned', () => {
  it('without columns it selects all there are to see, in the order of the table', () => {
    expect(names(plan({}))).toEqual(columns.map(({ name }) => name));
    expect(names(plan({}, new Map([...all].slice(0, 2))))).toEqual(['id', 'name']);
  });

  it('a column that is not visible is unknown in every place', () => {
    const few: VisibleColumns = new Map([...all].filter(([name]) => name !== 'price'));
    const places: Partial<Select>[] = [
      { columns: ['price'] },
      { filter: { kind: 'null', column: 'price', isNegated: false } },
      { orderBy: by('price') },
      { orderBy: by('price', 'id'), after: [1, 1] },
      { groupBy: ['price'] },
      { groupBy: ['id'], columns: ['id', 'price'] },
      { aggregates: [aggregate('sum', 'price')] },
      { aggregates: [aggregate('count', 'price')] },
    ];
    for (const place of places) expect(refusal(place, few)).toBe('query.unknown_column');
  });

  it('a column that is named twice comes once; nothing at all is refused', () => {
    expect(names(plan({ columns: ['name', 'id', 'name'] }))).toEqual(['name', 'id']);
    expect(refusal({ columns: [] })).toBe('query.selection_invalid');
    expect(refusal({}, new Map())).toBe('query.selection_invalid');
  });

  it('grouped rows have grouped columns and aggregates only', () => {
    const grouped = { groupBy: ['name', 'on'], aggregates: [aggregate('count', null, 'rows')] };
    expect(names(plan(grouped))).toEqual(['name', 'on', 'rows']);
    expect(names(plan({ ...grouped, columns: ['on'] }))).toEqual(['on', 'rows']);
    expect(names(plan({ ...grouped, columns: [] }))).toEqual(['rows']);
    expect(refusal({ ...grouped, columns: ['id'] })).toBe('query.grouping_invalid');
    expect(refusal({ groupBy: ['name', 'name'] })).toBe('query.grouping_invalid');
    expect(refusal({ groupBy: ['note'] })).toBe('query.operator_unsupported');
    expect(refusal({ groupBy: ['name'], columns: [] })).toBe('query.selection_invalid');
  });

  it('what an aggregate gives has a type of its own', () => {
    const types = (applied: Aggregate['function'], of: string | null) =>
      plan({ aggregates: [aggregate(applied, of)] }).output.map(({ type }) => type);
    expect(types('sum', 'id')).toEqual(['decimal']);
    expect(types('sum', 'price')).toEqual(['decimal']);
    expect(types('sum', 'weight')).toEqual(['float64']);
    expect(types('avg', 'id')).toEqual(['decimal']);
    expect(types('avg', 'weight')).toEqual(['float64']);
    expect(types('min', 'name')).toEqual(['text']);
    expect(types('max', 'weight')).toEqual(['float32']);
    expect(types('count', null)).toEqual(['int64']);
    expect(types('count', 'note')).toEqual(['int64']);
    expect(types('count_distinct', 'on')).toEqual(['int64']);
  });

  it('aggregates that make no sense are refused', () => {
    expect(refusal({ aggregates: [aggregate('sum', 'name')] })).toBe('query.operator_unsupported');
    expect(refusal({ aggregates: [aggregate('max', 'on')] })).toBe('query.operator_unsupported');
    expect(refusal({ aggregates: [aggregate('count_distinct', 'note')] })).toBe('query.operator_unsupported');
    expect(refusal({ aggregates: [aggregate('sum', null)] })).toBe('query.grouping_invalid');
    for (const name of ['SUM', 'pg_sleep', 'constructor', '__proto__']) {
      expect(refusal({ aggregates: [aggregate(name as 'sum', 'id')] })).toBe('query.grouping_invalid');
    }
    for (const alias of ['', 'x'.repeat(129), 'a\0', '\ud800', 7 as unknown as string]) {
      expect(refusal({ aggregates: [aggregate('count', null, alias)] })).toBe('query.grouping_invalid');
    }
    expect(refusal({ groupBy: ['id'], aggregates: [aggregate('count', null, 'id')] })).toBe('query.grouping_invalid');
    expect(refusal({ aggregates: [aggregate('count', null), aggregate('sum', 'id')] })).toBe('query.grouping_invalid');
    expect(refusal({ aggregates: Array(100_000).fill(aggregate('count', null)) })).toBe('query.grouping_invalid');
  });

  it('grouped rows are sorted by groups and aggregates, distinct rows by what is selected', () => {
    const grouped: Partial<Select> = { groupBy: ['name'], aggregates: [aggregate('sum', 'price', 'total')] };
    expect(plan({ ...grouped, orderBy: by('-total', 'name') }).orderBy).toMatchObject([
      { direction: 'desc', isNullable: true, expression: { kind: 'aggregate', function: 'sum' } },
      { direction: 'asc', isNullable: true, expression: { kind: 'column' } },
    ]);
    expect(plan({ ...grouped, columns: [], orderBy: by('name') }).orderBy).toHaveLength(1);
    expect(refusal({ ...grouped, columns: [], orderBy: by('name'), isDistinct: true })).toBe('query.order_invalid');
    expect(refusal({ ...grouped, orderBy: by('id') })).toBe('query.order_invalid');
    expect(refusal({ isDistinct: true, columns: ['name'], orderBy: by('name') })).toBe('taken');
    expect(refusal({ isDistinct: true, columns: ['name'], orderBy: by('id') })).toBe('query.order_invalid');
    expect(refusal({ isDistinct: true })).toBe('query.operator_unsupported');
  });

  it('orders that make no sense are refused', () => {
    expect(refusal({ orderBy: by('note') })).toBe('query.order_invalid');
    expect(refusal({ orderBy: by('id', '-id') })).toBe('query.order_invalid');
    for (const direction of ['ASC', 'desc; DROP TABLE t', null, ['asc']]) {
      expect(refusal({ orderBy: [{ by: 'id', direction: direction as 'asc' }] })).toBe('query.order_invalid');
    }
    expect(refusal({ orderBy: Array(17).fill({ by: 'id', direction: 'asc' }) })).toBe('query.order_invalid');
  });

  it('limits and offsets are whole numbers from zero on', () => {
    expect(plan({ limit: 0, offset: 5 })).toMatchObject({ limit: 0, offset: 5 });
    for (const value of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1' as unknown as number]) {
      expect(refusal({ limit: value })).toBe('query.page_invalid');
      expect(refusal({ offset: value })).toBe('query.page_invalid');
    }
    expect(refusal({ offset: null as unknown as number })).toBe('query.page_invalid');
  });

  it('goes on after a row: later in the first term, or not earlier in it and later in the next', () => {
    const { where } = plan({ orderBy: by('-code', 'id'), after: ['x', 5] });
    const compared = (name: string, operator: string, text: string) => {
      return { kind: 'compare', operator, left: { column: { name } }, right: { text } };
    };
    expect(where[1]).toMatchObject({
      kind: 'or',
      of: [compared('code', 'lt', 'x'), { kind: 'and', of: [compared('code', 'lte', 'x'), compared('id', 'gt', '5')] }],
    });
  });

  it('goes on only where no two rows share a place and nothing is null', () => {
    expect(refusal({ orderBy: by('code'), after: ['x'] })).toBe('taken');
    expect(refusal({ orderBy: by('weight', 'id'), after: [1, 1] })).toBe('query.order_invalid');
    expect(refusal({ orderBy: by('price'), after: [1] })).toBe('query.order_invalid');
    expect(refusal({ orderBy: by('id'), after: [1], offset: 1 })).toBe('query.page_invalid');
    expect(refusal({ orderBy: by('id'), after: [] })).toBe('query.page_invalid');
    expect(refusal({ orderBy: by('id'), after: [1, 2] })).toBe('query.page_invalid');
    expect(refusal({ orderBy: by('id'), after: [null] })).toBe('query.page_invalid');
    expect(refusal({ orderBy: by('id'), after: ['x'] })).toBe('query.value_invalid');
    expect(refusal({ orderBy: [], after: [] })).toBe('query.page_invalid');
    expect(refusal({ groupBy: ['id'], orderBy: by('id'), after: [1] })).toBe('query.page_invalid');
    const masked = new Map(all);
    const id = columns[0] as Column;
    masked.set('id', {
      column: id,
      expression: { kind: 'masked', column: id, mask: { kind: 'null' } },
      isMasked: true,
    });
    expect(refusal({ orderBy: by('id'), after: [1] }, masked)).toBe('query.order_invalid');
  });
});
