/**
 * Adding a source: the engine first, then where it is; a test whose stages light up one by one and which marks the very
 * input that is wrong; then saving. What was typed stays until it is saved.
 *
 * @module
 */
import { Button, Divider, Grid, Group, Paper, Select, Stack, Text } from '@mantine/core';
import { IconPlugConnected } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { api, problemOf, unwrap } from '../../api/client';
import { useMay, useMe } from '../../api/session';
import { useAnnounce } from '../../parts/announcer';
import { EmptyState } from '../../parts/empty-state';
import { Page } from '../../parts/page';
import { ProblemAlert } from '../../parts/problem-alert';
import { ShownOnce } from '../../parts/shown-once';
import { ButtonTo, To } from '../../parts/to';
import { Foldable } from './foldable';
import { FurtherFields, PurposeField } from './further-fields';
import { useLiveTest } from './live-test';
import { NamingFields } from './naming-fields';
import { pathOf } from './one-source';
import { CredentialFields, EngineField, PlaceFields } from './place-fields';
import { connectionOf, emptyDraft, furtherFields, isTestable, newSourceOf, withEngine } from './source-draft';
import classes from './sources.module.css';
import { TestResult } from './stage-list';
import { TlsFields } from './tls-fields';
import { useForm } from './use-form';

export function AddSource() {
  const form = useForm(emptyDraft);
  const { draft, faults, change, showField, markProblem, markVerdict } = form;
  const test = useLiveTest();
  /** What was tested last: another draft is another question. */
  const [tested, setTested] = useState<string | null>(null);
  const formElement = useRef<HTMLFormElement>(null);
  const may = useMay();
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [, go] = useLocation();

  const question = JSON.stringify(connectionOf(draft));
  const isCurrent = tested === question;
  const hasPassed = isCurrent && test.verdict?.outcome === 'passed';

  const runTest = async () => {
    form.clearFaults();
    setTested(question);
    const { report, problem } = await test.start('/admin/v1/connections/test', connectionOf(draft));
    if (problem !== null) markProblem(problem);
    else markVerdict(report);
  };

  const saving = useMutation({
    mutationFn: () => unwrap(api.POST('/admin/v1/sources', { body: newSourceOf(draft) })),
    onSuccess: async (source) => {
      await queries.invalidateQueries({ queryKey: ['sources'] });
      announce(`Source ${source.name} was added.`);
      // The key of the webhook is shown once, so whoever sees it leaves by themselves.
      if (source.webhookKey === undefined) go(pathOf(source));
    },
    onError: (thrown) => {
      const problem = problemOf(thrown);
      markProblem(problem);
      // What is wrong may be far above the button.
      if (problem.field !== undefined) showField(formElement.current, problem.field);
    },
  });

  const added = saving.data;
  if (added?.webhookKey !== undefined) {
    return (
      <Page title={`Source ${added.name} was added`}>
        <ShownOnce what="Key that signs the webhook" value={added.webhookKey} />
        <Group>
          <ButtonTo href={pathOf(added)}>Open {added.name}</ButtonTo>
        </Group>
      </Page>
    );
  }

  if (!may('sources.manage')) {
    return (
      <Page title="Add a source">
        <EmptyState
          title="Not with your roles"
          text="Sources are added by whoever may manage them. Ask an administrator of your organisation."
          action={<ButtonTo href="/sources">To the sources</ButtonTo>}
        />
      </Page>
    );
  }

  const fields = { draft, faults, onChange: change };
  const show = (field: string) => {
    showField(formElement.current, field);
  };
  return (
    <Page
      title="Add a source"
      text="A database that Latchkey guards. Nobody reaches it until a role is granted some of it."
      actions={
        <To href="/sources" size="sm">
          All sources
        </To>
      }
    >
      <form
        ref={formElement}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          saving.mutate();
        }}
      >
        <Grid gap="lg">
          <Grid.Col span={{ base: 12, md: 7 }}>
            <Stack gap="lg">
              <EngineField
                value={draft.engine}
                onChange={(engine) => {
                  form.replace(withEngine(draft, engine));
                  test.reset();
                }}
              />
              <PlaceFields {...fields} />
              <CredentialFields {...fields} />
              <TlsFields {...fields} />
              <Divider />
              <NamingFields
                {...fields}
                hint="What it is called here and in every API: a lower-case letter, then letters, digits, _ and -."
              />
              {may('directory.manage') ? (
                <OrganisationField
                  value={draft.organisation}
                  fault={faults['organisation']}
                  onChange={(organisation) => change({ organisation }, 'organisation')}
                />
              ) : null}
              <PurposeField {...fields} />
              <Foldable title="More settings" isNeeded={furtherFields.some((name) => faults[name] !== undefined)}>
                <FurtherFields {...fields} />
              </Foldable>
            </Stack>
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 5 }}>
            <Paper withBorder p="md" className={classes['beside']}>
              <Stack gap="sm">
                {isTestable(draft) && may('connections.test') ? (
                  <Button
                    variant={hasPassed ? 'default' : 'filled'}
                    leftSection={<IconPlugConnected size={18} aria-hidden />}
                    onClick={() => void runTest()}
                    loading={test.isRunning}
                  >
                    {tested === null ? 'Test' : 'Test again'}
                  </Button>
                ) : null}
                <TestResult
                  test={test}
                  engine={draft.engine}
                  showsStages={may('connections.diagnose')}
                  onShowField={show}
                />
                {test.verdict !== null && !isCurrent ? (
                  <Text size="sm">Something was changed since this test.</Text>
                ) : null}
                <ProblemAlert problem={saving.error === null ? null : problemOf(saving.error)} />
                <Button type="submit" variant={hasPassed ? 'filled' : 'default'} loading={saving.isPending}>
                  Add source
                </Button>
                {hasPassed ? null : (
                  <Text size="sm" c="dimmed">
                    {isTestable(draft)
                      ? `${isCurrent && test.verdict !== null ? 'The test did not pass' : 'Not tested as it stands'}: it can be added all the same, and tested afterwards.`
                      : 'What a variable or a file holds is read by the service alone: add the source, then test it.'}
                  </Text>
                )}
              </Stack>
            </Paper>
          </Grid.Col>
        </Grid>
      </form>
    </Page>
  );
}

function OrganisationField({
  value,
  fault,
  onChange,
}: {
  readonly value: string;
  readonly fault: string | undefined;
  readonly onChange: (uid: string) => void;
}) {
  const { user } = useMe();
  const { data } = useQuery({
    queryKey: ['organisations', 'choice'],
    queryFn: () => unwrap(api.GET('/admin/v1/organisations', { params: { query: { limit: 1_000 } } })),
  });
  const others = (data?.items ?? []).filter(({ uid }) => uid !== user.organisation.uid);
  return (
    <Select
      label="Organisation"
      description="Whose source it is. Its roles are those that can be granted something of it."
      name="organisation"
      data={[
        { value: '', label: `${user.organisation.name} (yours)` },
        ...others.map(({ uid, name }) => ({ value: uid, label: name })),
      ]}
      value={value}
      onChange={(uid) => onChange(uid ?? '')}
      error={fault}
      allowDeselect={false}
      searchable
    />
  );
}
