import { describe, expect, it } from 'vitest';
import type { Column, Relation } from '../query/index.js';
import { type AccessQuestion, explainAccess } from './explain.js';
import type { Grant } from './grant.js';

const column = (name: string): Column => {
  return {
    name,
    type: 'text',
    nativeType: 'text',
    length: null,
    isNullable: true,
    hasDefault: false,
    isComputed: false,
  };
};
const relation: Relation = {
  origin: { kind: 'table', schema: 's', name: 't', isView: false },
  columns: ['a', 'b', 'c'].map(column),
  primaryKey: [],
  uniqueKeys: [],
  foreignKeys: [],
  rowEstimate: null,
};
const grant = (id: string, terms: Partial<Grant>): Grant => {
  const all = { operations: ['query'], readable: null, writable: null, filter: null, masks: [] } as const;
  return { id, roleId: 'r', datasetId: 'd', ...all, ...terms };
};
const subject = { user: 'u', organisation: 'o', claims: new Map() };
const grants = [
  grant('1', { readable: ['a'] }),
  grant('2', { operations: ['query', 'update'], readable: ['b'], writable: ['a'] }),
  grant('3', { operations: ['update'], writable: ['b'] }),
];
const question: AccessQuestion = {
  allowed: new Set(['data.use']),
  sources: null,
  sourceId: 'src',
  relation,
  standing: { kind: 'grants', grants, subject },
  operation: 'query',
  columns: [],
};
const rule = (change: Partial<AccessQuestion>) => {
  const { isAllowed, rule: told, grantIds, columns, wouldGrantHelp } = explainAccess({ ...question, ...change });
  expect(isAllowed).toBe(told === 'granted');
  return { rule: told, grantIds, columns, wouldGrantHelp };
};
const refused = (told: string, grantIds: string[] = [], columns: string[] = [], wouldGrantHelp = true) => {
  return { rule: told, grantIds, columns, wouldGrantHelp };
};

describe('why somebody may or may not', () => {
  it('the grants that let it through are named', () => {
    expect(rule({ columns: ['a', 'b'] })).toEqual({
      rule: 'granted',
      grantIds: ['1', '2'],
      columns: [],
      wouldGrantHelp: false,
    });
    expect(rule({ operation: 'update', columns: ['a'] })).toMatchObject({ rule: 'granted', grantIds: ['2'] });
    expect(rule({ standing: { kind: 'operator' }, operation: 'delete' })).toMatchObject({
      rule: 'granted',
      grantIds: [],
    });
  });

  it('the first rule that refuses is the one that is told', () => {
    const nobody = { allowed: new Set<never>(), sources: [], relation: null };
    expect(rule(nobody)).toEqual(refused('action_missing', [], [], false));
    expect(rule({ ...nobody, allowed: question.allowed })).toEqual(refused('credential_narrowed', [], [], false));
    expect(rule({ relation: null, sources: ['src'] })).toEqual(refused('no_dataset', [], [], false));
    expect(rule({ standing: { kind: 'grants', grants: [], subject } })).toEqual(refused('no_grant'));
    expect(rule({ operation: 'delete' })).toEqual(refused('operation_not_granted'));
  });

  it('columns in the way are named, those that are not there too', () => {
    expect(rule({ columns: ['a', 'c', 'x', '__proto__'] })).toEqual(
      refused('column_not_readable', ['1', '2'], ['c', 'x', '__proto__']),
    );
    expect(rule({ operation: 'update', columns: ['a', 'c'] })).toEqual(
      refused('column_not_writable', ['2', '3'], ['c']),
    );
  });

  it('columns that no grant allows together are all in the way', () => {
    expect(rule({ operation: 'update', columns: ['a', 'b'] })).toEqual(
      refused('column_not_writable', ['2', '3'], ['a', 'b']),
    );
  });
});
