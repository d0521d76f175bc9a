/** What changed in a database since its catalogue was written down; what may break a reader is marked. @module */
import { Button, Checkbox, Group, Paper, Stack, Text } from '@mantine/core';
import { IconCamera, IconRefresh } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, problemOf, unwrap } from '../../api/client';
import type { components } from '../../api/schema';
import { useMay } from '../../api/session';
import { useAnnounce } from '../../parts/announcer';
import { Waiting } from '../../parts/data-table';
import { EmptyState } from '../../parts/empty-state';
import { Moment } from '../../parts/moment';
import { Section } from '../../parts/page';
import { ProblemAlert } from '../../parts/problem-alert';
import { Status } from '../../parts/status';
import { catalogKey } from './catalog';
import { groupChanges, sayChange, sayForm, toneOf } from './drift-words';
import { referenceOf } from './one-source';
import { Unreadable } from './schema-tab';
import type { TabProps } from './source-page';

type CatalogDiff = components['schemas']['CatalogDiff'];

const groupsAtOnce = 100;

export function DriftTab({ source }: TabProps) {
  const may = useMay();
  const announce = useAnnounce();
  const queries = useQueryClient();
  const params = { path: { source: referenceOf(source) } };
  const key = ['sources', 'diff', source.id];
  const diff = useQuery({
    queryKey: key,
    // Lines come only to whoever asks for them.
    queryFn: async () => (await unwrap(api.GET('/admin/v1/sources/{source}/diff', { params }))) as CatalogDiff,
    // Each time, the whole catalogue is read.
    staleTime: 60_000,
    refetchOnWindowFocus: false,
    retry: false,
  });
  const taking = useMutation({
    mutationFn: () => unwrap(api.POST('/admin/v1/sources/{source}/snapshot', { params })),
    onSuccess: async ({ objects }) => {
      announce(`Written down: ${objects.toLocaleString('en')} objects.`);
      await Promise.all([
        queries.invalidateQueries({ queryKey: key }),
        queries.invalidateQueries({ queryKey: catalogKey(referenceOf(source)) }),
      ]);
    },
  });
  const take = (isFirst: boolean) =>
    may('sources.manage') ? (
      <Button
        variant={isFirst ? 'filled' : 'default'}
        leftSection={<IconCamera size={18} aria-hidden />}
        onClick={() => taking.mutate()}
        loading={taking.isPending}
      >
        {isFirst ? 'Take a snapshot' : 'Take a new snapshot'}
      </Button>
    ) : undefined;
  const problem = diff.error === null ? null : problemOf(diff.error);
  const refused = <ProblemAlert problem={taking.error === null ? null : problemOf(taking.error)} />;
  if (problem?.code === 'sources.no_snapshot') {
    return (
      <Stack>
        {refused}
        <EmptyState
          title="No snapshot yet"
          text="A snapshot writes down what the database holds: tables, columns, keys, never rows. From then on, this page and the preflight say what changed since."
          action={take(true)}
        />
      </Stack>
    );
  }
  if (diff.error !== null && diff.data === undefined)
    return <Unreadable source={referenceOf(source)} error={diff.error} />;
  if (diff.data === undefined) return <Waiting text="Comparing with the snapshot" />;
  const { snapshot, changes } = diff.data;
  return (
    <Section
      title="Since the snapshot"
      text={
        <>
          Taken <Moment ms={snapshot.takenAtMs} />, {snapshot.objects.toLocaleString('en')} objects. A new one takes its
          place.
        </>
      }
      actions={
        <>
          <Button
            variant="default"
            leftSection={<IconRefresh size={18} aria-hidden />}
            onClick={() => void diff.refetch()}
            loading={diff.isFetching}
          >
            Compare again
          </Button>
          {take(false)}
        </>
      }
    >
      {refused}
      {changes.length === 0 ? (
        <EmptyState title="Nothing changed" text="The database holds what the snapshot says." />
      ) : (
        <Changes changes={changes} />
      )}
    </Section>
  );
}

function Changes({ changes }: { readonly changes: readonly components['schemas']['CatalogChange'][] }) {
  const [isBreakingOnly, setIsBreakingOnly] = useState(false);
  const [shown, setShown] = useState(groupsAtOnce);
  const breaking = changes.filter(({ isBreaking }) => isBreaking);
  const groups = groupChanges(isBreakingOnly ? breaking : changes);
  return (
    <Stack gap="sm">
      <Group justify="space-between" gap="sm">
        <Text size="sm" role="status">
          {changes.length.toLocaleString('en')} changes, {breaking.length.toLocaleString('en')} of them breaking: a
          reader that relied on the old form may fail.
        </Text>
        <Checkbox
          label="Breaking ones only"
          checked={isBreakingOnly}
          onChange={(event) => setIsBreakingOnly(event.currentTarget.checked)}
        />
      </Group>
      {groups.length === 0 ? <EmptyState title="None of them is breaking" /> : null}
      <Stack component="ul" gap="xs" p={0} m={0} style={{ listStyle: 'none' }}>
        {groups.slice(0, shown).map(({ name, changes: own }) => (
          <Paper key={name} component="li" withBorder p="sm">
            <Stack gap="sm">
              <Text fw={600} size="sm" style={{ overflowWrap: 'anywhere' }}>
                {name}
              </Text>
              {own.map((change) => (
                <Group key={JSON.stringify(change)} gap={6} align="flex-start">
                  <Status tone={toneOf(change)}>{sayChange(change)}</Status>
                  {change.isBreaking ? <Status tone="bad">Breaking</Status> : null}
                  <Text size="sm" style={{ flex: '1 1 200px', overflowWrap: 'anywhere' }}>
                    {sayForm(change)}
                  </Text>
                </Group>
              ))}
            </Stack>
          </Paper>
        ))}
      </Stack>
      {groups.length <= shown ? null : (
        <Group justify="center">
          <Button variant="default" onClick={() => setShown((before) => before + groupsAtOnce)}>
            Show more
          </Button>
        </Group>
      )}
    </Stack>
  );
}
