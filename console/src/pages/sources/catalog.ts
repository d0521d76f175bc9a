/**
 * What a database holds, read a schema at a time: names first, the columns of a table when it is opened. Readings cost
 * the database work, so they are kept for a while.
 *
 * @module
 */
import { useQuery } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';
import type { components } from '../../api/schema';

export type Table = components['schemas']['CatalogTable'];
export type Column = components['schemas']['CatalogColumn'];
export type ForeignKey = components['schemas']['CatalogForeignKey'];
export type Schema = components['schemas']['CatalogSchema'];
type CatalogPage = components['schemas']['CatalogPage'];

const pageSize = 5_000;
/** Pages read in a row at most: a hundred thousand objects in a browser help nobody. */
const maxPages = 20;
const keptMs = 5 * 60_000;
/** A database that cannot be reached is not dialled again and again unasked. */
const kept = { staleTime: keptMs, refetchOnWindowFocus: false, retry: false } as const;

export function catalogKey(source: string): readonly unknown[] {
  return ['sources', 'catalog', source];
}

interface Ask {
  readonly schema?: string;
  readonly names?: string;
  readonly include: string;
  readonly limit?: number;
  readonly cursor?: string;
}

async function read(source: string, query: Ask): Promise<CatalogPage> {
  // Lines come only to whoever asks for them.
  return (await unwrap(
    api.GET('/admin/v1/sources/{source}/metadata', { params: { path: { source }, query } }),
  )) as CatalogPage;
}

export function useSchemas(source: string) {
  return useQuery({
    queryKey: [...catalogKey(source), 'schemas'],
    queryFn: async () => (await read(source, { include: '', limit: 1 })).schemas,
    ...kept,
  });
}

/** Everything of one schema that can be read like a table. */
export interface SchemaTables {
  readonly tables: readonly Table[];
  /** Objects that could not be read. */
  readonly faults: number;
  readonly isWhole: boolean;
}

/** @param include  `''`: names and kinds alone; `keys`: what the diagram needs. */
export function useTables(
  source: string,
  schema: string | null,
  include: '' | 'keys' | 'columns,keys' = '',
  isEnabled = true,
) {
  return useQuery({
    queryKey: [...catalogKey(source), 'tables', schema, include],
    queryFn: async (): Promise<SchemaTables> => {
      const tables: Table[] = [];
      let faults = 0;
      let cursor: string | undefined;
      for (let page = 0; page < maxPages; page += 1) {
        const found: CatalogPage = await read(source, {
          ...(schema === null ? {} : { schema }),
          ...{ include, limit: pageSize },
          ...(cursor === undefined ? {} : { cursor }),
        });
        tables.push(...tablesOf(found));
        faults += found.faults.length + found.faultsLeftOut;
        if (found.nextCursor === null) return { tables, faults, isWhole: true };
        cursor = found.nextCursor;
      }
      return { tables, faults, isWhole: false };
    },
    enabled: isEnabled && schema !== null,
    ...kept,
  });
}

/** Tables of every schema whose names hold a word; at most {@link foundAtMost}. */
export function useFoundTables(source: string, word: string) {
  return useQuery({
    queryKey: [...catalogKey(source), 'found', word],
    queryFn: async () => tablesOf(await read(source, { names: `*${literal(word)}*`, include: '', limit: foundAtMost })),
    enabled: word !== '',
    ...kept,
  });
}

export const foundAtMost = 200;

export function useTable(source: string, schema: string, name: string) {
  return useQuery({
    queryKey: [...catalogKey(source), 'table', schema, name],
    queryFn: async () => {
      const include = 'columns,keys,checks,indexes,triggers,grants';
      const found = await read(source, { schema, names: literal(name), include, limit: pageSize });
      const table = tablesOf(found).find((one) => one.name === name) ?? null;
      return { table, faults: found.faults.filter((fault) => fault.name === name) };
    },
    ...kept,
  });
}

function tablesOf({ items }: CatalogPage): readonly Table[] {
  return items.flatMap((item) => (item.kind === 'table' ? [item.table] : []));
}

/** A name as a pattern: a comma would end it, and stands as any one character. What else fits is sorted out after. */
export function literal(name: string): string {
  return name.replaceAll(',', '?');
}
