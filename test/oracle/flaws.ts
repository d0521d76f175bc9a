/**
 * Mistakes one could make with grants, made on purpose on the side that is judged: the oracle must see every one.
 *
 * @module
 */
import type { Grant, ScopedInsert, Subject } from '../../src/access/index.js';
import type { Operation } from '../../src/query/index.js';
import { operations } from '../../src/query/index.js';
import { personal } from './conditions.js';

export const flaws = [
  /** Rows of one grant with the columns of another. */
  'arms cross',
  'masks fall off',
  'grants count for every operation',
  /** A filter that cannot be resolved is left out instead of letting nothing through. */
  'unknown claims are ignored',
  'only the first grant counts',
  'the last mask wins',
  'what may be read may be written',
  'new rows are not checked',
] as const;
export type Flaw = (typeof flaws)[number] | 'none';

export function flawed(flaw: Flaw, grants: readonly Grant[], subject: Subject): readonly Grant[] {
  switch (flaw) {
    case 'arms cross':
      return grants.map((grant) => ({ ...grant, ...unionOf(grants.filter((other) => sharesOperation(other, grant))) }));
    case 'masks fall off':
      return grants.map((grant) => ({ ...grant, masks: [] }));
    case 'grants count for every operation':
      return grants.map((grant) => ({ ...grant, operations }));
    case 'unknown claims are ignored':
      return grants.map((grant) =>
        grant.filter !== null && personal(grant.filter, subject) === null ? { ...grant, filter: null } : grant,
      );
    case 'only the first grant counts':
      return [...grants].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, 1);
    case 'the last mask wins':
      return grants.map((grant, at) => ({ ...grant, id: `g${grants.length - at}` }));
    case 'what may be read may be written':
      return grants.map((grant) => ({ ...grant, writable: grant.readable }));
    default:
      return grants;
  }
}

function unionOf(grants: readonly Grant[]): Pick<Grant, 'readable' | 'masks'> {
  const lists = grants.map(({ readable }) => readable);
  const readable = lists.some((list) => list === null) ? null : [...new Set(lists.flatMap((list) => list ?? []))];
  return { readable, masks: [] };
}

function sharesOperation(left: Grant, right: Grant): boolean {
  return left.operations.some((operation: Operation) => right.operations.includes(operation));
}

export function flawedInsert(flaw: Flaw, query: ScopedInsert): ScopedInsert {
  return flaw === 'new rows are not checked' ? { ...query, check: null } : query;
}
