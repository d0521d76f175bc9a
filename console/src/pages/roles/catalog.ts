/** What can be granted of a source: its tables and views, and the columns of one, as the database itself tells. @module */
import { type Asked, useOne } from '../../api/access';
import { api, unwrap } from '../../api/client';
import { useMay } from '../../api/session';
import type { Target } from './draft';

export interface GrantableTable {
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
}

export interface GrantableColumn {
  readonly name: string;
  /** One of the server's canonical types; `null`: not known. */
  readonly type: string | null;
  readonly nativeType: string | null;
  readonly isKey: boolean;
  /** The database computes it and takes no value. */
  readonly isComputed: boolean;
}

export interface Tables {
  readonly tables: readonly GrantableTable[];
  /** There are more: typing narrows what is asked. */
  readonly areMore: boolean;
}

const tablesAtOnce = 2_000;

/** @param search  Part of a name; looked for by the server. */
export function useTables(source: string, search: string): Asked<Tables> {
  const may = useMay();
  return useOne(
    ['metadata', source, 'tables', search],
    async () => {
      const names = search === '' ? {} : { names: `*${globOf(search)}*` };
      const query = { include: '', limit: tablesAtOnce, ...names };
      const { items, nextCursor } = await metadata(source, query);
      const tables = items.flatMap((item) => (item.kind === 'table' ? [item.table] : []));
      return { tables, areMore: nextCursor !== null };
    },
    { enabled: source !== '' && may('sources.inspect') },
  );
}

/** Columns of what is to be granted; `null` where nobody who asks may know them: then they are typed. */
export function useColumns(source: string, target: Target | null): Asked<readonly GrantableColumn[] | null> {
  const may = useMay();
  return useOne(
    ['metadata', source, 'columns', target],
    async () => {
      if (target === null) return null;
      if (target.by === 'dataset') return may('data.use') ? describedColumns(source, target.name) : null;
      if (!may('sources.inspect')) return null;
      const { schema, table } = target;
      const { items } = await metadata(source, { schema, names: globOf(table), include: 'columns,keys', limit: 100 });
      const found = items.flatMap((item) =>
        item.kind === 'table' && item.table.name === table ? [item.table] : [],
      )[0];
      if (found?.columns === undefined) return null;
      const key = found.primaryKey?.columns ?? [];
      return found.columns.map(({ name, canonicalType, nativeType, generated }) => ({
        ...{ name, type: canonicalType, nativeType, isKey: key.includes(name), isComputed: generated !== null },
      }));
    },
    { enabled: source !== '' && target !== null },
  );
}

async function metadata(source: string, query: { schema?: string; names?: string; include: string; limit: number }) {
  const answer = await unwrap(api.GET('/admin/v1/sources/{source}/metadata', { params: { path: { source }, query } }));
  if (!('items' in answer)) throw new TypeError('metadata came line by line');
  return answer;
}

/** Of a named query, what one’s own grants on it show; that may be nothing. */
async function describedColumns(source: string, object: string): Promise<readonly GrantableColumn[] | null> {
  const params = { path: { source, object } };
  try {
    const { columns, primaryKey } = await unwrap(api.GET('/data/v1/{source}/{object}/describe', { params }));
    return columns.map(({ name, type, nativeType, isComputed }) => ({
      ...{ name, type, nativeType, isComputed, isKey: primaryKey.includes(name) },
    }));
  } catch {
    return null;
  }
}

/** A name among others divided by commas: what would end it there, or is a sign of its own, is any character. */
function globOf(name: string): string {
  return name.replaceAll(/[,*[\]\\]/g, '?');
}
