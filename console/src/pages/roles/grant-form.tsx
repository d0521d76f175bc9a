/** The editor of grants: what on, for whom, which operations, columns and rows; said in one sentence before it is saved. @module */
import { Alert, Autocomplete, Button, Checkbox, Group, Select, Stack, Text } from '@mantine/core';
import { IconQuote } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { mostChoices, type Operation, useOne, useRoles, useSources } from '../../api/access';
import { api, type Problem, problemOf, unwrap } from '../../api/client';
import { useMay } from '../../api/session';
import { Waiting } from '../../parts/data-table';
import { Section } from '../../parts/page';
import { faultOf, ProblemAlert } from '../../parts/problem-alert';
import { useColumns } from './catalog';
import { type Draft, operationWords, type Target, termsOf, writes } from './draft';
import { GrantColumns } from './grant-columns';
import { sayGrant } from './grant-sentence';
import { GrantTarget } from './grant-target';
import { RowFilterEditor } from './row-filter-editor';

export function GrantForm({
  draft: first,
  isNew,
  subject,
  verb,
  onSave,
  children,
}: {
  readonly draft: Draft;
  /** Whom it is for and what it is on cannot be changed afterwards. */
  readonly isNew: boolean;
  /** What the dataset is called, where it is one already. */
  readonly subject?: string;
  /** What the button does. */
  readonly verb: string;
  readonly onSave: (draft: Draft) => Promise<unknown>;
  /** More buttons. */
  readonly children?: ReactNode;
}) {
  const [draft, setDraft] = useState(first);
  const [fault, setFault] = useState<string | null>(null);
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const { role, source, target, operations } = draft;
  const columns = useColumns(source, target);
  const saving = useMutation({ mutationFn: () => onSave(draft) });
  const problem = saving.error === null ? null : problemOf(saving.error);
  const say = (one: Draft) =>
    one.target === null || one.role === ''
      ? null
      : sayGrant(one.role, subject ?? nameOf(one.target), one.source, termsOf(one));
  const sentence = say(draft);
  const isSaid = sentence !== null && (isNew || sentence !== say(first));
  const isQuery = target?.by === 'dataset';
  const isReady = role !== '' && source !== '' && target !== null && operations.length > 0 && fault === null;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) saving.mutate();
      }}
    >
      <Stack gap="xl">
        {isNew ? (
          <Section title="What, and for whom">
            <GrantTarget
              source={source}
              target={target}
              onSource={(name) => change({ source: name })}
              // Columns and rows of another table mean nothing here.
              onTarget={(next) => change({ target: next, ...emptyTerms })}
              problem={problem}
            />
            <RoleChoice source={source} role={role} onChange={(name) => change({ role: name })} problem={problem} />
          </Section>
        ) : null}
        <Section title="Operations">
          <Checkbox.Group
            aria-label="Operations"
            value={[...operations]}
            onChange={(names) => change({ operations: names as Operation[] })}
            {...faultOf(problem, 'operations')}
          >
            <Stack gap="xs">
              {operationWords.map(({ name, text }) => (
                <Checkbox
                  key={name}
                  value={name}
                  label={name}
                  description={text}
                  disabled={isQuery && name !== 'query' && !operations.includes(name)}
                />
              ))}
            </Stack>
          </Checkbox.Group>
          {operations.length === 0 ? (
            <Text size="sm" c="dimmed">
              Choose at least one.
            </Text>
          ) : null}
        </Section>
        <Section title="Columns" text="A mask shows something else in place of the value, wherever it would be seen.">
          {target === null ? (
            <Text size="sm" c="dimmed">
              They are shown when a table is chosen.
            </Text>
          ) : columns.isLoading ? (
            <Waiting text="Reading the columns" />
          ) : (
            <>
              <ProblemAlert problem={columns.problem} title="The columns could not be read" />
              <GrantColumns
                columns={columns.found ?? null}
                terms={draft}
                canWrite={writes(operations)}
                onChange={change}
                problem={problem}
              />
            </>
          )}
        </Section>
        <Section
          title="Rows"
          text="Only rows for which this holds are there for the role; all others do not exist for it."
        >
          <RowFilterEditor
            columns={columns.found ?? null}
            rows={draft.rows}
            onChange={(rows, next) => {
              change({ rows });
              setFault(next);
            }}
            problem={problem}
          />
        </Section>
        <Stack gap="sm">
          {isSaid ? (
            <Alert
              variant="light"
              color="latch"
              icon={<IconQuote aria-hidden />}
              title={isNew ? 'In one sentence' : 'As it would be'}
              role="status"
            >
              <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                {sentence}
              </Text>
            </Alert>
          ) : null}
          <ProblemAlert problem={problem} />
          <Group gap="xs">
            <Button type="submit" loading={saving.isPending} disabled={!isReady}>
              {verb}
            </Button>
            {children}
          </Group>
        </Stack>
      </Stack>
    </form>
  );
}

const emptyTerms = { readable: null, writable: null, masks: {} } as const;

function nameOf(target: Target): string {
  return target.by === 'table' ? target.table : target.name;
}

/** Roles of the source’s organisation; who may not see those is offered the ones that have grants there. */
function RoleChoice({
  source,
  role,
  onChange,
  problem,
}: {
  readonly source: string;
  readonly role: string;
  readonly onChange: (role: string) => void;
  readonly problem: Problem | null;
}) {
  const may = useMay();
  const managesRoles = may('directory.manage');
  const sources = useSources(may('sources.inspect'));
  const organisation = sources.found?.find(({ name }) => name === source)?.organisation ?? null;
  const roles = useRoles(managesRoles ? organisation : null);
  const seen = useOne(
    ['grants', 'roles'],
    async () => (await unwrap(api.GET('/admin/v1/grants', { params: { query: { limit: mostChoices } } }))).items,
    { enabled: !managesRoles },
  );
  if (!managesRoles) {
    return (
      <Autocomplete
        label="Role"
        description="Its name, as whoever manages the directory told you."
        data={[...new Set((seen.found ?? []).map((grant) => grant.role))]}
        value={role}
        onChange={onChange}
        {...faultOf(problem, 'role')}
        required
      />
    );
  }
  const names = (roles.found ?? []).map(({ name }) => name);
  return (
    <>
      <Select
        label="Role"
        description={
          organisation === null ? 'Roles are of the organisation that owns the source.' : `A role of ${organisation}.`
        }
        placeholder={source === '' ? 'Choose a source first' : 'Choose a role'}
        disabled={source === ''}
        data={role === '' || names.includes(role) ? names : [role, ...names]}
        value={role === '' ? null : role}
        onChange={(name) => onChange(name ?? '')}
        searchable
        allowDeselect={false}
        nothingFoundMessage="The organisation has no such role"
        {...faultOf(problem, 'role')}
        required
      />
      <ProblemAlert problem={roles.problem} />
    </>
  );
}
