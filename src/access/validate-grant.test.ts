import { describe, expect, it } from 'vitest';
import type { CanonicalType, Column, Filter, Mask, Relation } from '../query/index.js';
import type { Grant } from './grant.js';
import { validateGrant } from './validate-grant.js';

function column(name: string, type: CanonicalType, isComputed = false): Column {
  return { name, type, nativeType: type, length: null, isNullable: true, hasDefault: false, isComputed };
}
const relation: Relation = {
  origin: { kind: 'table', schema: 's', name: 't', isView: false },
  columns: [column('id', 'int64'), column('name', 'text'), column('day', 'date'), column('sum', 'decimal', true)],
  primaryKey: ['id'],
  uniqueKeys: [['id']],
  foreignKeys: [],
  rowEstimate: null,
};
type Terms = Parameters<typeof validateGrant>[0];
const sound: Terms = { operations: ['query'], readable: null, writable: null, filter: null, masks: [] };
const faults = (terms: Partial<Terms>, of: Relation = relation) =>
  validateGrant({ ...sound, ...terms }, of).map(({ field, column: about }) =>
    about === undefined ? field : `${field} ${about}`,
  );
const eq = (name: string, value: unknown): Filter => ({ kind: 'compare', column: name, operator: 'eq', value });
const mask = (name: string, by: unknown): Grant['masks'] => [{ column: name, mask: by as Mask }];
const salt = 'a'.repeat(16);

describe('terms of a grant', () => {
  it('what can be granted has no fault', () => {
    const terms: Terms = {
      operations: ['query', 'insert', 'update', 'delete'],
      readable: ['id', 'name', 'day'],
      writable: [],
      filter: { kind: 'and', filters: [eq('name', '$user'), eq('id', '$claims.tenant'), eq('day', '$claims.day')] },
      masks: [
        { column: 'name', mask: { kind: 'hash', salt } },
        { column: 'day', mask: { kind: 'truncate', unit: 'year' } },
        { column: 'id', mask: { kind: 'null' } },
      ],
    };
    expect(validateGrant(terms, relation)).toEqual([]);
    expect(faults({ masks: mask('name', { kind: 'keep_right', keep: 4 }) })).toEqual([]);
    expect(faults({ readable: [] })).toEqual([]);
    expect(faults({ filter: eq('name', '$$user') })).toEqual([]);
  });

  it('operations are known, at least one, each once; a named query is only queried', () => {
    expect(faults({ operations: [] })).toEqual(['operations']);
    expect(faults({ operations: ['query', 'query'] })).toEqual(['operations']);
    expect(faults({ operations: ['drop' as 'query'] })).toEqual(['operations']);
    expect(faults({ operations: ['delete'] }, { ...relation, origin: { kind: 'query', text: '' } })).toEqual([
      'operations',
    ]);
  });

  it('columns are those of the table, each once, and can be written', () => {
    expect(faults({ readable: ['nope'] })).toEqual(['readable']);
    expect(faults({ readable: ['__proto__', 'constructor'] })).toEqual(['readable', 'readable']);
    expect(faults({ readable: ['id', 'id'] })).toEqual(['readable']);
    expect(faults({ writable: ['nope', 'sum'] })).toEqual(['writable', 'writable sum']);
  });

  it('a row filter can be planned, and its placeholders are ones', () => {
    expect(faults({ filter: eq('nope', 1) })).toEqual(['filter']);
    expect(faults({ filter: eq('id', 'x') })).toEqual(['filter id']);
    expect(faults({ filter: eq('name', null) })).toEqual(['filter name']);
    for (const value of ['$usr', '$', '$claims.', '$claims.a b', '$USER']) {
      expect(faults({ filter: eq('name', value) })).toEqual(['filter']);
    }
    expect(faults({ filter: { kind: 'text', column: 'id', match: 'contains', isNegated: false, text: '1' } })).toEqual([
      'filter id',
    ]);
    expect(faults({ filter: { kind: 'and', filters: [] } })).toEqual(['filter']);
    const derived = relation.columns.map((one) => (one.name === 'sum' ? { ...one, isDerived: true } : one));
    const computed = { ...relation, columns: derived };
    expect(faults({ filter: eq('sum', 1), operations: ['query', 'delete'] }, computed)).toEqual([]);
    expect(faults({ filter: eq('sum', 1), operations: ['update'] }, computed)).toEqual(['filter']);
    expect(faults({ filter: { kind: 'sql', text: '1=1' } as unknown as Filter })).toEqual(['filter']);
  });

  it('a mask is for a column that is shown, one each, and fits its type', () => {
    const keep = { kind: 'keep_left', keep: 2 };
    expect(faults({ masks: mask('nope', keep) })).toEqual(['masks']);
    expect(faults({ masks: mask('id', keep) })).toEqual(['masks id']);
    expect(faults({ masks: mask('name', { kind: 'truncate', unit: 'year' }) })).toEqual(['masks name']);
    expect(faults({ masks: mask('name', keep), readable: ['id'] })).toEqual(['masks name']);
    expect(faults({ masks: [...mask('name', keep), ...mask('name', keep)] })).toEqual(['masks name']);
    const odd = [
      ...[
        { kind: 'keep_left', keep: -1 },
        { kind: 'keep_left', keep: 1.5 },
        { kind: 'keep_left', keep: '1' },
      ],
      ...[
        { kind: 'keep_left', keep: 1e9 },
        { kind: 'hash', salt: '' },
        { kind: 'hash', salt: "' || x || '" },
      ],
      ...[{ kind: 'hash' }, { kind: 'eval' }, {}],
    ];
    for (const by of odd) expect(faults({ masks: mask('name', by) })).toEqual(['masks name']);
    expect(faults({ masks: mask('day', { kind: 'truncate', unit: "day'); --" }) })).toEqual(['masks day']);
  });
});
