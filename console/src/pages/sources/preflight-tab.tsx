/**
 * Whether a source is ready for work: the checks as they end, what needs a hand first, and the statements that would
 * mend it.
 *
 * @module
 */
import { Alert, Badge, Button, Code, Group, Paper, Stack, TagsInput, Text, Title } from '@mantine/core';
import { IconListCheck } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { EmptyState } from '../../parts/empty-state';
import { sayDuration } from '../../parts/moment';
import { Section } from '../../parts/page';
import { Status, type Tone } from '../../parts/status';
import { engines } from './engines';
import { Foldable } from './foldable';
import { type CheckRow, type Preflight, useLivePreflight } from './live-test';
import { oneSourceKey } from './one-source';
import type { TabProps } from './source-page';
import classes from './sources.module.css';
import { TestResult } from './stage-list';
import { sayAudience, sayEvidence } from './stage-words';
import { Statements } from './statements';

const outcomes: Readonly<
  Record<NonNullable<Preflight['status']>, { readonly tone: Tone; readonly title: string; readonly text: string }>
> = {
  ready: { tone: 'good', title: 'Ready', text: 'Nothing stands in the way of work.' },
  partial: {
    tone: 'warning',
    title: 'Ready in part',
    text: 'Work goes on; somebody should look at what is marked below.',
  },
  not_ready: { tone: 'bad', title: 'Not ready', text: 'Work would fail: a blocking check did not pass.' },
};

const states: Readonly<Record<CheckRow['status'], { readonly tone: Tone; readonly word: string }>> = {
  fail: { tone: 'bad', word: 'Failed' },
  warn: { tone: 'warning', word: 'Warning' },
  pass: { tone: 'good', word: 'Passed' },
  skip: { tone: 'idle', word: 'Skipped' },
};

const rank: Readonly<Record<CheckRow['status'], number>> = { fail: 0, warn: 1, pass: 2, skip: 3 };

export function PreflightTab({ source }: TabProps) {
  const run = useLivePreflight();
  const [schemas, setSchemas] = useState<string[]>([]);
  const queries = useQueryClient();
  const { checks, report, isRunning, problem } = run;
  const begin = async () => {
    const path = `/admin/v1/sources/${encodeURIComponent(source.id)}/preflight`;
    await run.start(path, schemas.length === 0 ? {} : { schemas });
    await queries.invalidateQueries({ queryKey: oneSourceKey });
  };
  const isFile = engines[source.engine].isFile;
  const wasRun = isRunning || report !== null || problem !== null;
  const sorted = checks.toSorted((a, b) => rank[a.status] - rank[b.status] || a.number - b.number);
  const open = sorted.filter(({ status }) => status === 'fail' || status === 'warn');
  const passed = sorted.filter(({ status }) => status === 'pass');
  const skipped = sorted.filter(({ status }) => status === 'skip');
  const outcome = report?.status ?? null;
  return (
    <Stack gap="lg">
      <Group align="flex-end" gap="sm">
        {isFile ? null : (
          <TagsInput
            label="Schemas that matter"
            description="Grants are proposed for these. None: whatever the account can use."
            placeholder={schemas.length === 0 ? 'sales' : undefined}
            value={schemas}
            onChange={setSchemas}
            style={{ flex: '1 1 260px', maxWidth: 480 }}
          />
        )}
        <Button
          leftSection={<IconListCheck size={18} aria-hidden />}
          variant={wasRun ? 'default' : 'filled'}
          onClick={() => void begin()}
          loading={isRunning}
        >
          {wasRun ? 'Check again' : 'Check'}
        </Button>
      </Group>
      {wasRun ? null : (
        <EmptyState
          title="Not checked yet"
          text={`Dials the source and asks what work will need: whether it can be reached, what the account may do, how large the catalogue is. ${
            isFile ? '' : 'Nothing is changed; what would mend it is proposed as statements.'
          }`}
        />
      )}
      <div role="status">
        {outcome === null ? null : (
          <Alert
            color={{ ready: 'green', partial: 'yellow', not_ready: 'red' }[outcome]}
            variant="light"
            title={outcomes[outcome].title}
          >
            <Text size="sm">
              {outcomes[outcome].text} {sayCounts(checks)}
              {report?.totalMs === null || report === null ? '' : ` In ${sayDuration(report.totalMs)}.`}
            </Text>
          </Alert>
        )}
        {report !== null && outcome === null ? (
          <Text size="sm">The database was not reached, so it could not be asked.</Text>
        ) : null}
      </div>
      {isRunning || problem !== null || (report !== null && checks.length === 0) ? (
        <Section title="The way there">
          <Paper withBorder p="md" maw={560}>
            <TestResult test={run} engine={source.engine} />
          </Paper>
        </Section>
      ) : null}
      {report === null || report.statements.length === 0 ? null : (
        <Section
          title="Statements that would mend it"
          text="For the database’s administrator to read and run, in this order."
        >
          <Statements label="Statements that would mend it" statements={report.statements} />
        </Section>
      )}
      {open.length === 0 ? null : <CheckList title="Needs a hand" checks={open} />}
      {passed.length === 0 ? null : <CheckList title={isRunning ? 'In order so far' : 'In order'} checks={passed} />}
      {skipped.length === 0 || isRunning ? null : (
        <Foldable title={`Not asked: ${skipped.length}`} isNeeded={false}>
          <CheckList title="Not asked" checks={skipped} />
        </Foldable>
      )}
    </Stack>
  );
}

