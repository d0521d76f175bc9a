/** What is configured and from where: read here, changed where the service is started. @module */
import { Code, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, problemOf, unwrap } from '../../api/client';
import type { components } from '../../api/schema';
import { type Column, Rows, Waiting } from '../../parts/data-table';
import { EmptyState } from '../../parts/empty-state';
import { Page } from '../../parts/page';
import { ProblemAlert } from '../../parts/problem-alert';
import { Status } from '../../parts/status';

type Setting = components['schemas']['Setting'];

const origins = { default: 'default', file: 'configuration file', environment: 'environment' } as const;

const columns: readonly Column<Setting>[] = [
  {
    title: 'Setting',
    cell: ({ name, variable, text }) => (
      <Stack gap={0}>
        <Code>{variable}</Code>
        <Text size="xs" c="dimmed">
          {name}
        </Text>
        <Text size="sm" maw={520}>
          {text}
        </Text>
      </Stack>
    ),
  },
  { title: 'In force', cell: (setting) => <Code>{wordOf(setting)}</Code> },
  {
    title: 'From',
    cell: ({ from }) => <Status tone={from === 'default' ? 'idle' : 'info'}>{origins[from]}</Status>,
  },
];

export function Settings() {
  const [search, setSearch] = useState('');
  const [shown, setShown] = useState<'all' | 'changed'>('all');
  const asked = useQuery({ queryKey: ['settings'], queryFn: () => unwrap(api.GET('/admin/v1/settings')) });
  const wanted = search.trim().toLowerCase();
  const rows = (asked.data?.items ?? []).filter(
    ({ name, variable, text, from }) =>
      (shown === 'all' || from !== 'default') && `${name} ${variable} ${text}`.toLowerCase().includes(wanted),
  );
  return (
    <Page
      title="Settings"
      text="What this node was started with. Settings are variables of the environment over latchkey.config.json; a change counts from the next start."
    >
      <TextInput
        label="Search"
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
        maw={360}
        type="search"
      />
      <SegmentedControl
        aria-label="Which settings"
        value={shown}
        onChange={(value) => setShown(value === 'changed' ? 'changed' : 'all')}
        data={[
          { value: 'all', label: 'All' },
          { value: 'changed', label: 'Set by the operator' },
        ]}
        w="fit-content"
      />
      <ProblemAlert problem={asked.error === null ? null : problemOf(asked.error)} />
      {asked.isLoading ? <Waiting /> : null}
      {asked.data !== undefined && rows.length === 0 ? (
        <EmptyState
          title="No setting fits"
          text={shown === 'changed' ? 'Everything is as it comes: no setting was given.' : 'Search for something else.'}
        />
      ) : null}
      {rows.length === 0 ? null : <Rows label="Settings" rows={rows} columns={columns} rowKey={({ name }) => name} />}
    </Page>
  );
}

/** Secrets are only said to be there. */
function wordOf({ value, isSecret, isSet }: Setting): string {
  if (isSecret) return isSet ? 'set, not shown' : 'not set';
  if (value === null || (Array.isArray(value) && value.length === 0) || value === '') return 'not set';
  return Array.isArray(value) ? value.join(', ') : String(value);
}
