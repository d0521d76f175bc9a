/** A test as it goes on: the stages lighting up one by one, then what was found, why, and who can mend it. @module */
import { Alert, Anchor, Box, Group, Loader, Stack, Text } from '@mantine/core';
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleMinus,
  IconCircleX,
  IconUserQuestion,
} from '@tabler/icons-react';
import { Waiting } from '../../parts/data-table';
import { sayDuration } from '../../parts/moment';
import { ProblemAlert } from '../../parts/problem-alert';
import type { Engine } from './engines';
import type { LiveTest } from './live-test';
import classes from './sources.module.css';
import { type ShownStage, sayAudience, sayEvidence, shownStages, stageTitles, type Verdict } from './stage-words';

export function TestResult({
  test,
  engine,
  showsStages = true,
  onShowField,
}: {
  readonly test: Pick<LiveTest, 'rows' | 'isRunning' | 'verdict' | 'problem'>;
  readonly engine: Engine | null;
  /** Whoever may not diagnose is told the outcome alone, so nothing is waited for stage by stage. */
  readonly showsStages?: boolean;
  /** Leads to the input the verdict names; absent where there is no form. */
  readonly onShowField?: ((field: string) => void) | undefined;
}) {
  const { rows, isRunning, verdict, problem } = test;
  const shown = shownStages(rows, verdict?.engine ?? engine, isRunning && showsStages);
  return (
    <Stack gap="sm">
      <ProblemAlert problem={problem} />
      {isRunning && !showsStages ? <Waiting text="Testing" /> : null}
      {shown.length === 0 ? null : (
        <Stack component="ol" gap={0} p={0} m={0} className={classes['stages']} aria-label="Stages of the connection">
          {shown.map((stage) => (
            <StageItem key={stage.name} stage={stage} />
          ))}
        </Stack>
      )}
      {/* Said once, when it is over: nobody wants nine announcements. */}
      <Box role="status">{verdict === null ? null : <VerdictAlert verdict={verdict} onShowField={onShowField} />}</Box>
    </Stack>
  );
}

function StageItem({ stage: { name, state, row } }: { readonly stage: ShownStage }) {
  const isQuiet = state === 'waiting' || state === 'skip';
  const evidence = row === null || state === 'pass' || state === 'skip' ? '' : sayEvidence(row.evidence);
  return (
    <Group component="li" gap="sm" wrap="nowrap" align="flex-start" className={classes['stage']} data-state={state}>
      <Box mt={2} className={classes['sign']} aria-hidden>
        <Sign state={state} />
      </Box>
      <Box style={{ flex: 1, minWidth: 0 }}>
        <Group gap="xs" justify="space-between" wrap="nowrap" align="baseline">
          <Text size="sm" fw={isQuiet ? 400 : 500} c={isQuiet ? 'dimmed' : undefined}>
            {stageTitles[name]}
            <span className={classes['unseen']}>: {stateWords[state]}</span>
          </Text>
          <Text size="xs" c="dimmed" ff="monospace" style={{ whiteSpace: 'nowrap' }}>
            {row === null ? '' : row.status === 'skip' ? 'not reached' : sayDuration(row.ms)}
          </Text>
        </Group>
        {row === null || (state !== 'warn' && state !== 'fail') ? null : (
          <>
            <Text size="xs" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
              {row.reason}
            </Text>
            {state === 'warn' && row.fix !== null ? <Text size="xs">{row.fix}</Text> : null}
            {evidence === '' ? null : (
              <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                {evidence}
              </Text>
            )}
          </>
        )}
      </Box>
    </Group>
  );
}

const stateWords: Readonly<Record<ShownStage['state'], string>> = {
  waiting: 'waiting',
  running: 'under way',
  pass: 'passed',
  warn: 'passed with a warning',
  fail: 'failed',
  skip: 'not reached',
};

function Sign({ state }: { readonly state: ShownStage['state'] }) {
  switch (state) {
    case 'running':
      return <Loader size={18} />;
    case 'pass':
      return <IconCircleCheck size={18} />;
    case 'warn':
      return <IconAlertTriangle size={18} />;
    case 'fail':
      return <IconCircleX size={18} />;
    case 'skip':
      return <IconCircleMinus size={18} />;
    case 'waiting':
      return <IconCircleDashed size={18} />;
  }
}

/** What was found, in words; nothing but the outcome for whoever may not see more. */
export function VerdictAlert({
  verdict,
  onShowField,
}: {
  readonly verdict: Verdict;
  readonly onShowField?: ((field: string) => void) | undefined;
}) {
  const { outcome, stage, reason, fix, field, audience, retryable, serverVersion, totalMs } = verdict;
  if (outcome === 'passed') {
    const where = serverVersion === null ? 'It can be reached' : `Connected to ${serverVersion}`;
    return (
      <Alert color="green" variant="light" icon={<IconCircleCheck aria-hidden />} title="Passed">
        <Text size="sm">{totalMs === null ? `${where}.` : `${where} in ${sayDuration(totalMs)}.`}</Text>
      </Alert>
    );
  }
  if (reason === null) {
    return (
      <Alert color="red" variant="light" icon={<IconCircleX aria-hidden />} title="Failed">
        <Text size="sm">
          Your role does not show why. Somebody who may diagnose connections sees the stage, the reason and the fix.
        </Text>
      </Alert>
    );
  }
  const who = sayAudience(audience);
  return (
    <Alert
      color="red"
      variant="light"
      icon={<IconCircleX aria-hidden />}
      title={stage === null ? 'Failed' : `Failed at “${stageTitles[stage]}”`}
    >
      <Stack gap={6}>
        {fix === null ? null : <Text size="sm">{fix}</Text>}
        {who === null ? null : (
          <Group gap={6} wrap="nowrap" align="flex-start">
            <IconUserQuestion size={16} aria-hidden style={{ flexShrink: 0, marginTop: 3 }} />
            <Text size="sm">Who can mend it: {who}.</Text>
          </Group>
        )}
        {retryable === true ? (
          <Text size="sm">The same test could pass later without anybody changing anything.</Text>
        ) : null}
        {field === null || onShowField === undefined ? null : (
          <Anchor component="button" type="button" size="sm" ta="left" onClick={() => onShowField(field)}>
            Show the field
          </Anchor>
        )}
        <Text size="xs" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
          {reason}
        </Text>
      </Stack>
    </Alert>
  );
}