function sayCounts(checks: readonly CheckRow[]): string {
  return (['fail', 'warn', 'pass', 'skip'] as const)
    .map(
      (status) =>
        [checks.filter((check) => check.status === status).length, states[status].word.toLowerCase()] as const,
    )
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word === 'warning' && count > 1 ? 'warnings' : word}`)
    .join(', ')
    .concat('.');
}

const skips: Readonly<Record<string, string>> = {
  engine_has_none: 'This engine has nothing of the kind.',
  no_tls: 'The connection is not encrypted.',
  no_snapshot: 'No snapshot was taken yet: see Drift.',
  not_a_source: 'Only of stored sources.',
  prior_stage_failed: 'Something before it failed.',
};

function saySkipped(why: string | number | boolean | undefined): string {
  return skips[`${why}`] ?? (why === undefined ? 'Not needed for its purpose.' : `${why}`);
}

function CheckList({ title, checks }: { readonly title: string; readonly checks: readonly CheckRow[] }) {
  return (
    <Section title={title}>
      <Paper withBorder component="ul" p={0} m={0} className={classes['checks']}>
        {checks.map((check) => (
          <li key={check.name} className={classes['check']}>
            <Check check={check} />
          </li>
        ))}
      </Paper>
    </Section>
  );
}

function Check({ check }: { readonly check: CheckRow }) {
  const { status, asks, isBlocking, reason, fix, audience, objects, statements, evidence, ms } = check;
  const isOpen = status === 'fail' || status === 'warn';
  const who = sayAudience(audience);
  const facts = status === 'skip' ? saySkipped(evidence['skipped']) : sayEvidence(evidence);
  return (
    <Stack gap={6}>
      <Group gap="xs" justify="space-between" align="flex-start">
        <Title order={3} size="sm" fw={isOpen ? 600 : 400} style={{ flex: '1 1 240px' }}>
          {asks}
        </Title>
        <Group gap="xs">
          <Badge variant="outline" color="gray" tt="none" c="dimmed">
            {isBlocking ? 'Blocking' : 'Advisory'}
          </Badge>
          <Status tone={states[status].tone}>{states[status].word}</Status>
        </Group>
      </Group>
      {isOpen && fix !== null ? <Text size="sm">{fix}</Text> : null}
      {isOpen && who !== null ? <Text size="sm">Who can mend it: {who}.</Text> : null}
      {objects.length === 0 ? null : (
        <Group gap={6}>
          {objects.map((name) => (
            <Code key={name} style={{ overflowWrap: 'anywhere' }}>
              {name}
            </Code>
          ))}
          {objects.length === 20 ? <Text size="xs">and perhaps more</Text> : null}
        </Group>
      )}
      {isOpen && statements.length > 0 ? (
        <Statements label={`Statements for: ${asks}`} statements={statements} />
      ) : null}
      <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {[reason, facts, status === 'skip' ? '' : sayDuration(ms)]
          .filter((one) => one !== null && one !== '')
          .join(' · ')}
      </Text>
    </Stack>
  );
}
