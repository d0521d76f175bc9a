/** Every source with its health, to be narrowed by a word, an engine or a state. @module */
import { Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { api, unwrap } from '../../api/client';
import { useList } from '../../api/lists';
import { useMay } from '../../api/session';
import { type Column, DataTable } from '../../parts/data-table';
import { EmptyState } from '../../parts/empty-state';
import { Moment } from '../../parts/moment';
import { Page } from '../../parts/page';
import { ButtonTo, To } from '../../parts/to';
import { engineNames, engines, placeOf, type Source } from './engines';
import { Health, healthWords, sayEvery } from './health';
import { pathOf } from './one-source';

/** As many as the server gives at once; whoever has more narrows by engine first. */
const pageSize = 1_000;
const refetchMs = 30_000;

export function SourceList() {
  const may = useMay();
  const [word, setWord] = useState('');
  const [engine, setEngine] = useState<Source['engine'] | null>(null);
  const [asked, setAsked] = useSearchParams();
  const state = stateFrom(asked.get('health'));
  const list = useList<Source>(
    ['sources', 'list', { engine }],
    (cursor) =>
      unwrap(
        api.GET('/admin/v1/sources', {
          params: {
            query: {
              limit: pageSize,
              ...(engine === null ? {} : { engine }),
              ...(cursor === undefined ? {} : { cursor }),
            },
          },
        }),
      ),
    { refetchMs },
  );
  const isNarrowed = word !== '' || engine !== null || state !== null;
  const shown = list.items.filter((source) => holds(source, word) && (state === null || source.health.state === state));
  const hasMany = new Set(list.items.map(({ organisation }) => organisation)).size > 1;
  const add = may('sources.manage') ? (
    <ButtonTo href="/sources/add" leftSection={<IconPlus size={18} aria-hidden />}>
      Add source
    </ButtonTo>
  ) : undefined;
  return (
    <Page title="Sources" text="The databases that Latchkey guards, and how they fare." actions={add}>
      <Group gap="sm" align="flex-end">
        <TextInput
          label="Search"
          placeholder="Name, place or description"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={word}
          onChange={(event) => setWord(event.currentTarget.value)}
          style={{ flex: '1 1 220px' }}
          type="search"
        />
        <Select
          label="Engine"
          placeholder="All"
          data={engineNames.map((value) => ({ value, label: engines[value].title }))}
          value={engine}
          onChange={(value) => setEngine(value as Source['engine'] | null)}
          clearable
          clearButtonProps={{ 'aria-label': 'Every engine' }}
          style={{ flex: '1 1 150px', maxWidth: 220 }}
        />
        <Select
          label="Health"
          placeholder="All"
          data={Object.entries(healthWords).map(([value, { word: label }]) => ({ value, label }))}
          value={state}
          onChange={(value) => setAsked(value === null ? {} : { health: value }, { replace: true })}
          clearable
          clearButtonProps={{ 'aria-label': 'Any health' }}
          style={{ flex: '1 1 150px', maxWidth: 220 }}
        />
      </Group>
      <DataTable
        label="Sources"
        list={{ ...list, items: shown }}
        columns={hasMany ? [...columns, organisationColumn] : columns}
        rowKey={({ id }) => id}
        empty={
          isNarrowed ? (
            <EmptyState title="No source fits" text="Take back a part of the search." />
          ) : (
            <EmptyState
              title="No sources yet"
              text={
                may('sources.manage')
                  ? 'Add the first database. A test shows step by step whether it can be reached, and what to do when it cannot.'
                  : 'Ask somebody who may manage sources to add one to your organisation.'
              }
              action={add}
            />
          )
        }
      />
    </Page>
  );
}

function stateFrom(word: string | null): Source['health']['state'] | null {
  return word !== null && Object.hasOwn(healthWords, word) ? (word as keyof typeof healthWords) : null;
}

function holds({ name, description, host, database }: Source, word: string): boolean {
  const wanted = word.trim().toLowerCase();
  return [name, description, host, database].some((text) => text?.toLowerCase().includes(wanted) === true);
}

const columns: readonly Column<Source>[] = [
  {
    title: 'Name',
    cell: ({ id, name, description }) => (
      <Stack gap={0}>
        <To href={pathOf({ id, name })} fw={600}>
          {name}
        </To>
        {description === null ? null : (
          <Text size="xs" c="dimmed" lineClamp={2}>
            {description}
          </Text>
        )}
      </Stack>
    ),
  },
  { title: 'Health', cell: ({ health }) => <Health state={health.state} /> },
  { title: 'Engine', cell: ({ engine }) => engines[engine].title },
  { title: 'Place', cell: (source) => <Text size="sm">{placeOf(source)}</Text> },
  { title: 'Last check', cell: ({ health }) => <Moment ms={health.checkedAtMs} never="never" /> },
  { title: 'Checked', cell: ({ checkEveryMinutes }) => sayEvery(checkEveryMinutes) },
];

const organisationColumn: Column<Source> = { title: 'Organisation', cell: ({ organisation }) => organisation };
