/** What an account is signed in with just now: its sessions and its API keys. @module */
import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { User } from '../../api/access';
import { api, unwrap } from '../../api/client';
import { useList } from '../../api/lists';
import { DataTable } from '../../parts/data-table';
import { EmptyState } from '../../parts/empty-state';
import { Moment } from '../../parts/moment';
import { Section } from '../../parts/page';
import { ButtonTo } from '../../parts/to';
import { AddKey } from '../api-keys/add-key';
import { KeyTable } from '../api-keys/key-table';

const sessionsShown = 5;

export function AccountCredentials({ user }: { readonly user: User }) {
  const { username } = user;
  const [isAdding, adding] = useDisclosure();
  const sessions = useList(['sessions', 'of', username], (cursor) => {
    const query = { user: username, limit: sessionsShown, ...(cursor === undefined ? {} : { cursor }) };
    return unwrap(api.GET('/admin/v1/sessions', { params: { query } }));
  });
  return (
    <>
      <Section
        title="API keys"
        actions={
          <Button size="sm" variant="default" onClick={adding.open}>
            Make a key
          </Button>
        }
      >
        <KeyTable
          user={username}
          empty={<EmptyState title="No API keys" text="A key lets a program in without a session." />}
        />
      </Section>
      <Section
        title="Sessions"
        actions={
          <ButtonTo size="sm" variant="default" href={`/sessions?user=${encodeURIComponent(username)}`}>
            All of them
          </ButtonTo>
        }
      >
        <DataTable
          label="Sessions"
          list={sessions}
          rowKey={({ id }) => id}
          columns={[
            { title: 'Door', cell: ({ family }) => family },
            { title: 'From', cell: ({ address }) => address ?? '–' },
            { title: 'Began', cell: ({ createdAtMs }) => <Moment ms={createdAtMs} /> },
            { title: 'Last used', cell: ({ lastSeenAtMs }) => <Moment ms={lastSeenAtMs} /> },
            { title: 'Ends', cell: ({ expiresAtMs }) => <Moment ms={expiresAtMs} /> },
          ]}
          empty={<EmptyState title="Nowhere signed in" text="There is no live session of this account at any door." />}
        />
      </Section>
      <AddKey user={username} isOpen={isAdding} onClose={adding.close} />
    </>
  );
}
