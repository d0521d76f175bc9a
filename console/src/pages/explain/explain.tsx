/** Why somebody may do something with a dataset, or may not: the rule that decides, and what would change it. @module */
import { Autocomplete, Button, Group, Paper, Select, SimpleGrid, Stack, TagsInput, Text } from '@mantine/core';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { type Operation, useDatasets, useOne, useSources } from '../../api/access';
import { api, unwrap } from '../../api/client';
import { useMay, useMe } from '../../api/session';
import { ChooseUser } from '../../parts/choose-user';
import { Waiting } from '../../parts/data-table';
import { Page } from '../../parts/page';
import { ProblemAlert } from '../../parts/problem-alert';
import { useTables } from '../roles/catalog';
import { operationWords } from '../roles/draft';
import { Reach } from './reach';
import { Verdict } from './verdict';

/** As it stands in the address, so that an answer can be passed on as a link. */
export interface Question {
  /** `null`: oneself. */
  readonly user: string | null;
  readonly source: string;
  readonly object: string;
  readonly operation: Operation;
  readonly columns: readonly string[];
}

export function Explain() {
  const may = useMay();
  const me = useMe();
  const [asked, setAsked] = useSearchParams();
  const managesAll = may('directory.manage');
  const question = readQuestion(asked, managesAll ? me.user.username : null);
  const isAsked = question.source !== '' && question.object !== '';
  const answer = useOne(
    ['explain', question],
    () => {
      const { user, source, object, operation, columns } = question;
      const query = {
        ...{ source, object, operation },
        ...(user === null ? {} : { user }),
        ...(columns.length === 0 ? {} : { columns: columns.join(',') }),
      };
      return unwrap(api.GET('/data/v1/explain', { params: { query } }));
    },
    { enabled: isAsked },
  );
  return (
    <Page
      title="Explain access"
      text={
        managesAll
          ? 'Whether somebody may do something with a table or named query, which rule decides, and what would change it.'
          : 'Whether you may do something with a table or named query, and which rule decides.'
      }
    >
      <Form
        question={question}
        onAsk={({ user, source, object, operation, columns }) =>
          setAsked({
            ...(user === null ? {} : { user }),
            ...(source === '' ? {} : { source }),
            ...(object === '' ? {} : { object }),
            operation,
            ...(columns.length === 0 ? {} : { columns: columns.join(',') }),
          })
        }
      />
      <div aria-live="polite">
        {!isAsked ? (
          <Reach user={question.user} />
        ) : answer.isLoading ? (
          <Waiting text="Asking" />
        ) : answer.found === undefined ? (
          <ProblemAlert problem={answer.problem} />
        ) : (
          <Verdict question={question} answer={answer.found} />
        )}
      </div>
    </Page>
  );
}

/** @param managerName  Of who manages the directory, for whom asking about themselves by name is the fuller answer. */
function readQuestion(asked: URLSearchParams, managerName: string | null): Question {
  const operation = operationWords.find(({ name }) => name === asked.get('operation'))?.name ?? 'query';
  return {
    user: managerName === null ? null : (asked.get('user') ?? managerName),
    source: asked.get('source') ?? '',
    object: asked.get('object') ?? asked.get('dataset') ?? '',
    operation,
    columns: (asked.get('columns') ?? '').split(',').filter((name) => name !== ''),
  };
}

/** Fields side by side stand in one line when what explains them comes after. */
const below: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'description', 'error'];

function Form({ question, onAsk }: { readonly question: Question; readonly onAsk: (question: Question) => void }) {
  const may = useMay();
  const [draft, setDraft] = useState(question);
  // Another address asks something else; the fields stay, and with them the keyboard's place.
  const address = JSON.stringify(question);
  const [shown, setShown] = useState(address);
  if (shown !== address) {
    setShown(address);
    setDraft(question);
  }
  const put = (part: Partial<Question>) => setDraft((before) => ({ ...before, ...part }));
  const { sources, objects } = useChoices(draft.source);
  const isReady = draft.source !== '' && draft.object !== '';
  return (
    <Paper withBorder p="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) onAsk(draft);
        }}
      >
        <Stack>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            {may('directory.manage') ? (
              <ChooseUser
                label="Who"
                placeholder="Yourself"
                value={draft.user}
                onChange={(user) => {
                  put({ user });
                  // What somebody reaches is shown at once; one dataset is asked about with the button.
                  if (!isReady) onAsk({ ...draft, user });
                }}
              />
            ) : null}
            <Select
              label="Wants to"
              data={operationWords.map(({ name }) => name)}
              value={draft.operation}
              onChange={(name) => put({ operation: (name ?? 'query') as Operation })}
              allowDeselect={false}
            />
            <Autocomplete
              label="Source"
              data={sources}
              value={draft.source}
              onChange={(source) => put({ source })}
              required
            />
            <Autocomplete
              label="Dataset"
              description="Its name, or schema.table."
              inputWrapperOrder={below}
              data={objects}
              limit={100}
              value={draft.object}
              onChange={(object) => put({ object })}
              required
            />
            <TagsInput
              label="Columns"
              description="To be read, or given by an insert or update. None: any."
              inputWrapperOrder={below}
              value={[...draft.columns]}
              onChange={(columns) => put({ columns })}
              splitChars={[',']}
              acceptValueOnBlur
            />
          </SimpleGrid>
          <Group>
            <Button type="submit" disabled={!isReady}>
              Explain
            </Button>
            {isReady ? null : (
              <Text size="sm" c="dimmed">
                Name the source and the dataset.
              </Text>
            )}
          </Group>
        </Stack>
      </form>
    </Paper>
  );
}

/** What can be offered: to who grants, everything that could be granted; to everybody else, what they may use. */
function useChoices(source: string): { readonly sources: string[]; readonly objects: string[] } {
  const may = useMay();
  const grants = may('directory.manage') || may('sources.manage');
  const governed = useSources(grants && may('sources.inspect'));
  const own = useOne(
    ['data', 'explain-choices'],
    async () => (await unwrap(api.GET('/data/v1', { params: { query: { limit: 1_000 } } }))).items,
    { enabled: !grants && may('data.use') },
  );
  const isKnown = governed.found?.some(({ name }) => name === source) === true;
  const datasets = useDatasets(grants && isKnown ? source : null);
  const tables = useTables(grants && isKnown ? source : '', '');
  const names = [...(governed.found ?? []).map(({ name }) => name), ...(own.found ?? []).map((one) => one.source)];
  const objects = [
    ...(datasets.found ?? []).map(({ name }) => name),
    ...(tables.found?.tables ?? []).map(({ schema, name }) => `${schema}.${name}`),
    ...(own.found ?? []).filter((one) => one.source === source).map(({ name }) => name),
  ];
  return { sources: [...new Set(names)], objects: [...new Set(objects)] };
}
