/** One source as the server tells it. @module */
import { useQuery } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';
import type { Source } from './engines';

/** Health changes by itself. */
const refetchMs = 30_000;

/** The beginning of the keys of every single source: whether it was asked for by name or by id. */
export const oneSourceKey = ['sources', 'one'] as const;

/** @param reference  Name or id. */
export function useSource(reference: string) {
  return useQuery({
    queryKey: [...oneSourceKey, reference],
    queryFn: () => unwrap(api.GET('/admin/v1/sources/{source}', { params: { path: { source: reference } } })),
    refetchInterval: refetchMs,
  });
}

/** By what it is asked for: its name, and its id where the name is a place of the console already. */
export function referenceOf({ id, name }: Pick<Source, 'id' | 'name'>): string {
  return name === 'add' ? id : name;
}

export function pathOf(source: Pick<Source, 'id' | 'name'>): string {
  return pathOfReference(referenceOf(source));
}

/** @param reference  Name or id. */
export function pathOfReference(reference: string): string {
  return `/sources/${encodeURIComponent(reference)}`;
}
