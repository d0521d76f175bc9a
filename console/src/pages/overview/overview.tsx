/** What a platform team wants to know first: does it work, who came in, who was turned away, what ends soon. @module */
import { Card, Group, SegmentedControl, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, problemOf, unwrap } from '../../api/client';
import type { components } from '../../api/schema';
import { useMay, useMe } from '../../api/session';
import { Bars } from '../../parts/bars';
import { Waiting } from '../../parts/data-table';
import { EmptyState } from '../../parts/empty-state';
import { sayDuration } from '../../parts/moment';
import { Page, Section } from '../../parts/page';
import { ProblemAlert } from '../../parts/problem-alert';
import { sayCount } from '../../parts/say-count';
import { Status } from '../../parts/status';
import { ButtonTo, To } from '../../parts/to';
import { healthWords } from '../sources/health';
import { EndingSoon } from './ending-soon';

type OverviewView = components['schemas']['Overview'];

const refreshMs = 30_000;

export function Overview() {
  const { user } = useMe();
  const may = useMay();
  if (may('audit.read')) return <Whole />;
  return (
    <Page title={`Welcome, ${user.displayName === '' ? user.username : user.displayName}`}>
      <EmptyState
        title="What is yours here"
        text="Your role shows you your data, your API keys and your sessions. Ask an administrator for more."
        action={
          <Group>
            {may('data.use') ? <ButtonTo href="/data">Browse data</ButtonTo> : null}
            <ButtonTo href="/api-keys" variant="default">
              API keys
            </ButtonTo>
            <ButtonTo href="/explain" variant="default">
              What may I do?
            </ButtonTo>
          </Group>
        }
      />
    </Page>
  );
}

function Whole() {
  const [hours, setHours] = useState<'24' | '168'>('24');
  const asked = useQuery({
    queryKey: ['overview', hours],
    queryFn: () => unwrap(api.GET('/admin/v1/overview', { params: { query: { hours: Number(hours) } } })),
    refetchInterval: refreshMs,
    placeholderData: (before) => before,
  });
  return (
    <Page
      title="Overview"
      actions={
        <SegmentedControl
          aria-label="How far back"
          value={hours}
          onChange={(value) => setHours(value === '168' ? '168' : '24')}
          data={[
            { value: '24', label: 'Last day' },
            { value: '168', label: 'Last week' },
          ]}
        />
      }
    >
      <ProblemAlert problem={asked.error === null ? null : problemOf(asked.error)} />
      {asked.data === undefined ? asked.isLoading ? <Waiting /> : null : <Figures view={asked.data} />}
      <EndingSoon />
    </Page>
  );
}

function Figures({ view }: { readonly view: OverviewView }) {
  const { node, sources, counts, signIns, refusals, connectionTests } = view;
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }}>
        <Tile title="This node">
          <Status tone={node.store.isReady ? 'good' : 'bad'}>
            {node.store.isReady ? 'works' : 'its store does not answer'}
          </Status>
          <Text size="sm">
            {node.version} · {node.store.engine} · up {sayDuration(Date.now() - node.startedAtMs)}
          </Text>
          <Text size="sm" c="dimmed">
            {Math.round(node.rssBytes / 1_048_576)} MiB · Node.js {node.nodeVersion}
          </Text>
        </Tile>
        <Tile title="Sources">
          {sources.total === 0 ? (
            <>
              <Text size="sm">No database is connected yet.</Text>
              <To href="/sources/add">Connect the first</To>
            </>
          ) : (
            <>
              <Group gap="xs">
                {Object.entries(sources.byHealth)
                  .filter(([, count]) => count > 0)
                  .map(([health, count]) => (
                    <To key={health} href={`/sources?health=${health}`} display="inline-block" py={2}>
                      <Status
                        tone={healthWords[health as keyof typeof healthWords].tone}
                      >{`${count} ${health}`}</Status>
                    </To>
                  ))}
              </Group>
              {(sources.byHealth['unknown'] ?? 0) === 0 ? null : (
                <Text size="sm" c="dimmed">
                  Unknown: not checked yet. How often it is checked is set on a source’s page.
                </Text>
              )}
              <To href="/sources">{sayCount(sources.total, 'source')} in all</To>
            </>
          )}
        </Tile>
        <Tile title="Who may come in">
          <Text size="sm">
            {sayCount(counts.users, 'person or API user', 'people and API users')} ·{' '}
            {sayCount(counts.serviceAccounts, 'service account')}
          </Text>
          <Text size="sm" c="dimmed">
            {sayCount(counts.organisations, 'organisation')}
          </Text>
        </Tile>
        <Tile title="What is out">
          <Text size="sm">
            {sayCount(counts.sessions, 'live session')} · {sayCount(counts.apiKeys, 'API key')}
          </Text>
          <Group gap="sm">
            <To href="/sessions">Sessions</To>
            <To href="/api-keys">API keys</To>
          </Group>
        </Tile>
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Card withBorder>
          <Section title="Sign-ins">
            <Bars
              label="Sign-ins by hour"
              kinds={['Signed in', 'Refused']}
              points={signIns.map(({ atMs, succeeded, refused }) => ({ atMs, counts: [succeeded, refused] }))}
            />
          </Section>
        </Card>
        <Card withBorder>
          <Section title="Connection tests">
            <Bars
              label="Connection tests by hour"
              kinds={['Passed', 'Failed']}
              points={connectionTests.map(({ atMs, passed, failed }) => ({ atMs, counts: [passed, failed] }))}
            />
          </Section>
        </Card>
      </SimpleGrid>
      <Section title="Why somebody was refused">
        {refusals.length === 0 ? (
          <Text c="dimmed">Nobody was refused in this time.</Text>
        ) : (
          <Group gap="lg">
            {refusals.map(({ reason, count }) => (
              <To key={reason} href="/audit?outcome=refused">
                {reason.replaceAll('_', ' ')}: {count.toLocaleString('en')}
              </To>
            ))}
          </Group>
        )}
      </Section>
    </>
  );
}

function Tile({ title, children }: { readonly title: string; readonly children: React.ReactNode }) {
  return (
    <Card withBorder>
      <Stack gap={6} align="flex-start">
        <Text component="h2" size="sm" fw={600} c="dimmed" m={0}>
          {title}
        </Text>
        {children}
      </Stack>
    </Card>
  );
}
