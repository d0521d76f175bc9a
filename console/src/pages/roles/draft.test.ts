import { expect, it } from 'vitest';
import { draftFromAddress, draftFromGrant, masksFor, termsOf } from './draft';

const from = (query: string) => draftFromAddress(new URLSearchParams(query));

it('begins with what an address says', () => {
  expect(from('role=clerk&source=hr&schema=main&table=staff')).toMatchObject({
    role: 'clerk',
    source: 'hr',
    target: { by: 'table', schema: 'main', table: 'staff' },
    operations: ['query'],
    readable: null,
  });
  expect(from('source=hr&table=main.staff').target).toEqual({ by: 'table', schema: 'main', table: 'staff' });
  expect(from('source=hr&table=staff').target).toBeNull();
  expect(from('source=hr&dataset=Staff').target).toMatchObject({ by: 'dataset', name: 'Staff' });
  expect(from('operation=nonsense').operations).toEqual(['query']);
});

it('takes the columns of an address for what the operation does with them', () => {
  expect(from('operation=query&columns=a,b')).toMatchObject({ readable: ['a', 'b'], writable: null });
  expect(from('operation=update&columns=a,b')).toMatchObject({ readable: null, writable: ['a', 'b'] });
});

it('sends no writable column without an operation that writes, and no mask of a column that is not shown', () => {
  const draft = { ...from('columns=a'), masks: { a: 'null', b: 'hash' } };
  expect(termsOf(draft)).toEqual({
    operations: ['query'],
    readable: ['a'],
    writable: [],
    filter: null,
    masks: { a: 'null' },
  });
  expect(termsOf({ ...draft, operations: ['delete', 'update'] })).toMatchObject({
    operations: ['update', 'delete'],
    writable: null,
  });
});

it('sends back what the server said', () => {
  const grant = {
    id: '1',
    role: 'clerk',
    dataset: 'Staff',
    source: 'hr',
    organisation: 'acme',
    operations: ['query' as const],
    readable: ['a'],
    writable: [],
    filter: { a: { eq: '$user' } },
    masks: { a: 'keep-left:2' },
    createdAtMs: 0,
  };
  const { operations, readable, writable, filter, masks } = grant;
  expect(termsOf(draftFromGrant(grant, undefined))).toEqual({ operations, readable, writable, filter, masks });
});

it('offers masks that fit the type', () => {
  expect(masksFor('int32')).toEqual(['null']);
  expect(masksFor('text')).toContain('hash');
  expect(masksFor('date')).toContain('year');
  expect(masksFor(null)).toHaveLength(7);
});
