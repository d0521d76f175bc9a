/** The accounts that have a role. @module */
import type { Role } from '../../api/access';
import { api, unwrap } from '../../api/client';
import { useList } from '../../api/lists';
import { DataTable } from '../../parts/data-table';
import { EmptyState } from '../../parts/empty-state';
import { Section } from '../../parts/page';
import { Status } from '../../parts/status';
import { ButtonTo, To } from '../../parts/to';
import { kindWords, pathOf, stateOf } from '../people/account';

const shownAtOnce = 20;

export function RoleHolders({ role }: { readonly role: Role }) {
  const list = useList(['users', 'of-role', role.id], (cursor) => {
    const query = { role: role.id, limit: shownAtOnce, ...(cursor === undefined ? {} : { cursor }) };
    return unwrap(api.GET('/admin/v1/users', { params: { query } }));
  });
  return (
    <Section title="Holders" text="A role is given and taken away on the page of an account.">
      <DataTable
        label="Holders"
        list={list}
        rowKey={({ id }) => id}
        columns={[
          { title: 'Name', cell: ({ username, kind }) => <To href={pathOf(username, kind)}>{username}</To> },
          { title: 'Kind', cell: ({ kind }) => kindWords[kind] },
          {
            title: 'State',
            cell: (user) => {
              const { tone, text } = stateOf(user, Date.now());
              return <Status tone={tone}>{text}</Status>;
            },
          },
        ]}
        empty={
          <EmptyState
            title="Nobody has it"
            text="Give it to somebody on the page of their account."
            action={
              <ButtonTo variant="default" href={`/people?organisation=${encodeURIComponent(role.organisation)}`}>
                To the people of {role.organisation}
              </ButtonTo>
            }
          />
        }
      />
    </Section>
  );
}
