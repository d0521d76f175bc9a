/** API keys, passwords, signing keys and certificates that end within thirty days, the soonest first. @module */
import { useQuery } from '@tanstack/react-query';
import { api, problemOf, unwrap } from '../../api/client';
import type { components } from '../../api/schema';
import { type Column, Rows, Waiting } from '../../parts/data-table';
import { EmptyState } from '../../parts/empty-state';
import { Moment } from '../../parts/moment';
import { Section } from '../../parts/page';
import { ProblemAlert } from '../../parts/problem-alert';
import { Status } from '../../parts/status';
import { To } from '../../parts/to';

type Expiring = components['schemas']['Expiring'];

const most = 10;
const details = {
  retiring: 'its successor is there',
  temporary: 'has to be changed',
  renews_itself: 'renews itself',
} as const;

const columns: readonly Column<Expiring>[] = [
  {
    title: 'What',
    cell: ({ kind, id, name }) =>
      kind === 'api_key' && id !== null ? <To href={`/api-keys/${encodeURIComponent(id)}`}>{name}</To> : name,
  },
  { title: 'Kind', cell: ({ kind }) => kind.replaceAll('_', ' ') },
  {
    title: 'Whose',
    isEmpty: ({ owner }) => owner === null,
    cell: ({ owner }) => (owner === null ? '–' : <To href={`/people/${encodeURIComponent(owner)}`}>{owner}</To>),
  },
  { title: 'Ends', cell: ({ expiresAtMs }) => <Moment ms={expiresAtMs} /> },
  {
    title: 'To do',
    cell: ({ detail, daysLeft }) =>
      detail === null ? (
        <Status tone={daysLeft < 7 ? 'warning' : 'info'}>renew it</Status>
      ) : (
        <Status tone={detail === 'temporary' ? 'warning' : 'idle'}>{details[detail]}</Status>
      ),
  },
];

export function EndingSoon() {
  const asked = useQuery({
    queryKey: ['expiring'],
    queryFn: () => unwrap(api.GET('/admin/v1/expiring', { params: { query: { within: '30d' } } })),
  });
  const items = asked.data?.items ?? [];
  return (
    <Section
      title="Ends within 30 days"
      text={items.length > most ? `The first ${most} of ${items.length}.` : undefined}
    >
      <ProblemAlert problem={asked.error === null ? null : problemOf(asked.error)} />
      {asked.isLoading ? <Waiting /> : null}
      {asked.data !== undefined && items.length === 0 ? (
        <EmptyState title="Nothing ends soon" text="No key, password or certificate ends within 30 days." />
      ) : null}
      {items.length === 0 ? null : (
        <Rows
          label="What ends soon"
          rows={items.slice(0, most)}
          columns={columns}
          rowKey={({ kind, id, name }) => `${kind}:${id ?? name}`}
        />
      )}
    </Section>
  );
}
