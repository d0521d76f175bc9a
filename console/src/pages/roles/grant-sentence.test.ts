import { expect, it } from 'vitest';
import { sayFilter, sayGrant, sayMask } from './grant-sentence';

const all = { operations: ['query'], readable: null, writable: null, filter: null, masks: {} };

it('says operations, columns, masks and rows', () => {
  const sentence = sayGrant('clerk', 'Employees', 'sample', {
    operations: ['query', 'update'],
    readable: ['emp_id', 'name', 'salary'],
    writable: ['name'],
    filter: { department_id: { eq: 2 } },
    masks: { salary: 'null' },
  });
  expect(sentence).toBe(
    'clerk may query and update Employees of sample, reading emp_id, name and salary (masked: empty), writing name, where department_id = 2.',
  );
});

it('says that every column and every row is meant, and nothing of writing where nothing is written', () => {
  expect(sayGrant('member', 'Staff', 'hr', all)).toBe(
    'member may query Staff of hr, reading every column, in every row.',
  );
  expect(sayGrant('member', 'Staff', 'hr', { ...all, masks: { pay: 'null', email: 'keep-left:2' } })).toBe(
    'member may query Staff of hr, reading every column (masked: pay, empty; email, first 2 characters), in every row.',
  );
});

it('says when nothing is left', () => {
  expect(sayGrant('member', 'Staff', 'hr', { ...all, operations: [] })).toMatch(/nothing/);
  expect(sayGrant('member', 'Staff', 'hr', { ...all, readable: [] })).toMatch(/reading no column/);
});

it.each([
  [{ owner: { eq: '$user' } }, 'owner = their own user name'],
  [{ region: { in: ['$claims.region', 'EU'] } }, 'region is one of their own region, “EU”'],
  [{ or: [{ a: { null: true } }, { b: { between: [1, 5] } }] }, 'a is empty or b is between 1 and 5'],
  [{ a: { eq: 1 }, or: [{ b: { eq: 2 } }, { c: { eq: 3 } }] }, 'a = 1 and (b = 2 or c = 3)'],
  [{ not: [{ a: { eq: '$$x' } }] }, 'not (a = “$x”)'],
])('a filter in words: %j', (filter, words) => {
  expect(sayFilter(filter)).toBe(words);
});

it('shows a filter it does not understand as it is', () => {
  expect(sayFilter({ a: { like: 'x' } })).toBe('{"a":{"like":"x"}}');
});

it.each([
  ['null', 'empty'],
  ['keep-right:4', 'last 4 characters'],
  ['hash', 'pseudonym'],
  ['later', 'later'],
])('the mask %s is “%s”', (mask, words) => {
  expect(sayMask(mask)).toBe(words);
});
