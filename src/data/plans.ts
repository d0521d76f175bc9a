/**
 * Selections that were planned and asked again: who asks the same of the same dataset by the same right is given the same
 * plan. A plan is found by the very objects it was made from, so one that was made from other grants, another principal or
 * another table is never found, however alike they are.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';
import { type ScopedSelect, type Standing, scopeSelect } from '../access/index.js';
import type { Relation, Select } from '../query/index.js';
import { type ReadFacts, readFactsOf } from './read-facts.js';
import type { OutputShape } from './use-cases.js';

export interface Plan {
  readonly query: ScopedSelect;
  readonly output: readonly OutputShape[];
  readonly facts: ReadFacts;
}

export interface Plans {
  /** @throws what {@link scopeSelect} throws. */
  select(standing: Standing, relation: Relation, asked: Select): Plan;
}

const maxPlans = 1_000;
/** A question that is longer is asked once. */
const maxKeyCharacters = 4_000;

export function createPlans(): Plans {
  const plans = new LRUCache<string, Plan>({ max: maxPlans });
  const numbers = new WeakMap<object, number>();
  let last = 0;
  /** Of an object, and never of another. */
  const numberOf = (one: object): number => {
    const known = numbers.get(one);
    if (known !== undefined) return known;
    last += 1;
    numbers.set(one, last);
    return last;
  };
  return {
    select(standing, relation, asked) {
      const key = isFaithful(asked) ? `${numberOf(standing)} ${numberOf(relation)} ${JSON.stringify(asked)}` : null;
      const known = key === null ? undefined : plans.get(key);
      if (known !== undefined) return known;
      const query = scopeSelect(standing, relation, asked);
      const output = query.output.map(({ name, type, isMasked }) => ({ name, type, isMasked }));
      const plan: Plan = { query, output, facts: readFactsOf(asked, query, standing) };
      if (key !== null && key.length <= maxKeyCharacters) plans.set(key, plan);
      return plan;
    },
  };
}

/** Whether its JSON is no other value's: JSON has no infinities and one zero. */
function isFaithful(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'object':
      if (value === null) return true;
      return Array.isArray(value) ? value.every(isFaithful) : isPlain(value) && Object.values(value).every(isFaithful);
    default:
      return false;
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
