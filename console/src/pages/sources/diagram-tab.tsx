/**
 * Tables of a schema and how they reference each other, as a drawing and as a list that says the same. Large schemas
 * are shown around a table.
 *
 * @module
 */
import { Group, List, Select, Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { Waiting } from '../../parts/data-table';
import { EmptyState } from '../../parts/empty-state';
import { Section } from '../../parts/page';
import { To } from '../../parts/to';
import { type Table, useSchemas, useTables } from './catalog';
import { ErDiagram } from './er-diagram';
import { chooseTables, layOut, maxTables } from './er-layout';
import { referenceOf } from './one-source';
import { Unreadable } from './schema-tab';
import type { TabProps } from './source-page';
import { tableHref } from './table-words';

/** Above it, boxes have keys alone: all columns of thousands of tables are many megabytes. */
const describedAtMost = 300;
const offeredAtOnce = 50;

export function DiagramTab({ source }: TabProps) {
  const [search, setSearch] = useSearchParams();
  const schemas = useSchemas(referenceOf(source));
  const [first] = schemas.data ?? [];
  const named = search.get('schema');
  const schema = named ?? first?.name ?? null;
  const names = useTables(referenceOf(source), schema);
  const count = names.data?.tables.length;
  const include = count !== undefined && count <= describedAtMost ? 'columns,keys' : 'keys';
  const keyed = useTables(referenceOf(source), schema, include, count !== undefined);
  const error = schemas.error ?? names.error ?? keyed.error;
  if (error !== null) return <Unreadable source={referenceOf(source)} error={error} />;
  if (schemas.data === undefined) return <Waiting text="Reading the catalogue" />;
  if (schema === null)
    return <EmptyState title="The account sees no schema" text="Preflight says which grants it needs." />;
  const around = search.get('around');
  const show = (next: { readonly schema: string; readonly around?: string | null }) =>
    setSearch({
      ...{ tab: 'diagram', schema: next.schema },
      ...(next.around === null || next.around === undefined ? {} : { around: next.around }),
    });
  return (
    <Stack gap="md">
      <Group gap="sm" align="flex-end">
        <Select
          label="Schema"
          data={schemas.data.map(({ name }) => name)}
          value={schema}
          onChange={(value) => (value === null ? undefined : show({ schema: value }))}
          allowDeselect={false}
          searchable
          limit={offeredAtOnce}
          style={{ flex: '1 1 180px', maxWidth: 280 }}
        />
        <Select
          key={schema}
          label="Around"
          placeholder={count !== undefined && count > maxTables ? 'The best connected' : 'Everything'}
          data={names.data?.tables.map(({ name }) => name) ?? []}
          value={around}
          onChange={(value) => show({ schema, around: value })}
          searchable
          clearable
          clearButtonProps={{ 'aria-label': 'Around no table' }}
          limit={offeredAtOnce}
          nothingFoundMessage="No such table"
          style={{ flex: '1 1 220px', maxWidth: 360 }}
        />
      </Group>
      {keyed.data === undefined ? (
        <Waiting text="Reading keys" />
      ) : keyed.data.tables.length === 0 ? (
        <EmptyState
          title="The account sees no table here"
          text="Choose another schema, or let preflight say what it lacks."
        />
      ) : (
        <Drawing
          key={`${schema} ${around}`}
          source={referenceOf(source)}
          schema={schema}
          tables={keyed.data.tables}
          around={around}
        />
      )}
    </Stack>
  );
}

function Drawing({
  source,
  schema,
  tables,
  around,
}: {
  readonly source: string;
  readonly schema: string;
  readonly tables: readonly Table[];
  readonly around: string | null;
}) {
  const { boxes, relations } = useMemo(() => layOut(chooseTables(tables, around)), [tables, around]);
  return (
    <>
      <Text size="sm" role="status">
        {boxes.length} of {tables.length.toLocaleString('en')} tables, {relations.length} foreign keys between them.
        {boxes.length < tables.length && boxes.length >= maxTables ? ' Choose a table to see what is around it.' : ''}
      </Text>
      <ErDiagram source={source} schema={schema} boxes={boxes} relations={relations} marked={around} />
      <Section title="The same as a list">
        {relations.length === 0 ? (
          <Text size="sm">None of these tables references another.</Text>
        ) : (
          <List size="sm">
            {relations.map(({ id, from, to, columns, toColumns }) => (
              <List.Item key={id} style={{ overflowWrap: 'anywhere' }}>
                <To href={tableHref(source, schema, from)} size="sm" underline="always">
                  {from}
                </To>{' '}
                ({columns.join(', ')}) →{' '}
                <To href={tableHref(source, schema, to)} size="sm" underline="always">
                  {to}
                </To>{' '}
                ({toColumns.join(', ')})
              </List.Item>
            ))}
          </List>
        )}
      </Section>
    </>
  );
}
