/**
 * What a source holds: its schemas, the tables of one, one table. Which of them is open stands in the address. A schema
 * of thousands of tables is listed a hundred at a time and searched as a whole.
 *
 * @module
 */
import { Breadcrumbs, Button, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { problemOf } from '../../api/client';
import { type Column as ListColumn, Rows, Waiting } from '../../parts/data-table';
import { EmptyState } from '../../parts/empty-state';
import { ProblemAlert } from '../../parts/problem-alert';
import { ButtonTo, To } from '../../parts/to';
import { foundAtMost, type Schema, type Table, useFoundTables, useSchemas, useTables } from './catalog';
import { useFocusOnChange } from './focus-on-change';
import { pathOf, pathOfReference, referenceOf } from './one-source';
import type { TabProps } from './source-page';
import { TableView } from './table-view';
import { kindWords, tableHref } from './table-words';

const shownAtOnce = 100;
const typingMs = 300;

export function SchemaTab({ source }: TabProps) {
  const [search] = useSearchParams();
  const { data: schemas, error } = useSchemas(referenceOf(source));
  const table = search.get('table');
  const [only] = schemas ?? [];
  const schema = search.get('schema') ?? (schemas?.length === 1 ? (only?.name ?? null) : null);
  const heading = useFocusOnChange<HTMLHeadingElement>(schemas === undefined ? null : JSON.stringify([schema, table]));
  if (error !== null) return <Unreadable source={referenceOf(source)} error={error} />;
  if (schemas === undefined) return <Waiting text="Reading the catalogue" />;
  const trail = (
    <Breadcrumbs separator="›" aria-label="Place in the catalogue" component="nav" style={{ flexWrap: 'wrap' }}>
      <To href={`${pathOf(source)}?tab=schema`} size="sm">
        Schemas
      </To>
      {schema === null || table === null ? null : (
        <To href={`${pathOf(source)}?${new URLSearchParams({ tab: 'schema', schema })}`} size="sm">
          {schema}
        </To>
      )}
    </Breadcrumbs>
  );
  return (
    <Stack gap="md">
      {schema === null || (schemas.length === 1 && table === null) ? null : trail}
      {/* Always the same element, whatever stands below: where the keyboard is put when that becomes something else. */}
      <Title order={2} size="h4" tabIndex={-1} ref={heading} style={{ outline: 'none', overflowWrap: 'anywhere' }}>
        {schema === null ? 'Schemas' : (table ?? `Schema ${schema}`)}
      </Title>
      {schema === null ? (
        <SchemaList source={referenceOf(source)} schemas={schemas} />
      ) : table === null ? (
        <TableList key={schema} source={referenceOf(source)} schema={schema} />
      ) : (
        <TableView source={referenceOf(source)} schema={schema} name={table} />
      )}
    </Stack>
  );
}

function SchemaList({ source, schemas }: { readonly source: string; readonly schemas: readonly Schema[] }) {
  const [word, setWord] = useState('');
  const [asked] = useDebouncedValue(word.trim(), typingMs);
  const found = useFoundTables(source, asked);
  if (schemas.length === 0) {
    return (
      <EmptyState
        title="The account sees no schema"
        text="Preflight says which grants it needs, in statements to copy."
        action={<ButtonTo href={`${pathOfReference(source)}?tab=preflight`}>To the preflight</ButtonTo>}
      />
    );
  }
  return (
    <Stack gap="md">
      <TextInput
        label="Search tables of every schema"
        description="By a part of the name, as it is spelt."
        type="search"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={word}
        onChange={(event) => setWord(event.currentTarget.value)}
        maw={480}
      />
      {asked === '' ? (
        <Rows label="Schemas" rows={schemas} columns={schemaColumns(source)} rowKey={({ name }) => name} />
      ) : found.error !== null ? (
        <Unreadable source={source} error={found.error} />
      ) : found.data === undefined ? (
        <Waiting text="Searching" />
      ) : found.data.length === 0 ? (
        <EmptyState
          title="No table is called so"
          text="Capital and small letters count. Try a shorter part of the name."
        />
      ) : (
        <>
          <Text size="sm" role="status">
            {found.data.length >= foundAtMost ? `The first ${foundAtMost}` : found.data.length} found
          </Text>
          <Rows
            label="Tables found"
            rows={found.data}
            columns={tableColumns(source, true)}
            rowKey={({ schema, name }) => JSON.stringify([schema, name])}
          />
        </>
      )}
    </Stack>
  );
}

function TableList({ source, schema }: { readonly source: string; readonly schema: string }) {
  const [word, setWord] = useState('');
  const [shown, setShown] = useState(shownAtOnce);
  const { data, error } = useTables(source, schema);
  if (error !== null) return <Unreadable source={source} error={error} />;
  const wanted = word.trim().toLowerCase();
  const fitting =
    data?.tables.filter(
      ({ name, comment }) => name.toLowerCase().includes(wanted) || comment?.toLowerCase().includes(wanted) === true,
    ) ?? [];
  return (
    <Stack gap="md">
      {data === undefined ? (
        <Waiting text="Reading the catalogue" />
      ) : data.tables.length === 0 ? (
        <EmptyState
          title="The account sees no table here"
          text="Either there is none, or it was granted none. Preflight tells which."
          action={<ButtonTo href={`${pathOfReference(source)}?tab=preflight`}>To the preflight</ButtonTo>}
        />
      ) : (
        <>
          <Group align="flex-end" gap="sm">
            <TextInput
              label="Search"
              placeholder="Name or comment"
              type="search"
              leftSection={<IconSearch size={16} aria-hidden />}
              value={word}
              onChange={(event) => {
                setWord(event.currentTarget.value);
                setShown(shownAtOnce);
              }}
              style={{ flex: '1 1 220px', maxWidth: 480 }}
            />
            <Text size="sm" role="status" pb={8}>
              {fitting.length.toLocaleString('en')} of {data.tables.length.toLocaleString('en')}
              {data.isWhole ? '' : ' read; there are more'}
            </Text>
          </Group>
          {data.faults === 0 ? null : (
            <Text size="sm">{data.faults} objects could not be read whole. Preflight says what the account lacks.</Text>
          )}
          {fitting.length === 0 ? (
            <EmptyState title="No table fits" text="Take back a part of the search." />
          ) : (
            <Rows
              label={`Tables of ${schema}`}
              rows={fitting.slice(0, shown)}
              columns={tableColumns(source, false)}
              rowKey={({ name }) => name}
            />
          )}
          {fitting.length <= shown ? null : (
            <Group justify="center">
              <Button variant="default" onClick={() => setShown((before) => before + shownAtOnce)}>
                Show {Math.min(shownAtOnce, fitting.length - shown)} more of {fitting.length.toLocaleString('en')}
              </Button>
            </Group>
          )}
        </>
      )}
    </Stack>
  );
}

/** A reading that failed, and the way to learn why. */
export function Unreadable({ source, error }: { readonly source: string; readonly error: unknown }) {
  const problem = problemOf(error);
  return (
    <Stack gap="sm" align="flex-start">
      <ProblemAlert problem={problem} />
      {problem.code === 'sources.unreachable' ? (
        <ButtonTo href={pathOfReference(source)} variant="default">
          Test the source
        </ButtonTo>
      ) : null}
    </Stack>
  );
}

function schemaColumns(source: string): readonly ListColumn<Schema>[] {
  return [
    {
      title: 'Schema',
      cell: ({ name }) => (
        <To href={`${pathOfReference(source)}?${new URLSearchParams({ tab: 'schema', schema: name })}`} fw={600}>
          {name}
        </To>
      ),
    },
    { title: 'Owner', cell: ({ owner }) => owner ?? '–', isEmpty: ({ owner }) => owner === null },
    { title: 'Comment', cell: ({ comment }) => comment ?? '–', isEmpty: ({ comment }) => comment === null },
  ];
}

function tableColumns(source: string, hasSchema: boolean): readonly ListColumn<Table>[] {
  const schema: ListColumn<Table> = { title: 'Schema', cell: (table) => table.schema };
  return [
    {
      title: 'Name',
      cell: (table) => (
        <To href={tableHref(source, table.schema, table.name)} fw={600}>
          {table.name}
        </To>
      ),
    },
    ...(hasSchema ? [schema] : []),
    { title: 'Kind', cell: ({ kind, isPartitioned }) => `${kindWords[kind]}${isPartitioned ? ', partitioned' : ''}` },
    {
      title: 'Rows, about',
      align: 'right',
      cell: ({ rowEstimate }) => rowEstimate?.toLocaleString('en') ?? '–',
      isEmpty: ({ rowEstimate }) => rowEstimate === null,
    },
    { title: 'Comment', cell: ({ comment }) => comment ?? '–', isEmpty: ({ comment }) => comment === null },
  ];
}
