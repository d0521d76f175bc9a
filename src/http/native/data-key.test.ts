import { describe, expect, test } from 'vitest';
import type { ColumnView, DatasetView } from '../../data/index.js';
import { AppError } from '../../kernel/errors.js';
import { keyFilter, readKey, writeKey } from './data-key.js';

function viewOf(primaryKey: readonly string[]): DatasetView {
  const column = (name: string): ColumnView => ({
    ...{ name, type: 'text', nativeType: 'text', length: null, isNullable: false, hasDefault: false },
    ...{ isComputed: false, isReadable: true, isMasked: false, isInsertable: true, isUpdatable: true },
  });
  return {
    dataset: {
      ...{ id: 'd', name: 'Words', sourceId: 's', sourceName: 'shop', organisationId: 'o', createdAtMs: 0 },
      of: { kind: 'table', schema: 'main', name: 'words' },
    },
    ...{ operations: ['query'], columns: ['a', 'b', 'c'].map(column), primaryKey, foreignKeys: [], rowEstimate: null },
  };
}

function refusalOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return `${error.code} ${error.details.field ?? ''}`.trim();
    throw error;
  }
  return 'no refusal';
}

const output = ['c', 'b', 'a'].map((name) => ({ name }));

describe('the key of a row in a path', () => {
  test.each([
    [['7'], '7'],
    [['-7'], '-7'],
    [['a b/c?#%'], 'a%20b%2Fc%3F%23%25'],
    [['ä'], '%C3%A4'],
    [['count'], '%5B%22count%22%5D'],
    [['describe'], '%5B%22describe%22%5D'],
    [['..'], '%5B%22..%22%5D'],
    [['[x'], '%5B%22%5Bx%22%5D'],
    [[''], '%5B%22%22%5D'],
    [['a,b'], '%5B%22a%2Cb%22%5D'],
    [['7', 'EUR'], '7,EUR'],
    [['7', 'a,b'], '%5B%227%22%2C%22a%2Cb%22%5D'],
  ])('%j is written %s, and read back', (values, segment) => {
    const view = viewOf(['a', 'b'].slice(0, values.length));
    const row = ['c', values[1] ?? 'b', values[0] ?? 'a'];
    expect(writeKey(view, output, row)).toBe(segment);
    expect(readKey(view, decodeURIComponent(segment)).values).toEqual(values);
  });

  test('a row without all of it has none', () => {
    expect(writeKey(viewOf(['a', 'b']), output, ['c', null, 'a'])).toBeNull();
    expect(writeKey(viewOf(['a', 'b']), [{ name: 'a' }], ['a'])).toBeNull();
    expect(writeKey(viewOf([]), output, ['c', 'b', 'a'])).toBeNull();
  });

  test('a comma is a part of the only column', () => {
    expect(readKey(viewOf(['a']), 'x,y').values).toEqual(['x,y']);
  });

  test.each([
    [['a', 'b'], '7', 'http.field_invalid key'],
    [['a', 'b'], '7,8,9', 'http.field_invalid key'],
    [['a'], '[', 'http.field_invalid key'],
    [['a'], '["x","y"]', 'http.field_invalid key'],
    [['a'], '[null]', 'http.field_invalid key'],
    [['a'], '[["x"]]', 'http.field_invalid key'],
    [['a'], '[{}]', 'http.field_invalid key'],
    [[], '7', 'data.key_missing'],
    [['hidden'], '7', 'data.key_missing'],
  ])('a key of %j is not %s', (primaryKey, segment, refusal) => {
    expect(refusalOf(() => readKey(viewOf(primaryKey), segment))).toBe(refusal);
  });

  test('becomes a filter', () => {
    const compare = (column: string, value: unknown) => ({ kind: 'compare', column, operator: 'eq', value });
    expect(keyFilter({ columns: ['a'], values: ['1'] })).toEqual(compare('a', '1'));
    const filters = [compare('a', '1'), compare('b', 2)];
    expect(keyFilter({ columns: ['a', 'b'], values: ['1', 2] })).toEqual({ kind: 'and', filters });
  });
});
