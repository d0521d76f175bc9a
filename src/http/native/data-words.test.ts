import { describe, expect, test } from 'vitest';
import { AppError } from '../../kernel/errors.js';
import { readAggregates, readEmbeds, readNames, readOrder } from './data-words.js';

function fieldOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError && error.code === 'http.field_invalid') return String(error.details.field);
    throw error;
  }
  return 'no refusal';
}

describe('lists of names', () => {
  test.each([
    ['id', ['id']],
    ['id,full name,größe', ['id', 'full name', 'größe']],
    ['["a,b","[c]"]', ['a,b', '[c]']],
    ['constructor,toString', ['constructor', 'toString']],
  ])('%s', (text, names) => {
    expect(readNames('select', text)).toEqual(names);
  });

  test.each([
    '',
    ',',
    'a,,b',
    'a,a',
    '[]',
    '[1]',
    '["a"',
    '["a",null]',
    '{"a":1}x,',
    'x'.repeat(257),
    'a,'.repeat(600),
    `["${'\\ud800'}"]`,
  ])('%s is none', (text) => {
    expect(fieldOf(() => readNames('select', text))).toBe('select');
  });
});

describe('orders', () => {
  test('a sign says which way', () => {
    expect(readOrder('-salary,name,+-odd')).toEqual([
      { by: 'salary', direction: 'desc' },
      { by: 'name', direction: 'asc' },
      { by: '-odd', direction: 'asc' },
    ]);
  });

  test.each(['', '-', '+', 'a,-a', 'a,+a', 'a,'])('%s is none', (text) => {
    expect(fieldOf(() => readOrder(text))).toBe('order');
  });
});

describe('aggregates', () => {
  test('name, function, column', () => {
    expect(readAggregates('salarySum:sum(salary),n:count(),d:count_distinct(full name)')).toEqual([
      { alias: 'salarySum', function: 'sum', column: 'salary' },
      { alias: 'n', function: 'count', column: null },
      { alias: 'd', function: 'count_distinct', column: 'full name' },
    ]);
  });

  test.each([
    '',
    'sum(salary)',
    'a:sum()',
    'a:median(salary)',
    'a:constructor(salary)',
    'a:sum(salary',
    'a:sum(salary);drop',
    'a:sum(x),',
    'a b:sum(x)',
    `a:sum(${'x'.repeat(257)})`,
    'a:count(),'.repeat(51),
  ])('%s is none', (text) => {
    expect(fieldOf(() => readAggregates(text))).toBe('aggregate');
  });
});

describe('embedded datasets', () => {
  test('dataset, columns, another name, the foreign key', () => {
    expect(readEmbeds('department(name,location),boss:employees!manager_id(name),orders,sales.items(*)')).toEqual([
      { as: 'department', object: 'department', via: null, columns: ['name', 'location'] },
      { as: 'boss', object: 'employees', via: 'manager_id', columns: ['name'] },
      { as: 'orders', object: 'orders', via: null, columns: null },
      { as: 'sales.items', object: 'sales.items', via: null, columns: null },
    ]);
  });

  test.each(['', 'a(b', 'a)b(', 'a(b)c', ':a', 'a!', 'a,a', 'x:a,x:b', 'a(b,b)', 'a,'.repeat(9)])(
    '%s is none',
    (text) => {
      expect(fieldOf(() => readEmbeds(text))).toBe('embed');
    },
  );

  test('sixteen kilobytes of anything hold nothing up', () => {
    const startedMs = performance.now();
    for (const text of ['(', 'a:', 'a(', 'a!', ',', 'a:sum(']) {
      for (const read of [readEmbeds, readAggregates, readOrder]) {
        expect(() => read(text.repeat(8_000))).toThrow(AppError);
      }
    }
    expect(performance.now() - startedMs).toBeLessThan(500);
  });
});
