import { describe, expect, it } from 'vitest';
import type { ColumnView } from '../../../data/index.js';
import type { CanonicalType } from '../../../query/index.js';
import { attributeName, attributesOf } from './attributes.js';

const column = (name: string, type: CanonicalType = 'text'): ColumnView => ({
  ...{ name, type, nativeType: type, length: null, isNullable: true, hasDefault: false, isComputed: false },
  ...{ isReadable: true, isMasked: false, isInsertable: true, isUpdatable: true },
});
const named = (...names: string[]) => attributesOf({ columns: names.map((name) => column(name)) });

describe('the attribute of a column', () => {
  it.each([
    ['LAST_UPDATE_DATE', 'lastUpdateDate'],
    ['last_update_date', 'lastUpdateDate'],
    ['lastUpdateDate', 'lastUpdateDate'],
    ['empId', 'empId'],
    ['EmpId', 'empId'],
    ['EMPID', 'empid'],
    ['ID', 'id'],
    ['Order ID', 'orderId'],
    ['_id', 'id'],
    ['a__b', 'aB'],
    ['address_2', 'address2'],
    ['2020', '2020'],
    ['größe_IN_cm', 'größeInCm'],
    ['ÉTAT', 'état'],
    ['名前', '名前'],
    ['__proto__', 'proto'],
    ['a;DROP TABLE x', 'aDropTableX'],
  ])('of %s is %s', (name, attribute) => {
    expect(attributeName(name, 0)).toBe(attribute);
  });

  it('is made of its place where the name has neither letter nor digit', () => {
    expect(attributeName('___', 2)).toBe('column3');
    expect(attributeName('"', 0)).toBe('column1');
  });

  it('never begins with an underscore, which marks what is not an attribute', () => {
    for (const name of ['_rs', '__id', '_', '_Ω']) expect(attributeName(name, 0).startsWith('_')).toBe(false);
  });
});

describe('the attributes of a table', () => {
  it('are told apart by the order of the columns, and each column keeps one', () => {
    const attributes = named('emp_id', 'empId', 'EMP_ID', 'emp_id2');
    expect(attributes.all.map(({ name }) => name)).toEqual(['empId', 'empId2', 'empId3', 'empId22']);
    expect(attributes.find('empId3')?.column.name).toBe('EMP_ID');
    expect(attributes.ofColumn('emp_id2')?.name).toBe('empId22');
  });

  it('have the same names for whoever sees less, and what is not seen is not found', () => {
    const tableColumns = ['emp_id', 'empId', 'secret'].map((name) => column(name));
    const attributes = attributesOf({ columns: tableColumns.slice(1, 2), tableColumns });
    expect(attributes.all.map(({ name }) => name)).toEqual(['empId2']);
    expect(attributes.find('empId')).toBeUndefined();
    expect(attributes.find('secret')).toBeUndefined();
    expect(attributes.columnOf('secret')?.name).toBe('secret');
  });

  it('are named at once even where every column folds to one name', () => {
    const names = Array.from({ length: 5_000 }, (_, at) => `a${'_'.repeat(at)}`);
    const startedAt = performance.now();
    const attributes = named(...names);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(attributes.ofColumn(names[4_999] ?? '')?.name).toBe('a5000');
  });

  it('are found by their own names only, whatever an object has besides', () => {
    const attributes = named('a', 'constructor', 'toString');
    expect(attributes.find('constructor')?.column.name).toBe('constructor');
    for (const name of ['__proto__', 'hasOwnProperty', 'valueOf', '', 'A']) {
      expect(attributes.find(name)).toBeUndefined();
    }
  });

  it('take the times of the WHO columns for moments even where they are kept as text', () => {
    const attributes = named('LAST_UPDATE_DATE', 'creation_date', 'valid_from');
    expect(attributes.all.map(({ kind }) => kind)).toEqual(['dateTime', 'dateTime', 'string']);
  });
});
