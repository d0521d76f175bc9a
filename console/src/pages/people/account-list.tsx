/** Accounts with a search: people and API users on one page, service accounts on another. @module */
import { Button, Group, SegmentedControl, TextInput } from '@mantine/core';
import { useDebouncedCallback, useDisclosure } from '@mantine/hooks';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { api, unwrap } from '../../api/client';
import { useList } from '../../api/lists';
import { ChooseOrganisation } from '../../parts/choose-organisation';
import { DataTable } from '../../parts/data-table';
import { EmptyState } from '../../parts/empty-state';
import { Moment } from '../../parts/moment';
import { Page } from '../../parts/page';
import { Status } from '../../parts/status';
import { To } from '../../parts/to';
import { type Area, type Kind, kindWords, pathOf, stateOf } from './account';
import { AddAccount } from './add-account';

const typedMs = 300;

const words = {
  people: {
    title: 'People',
    text: 'Who signs in, here and at the doors of the four families. What they may do comes from their roles.',
  },
  'service-accounts': {
    title: 'Service accounts',
    text: 'What programs are known by: they hold API keys, or a name and a secret, and no browser.',
  },
} as const;

export function AccountList({ area }: { readonly area: Area }) {
  const [asked, setAsked] = useSearchParams();
  const [isAdding, adding] = useDisclosure();
  const kind: Kind = area === 'service-accounts' ? 'service' : asked.get('kind') === 'api' ? 'api' : 'person';
  const [search, organisation] = [asked.get('search') ?? '', asked.get('organisation')];
  const [typed, setTyped] = useState(search);
  // What is asked for stands in the address, so that going back from a page finds the list as it was.
  const ask = (name: string, value: string | null) =>
    setAsked(
      (before) => {
        if (value === null || value === '') before.delete(name);
        else before.set(name, value);
        return before;
      },
      { replace: true },
    );
  const askSearch = useDebouncedCallback((text: string) => ask('search', text), typedMs);
  const list = useList(['users', 'list', { kind, search, organisation }], (cursor) => {
    const query = {
      kind,
      ...(search === '' ? {} : { search }),
      ...(organisation === null ? {} : { organisation }),
      ...(cursor === undefined ? {} : { cursor }),
    };
    return unwrap(api.GET('/admin/v1/users', { params: { query } }));
  });
  const isNarrowed = search !== '' || organisation !== null;
  const add = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={adding.open}>
      Add {kind === 'api' ? 'an API user' : `a ${kindWords[kind]}`}
    </Button>
  );
  return (
    <Page {...words[area]} actions={add}>
      <Group align="flex-end" gap="sm">
        <TextInput
          label="Search"
          placeholder="Part of a name or an address"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            askSearch(event.currentTarget.value);
          }}
          type="search"
        />
        <ChooseOrganisation
          label="Organisation"
          value={organisation}
          onChange={(uid) => ask('organisation', uid)}
          isClearable
        />
        {area === 'people' ? (
          <SegmentedControl
            aria-label="Kind of account"
            data={[
              { value: 'person', label: 'People' },
              { value: 'api', label: 'API users' },
            ]}
            value={kind}
            onChange={(value) => ask('kind', value === 'api' ? value : null)}
          />
        ) : null}
      </Group>
      <DataTable
        label={words[area].title}
        list={list}
        rowKey={(user) => user.id}
        columns={[
          { title: 'Name', cell: (user) => <To href={pathOf(user.username, user.kind)}>{user.username}</To> },
          {
            title: 'Shown as',
            cell: (user) => user.displayName,
            isEmpty: (user) => user.displayName === user.username,
          },
          { title: 'Organisation', cell: (user) => user.organisation },
          {
            title: 'State',
            cell: (user) => {
              const { tone, text } = stateOf(user, Date.now());
              return <Status tone={tone}>{text}</Status>;
            },
          },
          { title: 'Added', cell: (user) => <Moment ms={user.createdAtMs} /> },
        ]}
        empty={
          isNarrowed ? (
            <EmptyState title="Nobody fits" text="Search for less, or in every organisation." />
          ) : (
            <EmptyState {...emptyWords[kind]} action={add} />
          )
        }
      />
      <AddAccount kind={kind} organisation={organisation} isOpen={isAdding} onClose={adding.close} />
    </Page>
  );
}

const emptyWords: Readonly<Record<Kind, { readonly title: string; readonly text: string }>> = {
  person: { title: 'Nobody is here yet', text: 'Add the first person; a password can be made for them.' },
  api: { title: 'No API users', text: 'They are what some families’ clients sign in as. Most installs need none.' },
  service: {
    title: 'No service accounts yet',
    text: 'Add one for each program that asks for data, so that each can be cut off alone.',
  },
};
