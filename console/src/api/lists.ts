/** Lists of the server, page by page, as one list that grows. @module */
import { useInfiniteQuery } from '@tanstack/react-query';
import { type Problem, problemOf } from './client';

interface ListPage<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

export interface GrowingList<Item> {
  readonly items: readonly Item[];
  readonly isLoading: boolean;
  readonly problem: Problem | null;
  /** Brings the next page; `null` when there is none. */
  readonly more: (() => void) | null;
  readonly isLoadingMore: boolean;
}

/**
 * @param key    Names the question with everything it asks: `['users', { search }]`. Invalidate by its beginning.
 * @param fetch  Brings one page: `(cursor) => unwrap(api.GET('/admin/v1/users', { params: { query: { cursor } } }))`.
 */
export function useList<Item>(
  key: readonly unknown[],
  fetch: (cursor: string | undefined) => Promise<ListPage<Item>>,
  options: { readonly enabled?: boolean; readonly refetchMs?: number } = {},
): GrowingList<Item> {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => fetch(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    enabled: options.enabled ?? true,
    refetchInterval: options.refetchMs ?? false,
  });
  return {
    items: query.data?.pages.flatMap((page) => page.items) ?? [],
    isLoading: query.isLoading,
    problem: query.error === null ? null : problemOf(query.error),
    more: query.hasNextPage ? () => void query.fetchNextPage() : null,
    isLoadingMore: query.isFetchingNextPage,
  };
}
