/** Keys of everybody that end soon, before their programs find out. @module */
import { useOne } from '../../api/access';
import { api, unwrap } from '../../api/client';
import { Rows } from '../../parts/data-table';
import { Moment } from '../../parts/moment';
import { Section } from '../../parts/page';
import { ProblemAlert } from '../../parts/problem-alert';
import { Status } from '../../parts/status';
import { To } from '../../parts/to';
import { pathOf } from '../people/account';

const within = '30d';

export function EndingKeys() {
  const { found, problem } = useOne(['api-keys', 'ending', within], () =>
    unwrap(api.GET('/admin/v1/expiring', { params: { query: { within } } })),
  );
  const keys = (found?.items ?? []).filter(({ kind }) => kind === 'api_key');
  if (problem !== null) return <ProblemAlert problem={problem} />;
  if (keys.length === 0) return null;
  return (
    <Section
      title="Ending within 30 days"
      text="Of everybody you may see. Rotate a key to give its program time to change."
    >
      <Rows
        label="Keys that end soon"
        rows={keys}
        rowKey={({ id, name }) => id ?? name}
        columns={[
          {
            title: 'Key',
            cell: ({ id, name }) => (id === null ? name : <To href={`/api-keys/${encodeURIComponent(id)}`}>{name}</To>),
          },
          { title: 'Of', cell: ({ owner }) => (owner === null ? '–' : <To href={pathOf(owner)}>{owner}</To>) },
          {
            title: 'State',
            cell: ({ detail }) =>
              detail === 'retiring' ? (
                <Status tone="waiting">Replaced</Status>
              ) : (
                <Status tone="warning">Ends soon</Status>
              ),
          },
          { title: 'Ends', cell: ({ expiresAtMs }) => <Moment ms={expiresAtMs} /> },
        ]}
      />
    </Section>
  );
}
