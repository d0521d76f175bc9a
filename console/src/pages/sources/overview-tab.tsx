/** What a source is and how it fares; testing it again, changing and removing it. @module */
import { Button, Group, Paper, SimpleGrid, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconKey, IconPencil, IconPlugConnected, IconTrash } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useMay } from '../../api/session';
import { Moment, sayDuration } from '../../parts/moment';
import { Section } from '../../parts/page';
import { ButtonTo } from '../../parts/to';
import { engines, placeOf, type Source } from './engines';
import { Facts } from './facts';
import { Health, sayEvery } from './health';
import { useLiveTest } from './live-test';
import { NewPassword } from './new-password';
import { oneSourceKey, pathOf } from './one-source';
import { RemoveSource } from './remove-source';
import type { TabProps } from './source-page';
import { TestResult } from './stage-list';
import { stageTitles } from './stage-words';

export function OverviewTab({ source }: TabProps) {
  const may = useMay();
  const canManage = may('sources.manage');
  const [isRemoving, removing] = useDisclosure();
  const [isRenewing, renewing] = useDisclosure();
  const isFile = engines[source.engine].isFile;
  return (
    <Stack gap="xl">
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <HealthCard source={source} />
        <TestCard source={source} />
      </SimpleGrid>
      <Section
        title="Facts"
        actions={
          canManage ? (
            <>
              <ButtonTo
                href={`${pathOf(source)}/edit`}
                variant="default"
                leftSection={<IconPencil size={16} aria-hidden />}
              >
                Edit
              </ButtonTo>
              {isFile ? null : (
                <Button variant="default" leftSection={<IconKey size={16} aria-hidden />} onClick={renewing.open}>
                  New password
                </Button>
              )}
              <Button
                variant="default"
                leftSection={<IconTrash size={16} aria-hidden />}
                onClick={removing.open}
                aria-haspopup="dialog"
              >
                Remove
              </Button>
            </>
          ) : undefined
        }
      >
        <Paper withBorder p="md">
          <Facts facts={factsOf(source)} />
        </Paper>
      </Section>
      <RemoveSource source={source} isOpen={isRemoving} onClose={removing.close} />
      <NewPassword source={source} isOpen={isRenewing} onClose={renewing.close} />
    </Stack>
  );
}

function HealthCard({ source }: TabProps) {
  const { health, checkEveryMinutes, nextCheckAtMs } = source;
  const { state, sinceMs, checkedAtMs, stage, reason, failuresInRow } = health;
  return (
    <Section title="Health">
      <Paper withBorder p="md">
        <Stack gap="sm">
          <Group gap="xs">
            <Health state={state} />
            <Text size="sm">
              since <Moment ms={sinceMs} />
            </Text>
          </Group>
          {state === 'unknown' ? (
            <Text size="sm">
              {checkEveryMinutes === null
                ? 'Nobody watches it: set how often it is checked, and its health is known.'
                : 'It was not checked since it was added, or moved.'}
            </Text>
          ) : null}
          {reason === null ? null : (
            <Text size="sm">
              The latest check ended at “{stage === null ? '–' : stageTitles[stage]}” with{' '}
              <Text span inherit ff="monospace">
                {reason}
              </Text>
              {failuresInRow > 1 ? `, ${failuresInRow} times in a row` : ''}. A test says what to do.
            </Text>
          )}
          <Facts
            facts={[
              ['Last check', <Moment key="last" ms={checkedAtMs} never="never" />],
              ['Checked', sayEvery(checkEveryMinutes)],
              ...(nextCheckAtMs === null ? [] : [['Next check', <Moment key="next" ms={nextCheckAtMs} />] as const]),
            ]}
          />
        </Stack>
      </Paper>
    </Section>
  );
}

function TestCard({ source }: TabProps) {
  const test = useLiveTest();
  const queries = useQueryClient();
  const run = async () => {
    await test.start(`/admin/v1/sources/${encodeURIComponent(source.id)}/test`);
    await queries.invalidateQueries({ queryKey: oneSourceKey });
  };
  const wasRun = test.isRunning || test.verdict !== null || test.problem !== null;
  return (
    <Section title="Test">
      <Paper withBorder p="md">
        <Stack gap="sm">
          {wasRun ? null : (
            <Text size="sm" c="dimmed">
              Dials it and signs in, stage by stage, as whoever asks for its data would.
            </Text>
          )}
          <Group>
            <Button
              variant={source.health.state === 'unknown' && !wasRun ? 'filled' : 'default'}
              leftSection={<IconPlugConnected size={18} aria-hidden />}
              onClick={() => void run()}
              loading={test.isRunning}
            >
              {wasRun ? 'Test again' : 'Test'}
            </Button>
          </Group>
          <TestResult test={test} engine={source.engine} />
        </Stack>
      </Paper>
    </Section>
  );
}

const purposes = { read: 'Read', read_write: 'Read and write' } as const;

function factsOf(source: Source): readonly (readonly [string, ReactNode])[] {
  const { limits, tls } = source;
  const isFile = engines[source.engine].isFile;
  return [
    ['Description', source.description ?? '–'],
    ['Engine', engines[source.engine].title],
    ['Place', placeOf(source)],
    ...(isFile
      ? []
      : ([
          ['User name at the database', source.username],
          ['Password', sayCredential(source)],
          ['Set', <Moment key="set" ms={source.credentialSetAtMs} />],
          [
            'TLS',
            `${tls.mode}${tls.ca === null ? '' : ', own authority'}${tls.clientCertificate === null ? '' : ', client certificate'}`,
          ],
        ] as const)),
    ['Purpose', purposes[source.purpose]],
    ['Organisation', source.organisation],
    ['Connections at once', `${limits.connections}`],
    ['Connecting takes at most', sayDuration(limits.connectMs)],
    ['A statement takes at most', sayDuration(limits.statementMs)],
    ['Tables expected at most', limits.catalogTables.toLocaleString('en')],
    ['Webhook', source.webhookUrl ?? 'none'],
    ['Added', <Moment key="added" ms={source.createdAtMs} />],
    ['Changed', <Moment key="changed" ms={source.updatedAtMs} />],
  ];
}

function sayCredential({ credential }: Source): string {
  if (credential === 'stored') return 'kept sealed here';
  return credential.startsWith('env:') ? `variable ${credential.slice(4)}` : `file ${credential.slice(5)}`;
}
