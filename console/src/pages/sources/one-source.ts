/** One source as the server tells it. @module */
import { useQuery } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';

/** Health changes by itself. */
const refetchMs = 30_000;

export function sourceKey(name: string): readonly unknown[] {
  return ['sources', 'one', name];
}

/** @param name  Name or id. */
export function useSource(name: string) {
  return useQuery({
    queryKey: sourceKey(name),
    queryFn: () => unwrap(api.GET('/admin/v1/sources/{source}', { params: { path: { source: name } } })),
    refetchInterval: refetchMs,
  });
}

export function pathOf(name: string): string {
  return `/sources/${encodeURIComponent(name)}`;
}
