/** The API keys of one account. @module */
import type { ReactNode } from 'react';
import { api, unwrap } from '../../api/client';
import { useList } from '../../api/lists';
import { DataTable } from '../../parts/data-table';
import { Moment } from '../../parts/moment';
import { Status } from '../../parts/status';
import { To } from '../../parts/to';
import { keyState, sayNarrowing } from './key-state';

export function KeyTable({
  user,
  empty,
}: {
  /** `null`: one’s own. */
  readonly user: string | null;
  readonly empty: ReactNode;
}) {
  const list = useList(['api-keys', 'of', user], (cursor) => {
    const query = { ...(user === null ? {} : { user }), ...(cursor === undefined ? {} : { cursor }) };
    return unwrap(api.GET('/admin/v1/api-keys', { params: { query } }));
  });
  return (
    <DataTable
      label="API keys"
      list={list}
      rowKey={({ id }) => id}
      columns={[
        { title: 'Name', cell: ({ id, name }) => <To href={`/api-keys/${encodeURIComponent(id)}`}>{name}</To> },
        { title: 'Key', cell: ({ key }) => key },
        {
          title: 'State',
          cell: (key) => {
            const { tone, text } = keyState(key, Date.now());
            return <Status tone={tone}>{text}</Status>;
          },
        },
        { title: 'May do', cell: sayNarrowing },
        { title: 'Last used', cell: ({ lastUsedAtMs }) => <Moment ms={lastUsedAtMs} never="never" /> },
        { title: 'Ends', cell: ({ expiresAtMs }) => <Moment ms={expiresAtMs} never="never by itself" /> },
      ]}
      empty={empty}
    />
  );
}
