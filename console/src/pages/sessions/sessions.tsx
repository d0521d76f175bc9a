/** Who is signed in where, and the end of it: one's own sessions, and for who manages the directory everybody's. @module */
import { Button, Group, NativeSelect, Switch, TextInput, VisuallyHidden } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { api, unwrap } from '../../api/client';
import { useList } from '../../api/lists';
import type { components } from '../../api/schema';
import { useMay, useMe, useSession } from '../../api/session';
import { useAnnounce } from '../../parts/announcer';
import { type Column, DataTable } from '../../parts/data-table';
import { DestroyDialog } from '../../parts/destroy-dialog';
import { EmptyState } from '../../parts/empty-state';
import { Moment } from '../../parts/moment';
import { Page } from '../../parts/page';
import { Status } from '../../parts/status';
import { To } from '../../parts/to';

type ListedSession = components['schemas']['Session'];
type Family = ListedSession['family'];

const families = ['console', 'precrime', 'cloudio', 'onedb', 'native'] as const satisfies readonly Family[];

export function Sessions() {
  const isDirectory = useMay()('directory.manage');
  const [search] = useSearchParams();
  const [user, setUser] = useState(search.get('user') ?? '');
  const [family, setFamily] = useState<Family | ''>('');
  const [withEnded, setWithEnded] = useState(false);
  const [username] = useDebouncedValue(user.trim(), 300);
  const [ending, setEnding] = useState<ListedSession | null>(null);
  const [isEndingAll, setIsEndingAll] = useState(false);
  const { user: me } = useMe();
  const { ask } = useSession();
  const queries = useQueryClient();
  const announce = useAnnounce();

  const question = {
    ...(username === '' ? (isDirectory ? { everybody: 'true' as const } : {}) : { user: username }),
    ...(family === '' ? {} : { family }),
    ...(withEnded ? { ended: 'true' as const } : {}),
  };
  const list = useList(['sessions', question], (cursor) =>
    unwrap(api.GET('/admin/v1/sessions', { params: { query: { ...question, cursor } } })),
  );

  const columns: readonly Column<ListedSession>[] = [
    {
      title: 'User',
      cell: (one) => (
        <Group gap="xs">
          {isDirectory ? <To href={`/people/${encodeURIComponent(one.user)}`}>{one.user}</To> : one.user}
          {one.isCurrent ? <Status tone="info">this one</Status> : null}
        </Group>
      ),
    },
    { title: 'Door', cell: (one) => one.family },
    { title: 'From', cell: (one) => one.address ?? '–' },
    { title: 'Began', cell: (one) => <Moment ms={one.createdAtMs} /> },
    { title: 'Last used', cell: (one) => <Moment ms={one.lastSeenAtMs} /> },
    {
      title: 'Ends',
      cell: (one) =>
        one.endedAtMs === null ? (
          <Moment ms={one.expiresAtMs} />
        ) : (
          <Status tone="idle">{one.endedAtMs < one.expiresAtMs ? 'ended' : 'expired'}</Status>
        ),
    },
    {
      title: 'Action',
      align: 'right',
      isEmpty: (one) => one.endedAtMs !== null,
      cell: (one) =>
        one.endedAtMs !== null ? null : (
          <Button size="compact-sm" variant="default" onClick={() => setEnding(one)}>
            End
            <VisuallyHidden>{` the session of ${one.user} at ${one.family}`}</VisuallyHidden>
          </Button>
        ),
    },
  ];

  return (
    <Page
      title="Sessions"
      text="Every live sign-in, at whatever door. What is ended here is refused with its next request, everywhere."
      actions={
        <Button color="red.9" onClick={() => setIsEndingAll(true)}>
          End all of mine
        </Button>
      }
    >
      <Group align="flex-end" gap="sm">
        {isDirectory ? (
          <TextInput
            label="User"
            description="Exact name; empty for everybody"
            value={user}
            onChange={(event) => setUser(event.currentTarget.value)}
          />
        ) : null}
        <NativeSelect
          label="Door"
          value={family}
          onChange={(event) => setFamily(event.currentTarget.value as Family | '')}
          data={[{ value: '', label: 'Any' }, ...families]}
        />
        <Switch
          label="Also those that are over"
          checked={withEnded}
          onChange={(event) => setWithEnded(event.currentTarget.checked)}
          pb={8}
        />
      </Group>
      <DataTable
        label="Sessions"
        list={list}
        columns={columns}
        rowKey={(one) => one.id}
        empty={<EmptyState title="No session" text="Nobody is signed in that fits. API keys have no sessions." />}
      />
      <DestroyDialog
        verb="End"
        kind="session"
        name={ending === null ? '' : `${ending.user} at ${ending.family}`}
        consequences={
          ending?.isCurrent === true
            ? 'This is the session you are using: you will be signed out.'
            : 'Its token is refused from the next request on. The account can sign in again.'
        }
        isOpen={ending !== null}
        onClose={() => setEnding(null)}
        onDestroy={async () => {
          if (ending === null) return;
          await unwrap(api.DELETE('/admin/v1/sessions/{session}', { params: { path: { session: ending.id } } }));
          if (ending.isCurrent) return ask();
          announce(`The session of ${ending.user} was ended.`);
          await queries.invalidateQueries({ queryKey: ['sessions'] });
        }}
      />
      <DestroyDialog
        verb="End"
        kind="every session of"
        name={me.username}
        consequences="At every door, this one too: you sign in again afterwards. API keys stay."
        isOpen={isEndingAll}
        onClose={() => setIsEndingAll(false)}
        onDestroy={async () => {
          await unwrap(api.POST('/admin/v1/revocations', { body: { scope: 'self' } }));
          await ask();
        }}
      />
    </Page>
  );
}
