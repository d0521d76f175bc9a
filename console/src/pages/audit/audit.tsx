/** What happened, newest first; and whether the trail still proves itself. @module */
import { Button, Code, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { api, lines, problemOf, unwrap } from '../../api/client';
import { useList } from '../../api/lists';
import type { components } from '../../api/schema';
import { useAnnounce } from '../../parts/announcer';
import { type Column, DataTable } from '../../parts/data-table';
import { EmptyState } from '../../parts/empty-state';
import { Moment } from '../../parts/moment';
import { Page } from '../../parts/page';
import { saveText } from '../../parts/save-text';
import { Status } from '../../parts/status';
import { To } from '../../parts/to';
import { type EventName, eventNames } from './events';
import { VerifyTrail } from './verify-trail';

type Entry = components['schemas']['AuditEntry'];

const tones = { ok: 'good', refused: 'warning', failed: 'bad' } as const;
const hourMs = 3_600_000;
const periods = [
  { value: '', label: 'Any time' },
  { value: '1', label: 'Last hour' },
  { value: '24', label: 'Last day' },
  { value: '168', label: 'Last week' },
];

const columns: readonly Column<Entry>[] = [
  { title: 'Event', cell: ({ event }) => <Code>{event}</Code> },
  { title: 'When', cell: ({ atMs }) => <Moment ms={atMs} /> },
  {
    title: 'Who',
    cell: ({ actor, credential }) => (
      <Stack gap={0}>
        {actor === null ? (
          <Text inherit>{credential?.kind === 'cli' ? 'operator' : '–'}</Text>
        ) : actor.username === null ? (
          <Text inherit>{actor.id}</Text>
        ) : (
          <To href={`/people/${encodeURIComponent(actor.username)}`}>{actor.username}</To>
        )}
        {credential === null ? null : (
          <Text size="xs" c="dimmed">
            {credential.kind.replaceAll('_', ' ')}
          </Text>
        )}
      </Stack>
    ),
  },
  {
    title: 'From',
    cell: ({ door, address }) => (
      <Stack gap={0}>
        <Text inherit>{door}</Text>
        <Text size="xs" c="dimmed">
          {address ?? ''}
        </Text>
      </Stack>
    ),
  },
  {
    title: 'Outcome',
    cell: ({ outcome, reason }) => (
      <Stack gap={2} align="flex-start">
        <Status tone={tones[outcome]}>{outcome}</Status>
        {reason === null ? null : <Text size="xs">{reason}</Text>}
      </Stack>
    ),
  },
  {
    title: 'What',
    isEmpty: ({ subject, facts }) => subject === null && Object.keys(facts).length === 0,
    cell: ({ subject, facts }) => (
      <Stack gap={0}>
        {subject === null ? null : (
          <Text size="xs" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
            {subject}
          </Text>
        )}
        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {Object.entries(facts)
            .map(([name, value]) => `${name} ${value}`)
            .join(' · ')}
        </Text>
      </Stack>
    ),
  },
];

export function Audit() {
  const [search] = useSearchParams();
  const [event, setEvent] = useState(search.get('event') ?? '');
  const [actor, setActor] = useState(search.get('actor') ?? '');
  const [outcome, setOutcome] = useState(search.get('outcome') ?? '');
  const [hours, setHours] = useState('');
  const [fromMs, setFromMs] = useState<number | null>(null);
  const [username] = useDebouncedValue(actor.trim(), 300);
  const announce = useAnnounce();
  const [isExporting, setIsExporting] = useState(false);

  const question = {
    ...(event === '' ? {} : { event: event as EventName }),
    ...(username === '' ? {} : { actor: username }),
    ...(outcome === '' ? {} : { outcome: outcome as Entry['outcome'] }),
    ...(fromMs === null ? {} : { fromMs }),
  };
  const list = useList(['audit', question], (cursor) =>
    unwrap(api.GET('/admin/v1/audit', { params: { query: { ...question, cursor } } })),
  );

  async function exportTrail() {
    setIsExporting(true);
    try {
      const found: string[] = [];
      for await (const line of lines('/admin/v1/audit/export', { method: 'GET' })) found.push(JSON.stringify(line));
      saveText('latchkey-audit.ndjson', 'application/x-ndjson', `${found.join('\n')}\n`);
      announce(`${found.length} events were saved.`);
    } catch (thrown) {
      announce(problemOf(thrown).message);
    } finally {
      setIsExporting(false);
    }
  }

  return (
    <Page
      title="Audit"
      text="Every sign-in, refusal and change, written with what it is about and never rewritten."
      actions={
        <Button variant="default" onClick={() => void exportTrail()} loading={isExporting}>
          Export
        </Button>
      }
    >
      <VerifyTrail />
      <Group align="flex-end" gap="sm">
        <NativeSelect
          label="Event"
          value={event}
          onChange={(change) => setEvent(change.currentTarget.value)}
          data={[{ value: '', label: 'Any' }, ...eventNames]}
        />
        <TextInput
          label="Who"
          description="User name"
          value={actor}
          onChange={(change) => setActor(change.currentTarget.value)}
        />
        <NativeSelect
          label="Outcome"
          value={outcome}
          onChange={(change) => setOutcome(change.currentTarget.value)}
          data={[{ value: '', label: 'Any' }, 'ok', 'refused', 'failed']}
        />
        <NativeSelect
          label="Since"
          value={hours}
          onChange={(change) => {
            const { value } = change.currentTarget;
            setHours(value);
            setFromMs(value === '' ? null : Date.now() - Number(value) * hourMs);
          }}
          data={periods}
        />
      </Group>
      <DataTable
        label="Audit trail"
        list={list}
        columns={columns}
        rowKey={({ chain, seq }) => `${chain}:${seq}`}
        empty={<EmptyState title="No event fits" text="Take a filter away, or look at a longer time." />}
      />
    </Page>
  );
}
