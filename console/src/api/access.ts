/** What the pages about access show, typed as the server's document describes it, and the questions they share. @module */
import { useQuery } from '@tanstack/react-query';
import { api, type Problem, problemOf, unwrap } from './client';
import type { paths } from './schema';

type AnswerOf<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': infer Body } } } };
}
  ? Body
  : never;
type ItemOf<Path extends keyof paths> = AnswerOf<Path> extends { items: (infer Item)[] } ? Item : never;

export type User = AnswerOf<'/admin/v1/users/{user}'>;
export type Organisation = ItemOf<'/admin/v1/organisations'>;
export type Role = ItemOf<'/admin/v1/roles'>;
export type Grant = ItemOf<'/admin/v1/grants'>;
export type Dataset = ItemOf<'/admin/v1/datasets'>;
export type ApiKey = ItemOf<'/admin/v1/api-keys'>;
export type Source = ItemOf<'/admin/v1/sources'>;
export type Explanation = AnswerOf<'/data/v1/explain'>;
export type Operation = Explanation['operation'];

/** One thing that is asked for, as pages show it. */
export interface Asked<Found> {
  readonly found: Found | undefined;
  /** For the first time: there is nothing to show yet. */
  readonly isLoading: boolean;
  /** Also anew, while what was found before is shown. */
  readonly isAsking: boolean;
  readonly problem: Problem | null;
}

/**
 * @param key  Names the question with everything it asks; lists of the same begin alike, so that one word makes both stale.
 */
export function useOne<Found>(
  key: readonly unknown[],
  fetch: () => Promise<Found>,
  options: { readonly enabled?: boolean } = {},
): Asked<Found> {
  const query = useQuery({ queryKey: key, queryFn: fetch, enabled: options.enabled ?? true });
  return {
    found: query.data,
    isLoading: query.isLoading,
    isAsking: query.isFetching,
    problem: query.error === null ? null : problemOf(query.error),
  };
}

/** As many as one page of the server holds: what a list of choices shows before somebody types. */
export const mostChoices = 1_000;

export function useOrganisations(enabled = true): Asked<readonly Organisation[]> {
  return useOne(
    ['organisations', 'choices'],
    async () => (await unwrap(api.GET('/admin/v1/organisations', { params: { query: { limit: mostChoices } } }))).items,
    { enabled },
  );
}

/** @param organisation  Uid; `null`: nothing is asked. */
export function useRoles(organisation: string | null): Asked<readonly Role[]> {
  return useOne(
    ['roles', 'choices', organisation],
    async () => {
      const query = { organisation: organisation ?? '', limit: mostChoices };
      return (await unwrap(api.GET('/admin/v1/roles', { params: { query } }))).items;
    },
    { enabled: organisation !== null },
  );
}

export function useSources(enabled = true): Asked<readonly Source[]> {
  return useOne(
    ['sources', 'choices'],
    async () => (await unwrap(api.GET('/admin/v1/sources', { params: { query: { limit: mostChoices } } }))).items,
    { enabled },
  );
}

/** Datasets that the person may grant. @param source  Name; `null`: nothing is asked. */
export function useDatasets(source: string | null): Asked<readonly Dataset[]> {
  return useOne(
    ['datasets', 'choices', source],
    async () => {
      const query = { source: source ?? '', limit: mostChoices };
      return (await unwrap(api.GET('/admin/v1/datasets', { params: { query } }))).items;
    },
    { enabled: source !== null },
  );
}
