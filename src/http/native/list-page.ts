/** Lists of our own API: how a page of one is asked for, and answered. @module */
import type { Page, PageRequest } from '../../kernel/page.js';
import { type Answer, json } from '../kit/answer.js';
import { numberParameter, onlyParameters } from '../kit/members.js';
import type { Query } from '../kit/url.js';

/**
 * The page, and of the other parameters those that were sent.
 *
 * @param filters  Names of parameters that narrow the list.
 * @throws `http.parameter_unknown` · `http.field_invalid`
 */
export function readPage<const Name extends string>(
  query: Query,
  filters: readonly Name[],
): { readonly page: PageRequest; readonly filter: { readonly [One in Name]?: string } } {
  onlyParameters(query, [...filters, 'limit', 'cursor']);
  const limit = numberParameter(query, 'limit', { from: 1, to: 1_000, standard: 100 });
  const cursor = query.get('cursor');
  const sent = filters.flatMap((name) => {
    const value = query.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    page: cursor === undefined ? { limit } : { limit, cursor },
    filter: Object.fromEntries(sent) as { readonly [One in Name]?: string },
  };
}

export function pageAnswer<Item>({ items, nextCursor }: Page<Item>, present: (item: Item) => object): Answer {
  return json(200, { items: items.map(present), nextCursor: nextCursor ?? null });
}
