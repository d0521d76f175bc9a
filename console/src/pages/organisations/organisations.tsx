/** Organisations: who accounts, roles and sources belong to; the list, and a page for each. @module */
import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { api, problemOf, unwrap } from '../../api/client';
import { useList } from '../../api/lists';
import { useAnnounce } from '../../parts/announcer';
import { DataTable } from '../../parts/data-table';
import { EmptyState } from '../../parts/empty-state';
import { Moment } from '../../parts/moment';
import { Page } from '../../parts/page';
import { faultOf, ProblemAlert } from '../../parts/problem-alert';
import { To } from '../../parts/to';
import { OrganisationPage } from './organisation-page';

export function Organisations() {
  return (
    <Switch>
      <Route path="/organisations/:organisation">{({ organisation }) => <OrganisationPage uid={organisation} />}</Route>
      <Route>
        <OrganisationList />
      </Route>
    </Switch>
  );
}

function OrganisationList() {
  const [isAdding, adding] = useDisclosure();
  const list = useList(['organisations', 'list'], (cursor) =>
    unwrap(api.GET('/admin/v1/organisations', { params: { query: cursor === undefined ? {} : { cursor } } })),
  );
  const add = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={adding.open}>
      Add an organisation
    </Button>
  );
  return (
    <Page
      title="Organisations"
      text="Accounts, roles and sources belong to one each, and nothing of one is seen from another."
      actions={add}
    >
      <DataTable
        label="Organisations"
        list={list}
        rowKey={({ id }) => id}
        columns={[
          {
            title: 'Name',
            cell: ({ uid, name }) => <To href={`/organisations/${encodeURIComponent(uid)}`}>{name}</To>,
          },
          { title: 'Uid', cell: ({ uid }) => uid },
          { title: 'Added', cell: ({ createdAtMs }) => <Moment ms={createdAtMs} /> },
        ]}
        empty={<EmptyState title="No organisations" text="Add the first one." action={add} />}
      />
      <Modal
        opened={isAdding}
        onClose={adding.close}
        title="Add an organisation"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <AddForm onClose={adding.close} />
      </Modal>
    </Page>
  );
}

function AddForm({ onClose }: { readonly onClose: () => void }) {
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [, go] = useLocation();
  const [uid, setUid] = useState('');
  const [name, setName] = useState('');
  const adding = useMutation({
    mutationFn: () => unwrap(api.POST('/admin/v1/organisations', { body: { uid, name } })),
    onSuccess: async (organisation) => {
      announce(`The organisation ${organisation.name} was added.`);
      onClose();
      go(`/organisations/${encodeURIComponent(organisation.uid)}`);
      await queries.invalidateQueries({ queryKey: ['organisations'] });
    },
  });
  const problem = adding.error === null ? null : problemOf(adding.error);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        adding.mutate();
      }}
    >
      <Stack>
        <TextInput
          label="Name"
          placeholder="Acme Ltd"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          {...faultOf(problem, 'name')}
          autoComplete="off"
          required
          data-autofocus
        />
        <TextInput
          label="Uid"
          description="Its short name in commands, addresses and row filters. It stays."
          placeholder="acme"
          value={uid}
          onChange={(event) => setUid(event.currentTarget.value)}
          {...faultOf(problem, 'uid')}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          required
        />
        <ProblemAlert problem={problem} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={adding.isPending}>
            Add it
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
