/** Grants as a list: which role, on what, for which operations, columns and rows. @module */
import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { api, unwrap } from '../../api/client';
import { useList } from '../../api/lists';
import { DataTable } from '../../parts/data-table';
import { To } from '../../parts/to';
import { sayFilter } from './grant-sentence';

export function GrantTable({
  filter,
  empty,
}: {
  readonly filter: { readonly role?: string; readonly organisation?: string; readonly source?: string };
  readonly empty: ReactNode;
}) {
  const list = useList(['grants', 'list', filter], (cursor) => {
    const query = { ...filter, ...(cursor === undefined ? {} : { cursor }) };
    return unwrap(api.GET('/admin/v1/grants', { params: { query } }));
  });
  return (
    <DataTable
      label="Grants"
      list={list}
      rowKey={({ id }) => id}
      columns={[
        {
          title: 'On',
          cell: ({ id, source, dataset }) => (
            <To href={`/roles/grants/${encodeURIComponent(id)}`}>
              {source} · {dataset}
            </To>
          ),
        },
        ...(filter.role === undefined ? [{ title: 'Role', cell: ({ role }: { readonly role: string }) => role }] : []),
        { title: 'May', cell: ({ operations }) => operations.join(', ') },
        {
          title: 'Columns',
          cell: ({ readable, masks }) => {
            const masked = Object.keys(masks).length;
            const shown = readable === null ? 'all' : `${readable.length} read`;
            return masked === 0 ? shown : `${shown}, ${masked} masked`;
          },
        },
        {
          title: 'Rows',
          cell: ({ filter: rows }) =>
            rows === null ? (
              'all'
            ) : (
              <Text inherit component="span" lineClamp={2}>
                {sayFilter(rows)}
              </Text>
            ),
        },
      ]}
      empty={empty}
    />
  );
}
