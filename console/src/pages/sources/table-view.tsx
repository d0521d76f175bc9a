/** One table or view: columns with types and keys, what it references and is referenced by, indexes and rules. @module */
import { Badge, Code, Group, List, Stack, Text } from '@mantine/core';
import { IconShieldPlus } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useMay } from '../../api/session';
import { type Column as ListColumn, Rows, Waiting } from '../../parts/data-table';
import { EmptyState } from '../../parts/empty-state';
import { ButtonTo, To } from '../../parts/to';
import { type Column, type ForeignKey, type Table, useTable, useTables } from './catalog';
import { Facts } from './facts';
import { pathOfReference } from './one-source';
import { Part } from './part';
import { Unreadable } from './schema-tab';
import { grantHref, kindWords, ruleWords, tableHref } from './table-words';

/** In larger schemas looking through every key for the few that lead here is not worth the reading. */
const searchedForReferences = 1_000;

export function TableView({
  source,
  schema,
  name,
}: {
  readonly source: string;
  readonly schema: string;
  readonly name: string;
}) {
  const { data, error } = useTable(source, schema, name);
  const may = useMay();
  if (error !== null) return <Unreadable source={source} error={error} />;
  if (data === undefined) return <Waiting text="Reading the table" />;
  const { table, faults } = data;
  if (table === null) {
    return (
      <EmptyState
        title="There is no such table"
        text="It was dropped or renamed, or the account does not see it any more."
        action={
          <ButtonTo href={`${pathOfReference(source)}?${new URLSearchParams({ tab: 'schema', schema })}`}>
            To the tables of {schema}
          </ButtonTo>
        }
      />
    );
  }
  return (
    <Stack gap="lg">
      {table.comment === null ? null : <Text c="dimmed">{table.comment}</Text>}
      {may('directory.manage') || may('sources.manage') ? (
        <Group>
          <ButtonTo href={grantHref(source, schema, name)} leftSection={<IconShieldPlus size={18} aria-hidden />}>
            Grant access…
          </ButtonTo>
        </Group>
      ) : null}
      <Facts facts={factsOf(table)} />
      {faults.length === 0 ? null : (
        <Text size="sm">
          Not everything could be read: {faults.map(({ group, reason }) => `${group} (${reason})`).join(', ')}.
        </Text>
      )}
      <Part title="Columns">
        <Rows
          label={`Columns of ${name}`}
          rows={table.columns ?? []}
          columns={columnsOf(table)}
          rowKey={(one) => one.name}
        />
      </Part>
      <References source={source} table={table} />
      {(table.uniqueKeys ?? []).length === 0 ? null : (
        <Part title="Unique">
          <List size="sm">
            {table.uniqueKeys?.map((key) => (
              <List.Item key={JSON.stringify(key)}>{key.columns.join(', ')}</List.Item>
            ))}
          </List>
        </Part>
      )}
      {(table.indexes ?? []).length === 0 ? null : (
        <Part title="Indexes">
          <Rows
            label={`Indexes of ${name}`}
            rows={table.indexes ?? []}
            columns={indexColumns}
            rowKey={(one) => one.name}
          />
        </Part>
      )}
      {(table.checks ?? []).length === 0 ? null : (
        <Part title="Checks">
          <List size="sm">
            {table.checks?.map(({ name: check, expression }) => (
              <List.Item key={`${check} ${expression}`}>
                {check === null ? '' : `${check}: `}
                <Code style={{ overflowWrap: 'anywhere' }}>{expression}</Code>
              </List.Item>
            ))}
          </List>
        </Part>
      )}
      {(table.triggers ?? []).length === 0 ? null : (
        <Part title="Triggers">
          <List size="sm">
            {table.triggers?.map(({ name: trigger, timing, events }) => (
              <List.Item key={trigger}>
                {trigger}: {timing.replace('_', ' ')} {events.join(', ')}
              </List.Item>
            ))}
          </List>
        </Part>
      )}
    </Stack>
  );
}

function factsOf(table: Table): readonly (readonly [string, ReactNode])[] {
  const { kind, isPartitioned, partitionOf, rowEstimate, hasRowSecurity, grantsForCaller } = table;
  return [
    ['Kind', `${kindWords[kind]}${isPartitioned ? ', partitioned' : ''}`],
    ...(partitionOf === undefined ? [] : [['Part of', `${partitionOf.schema}.${partitionOf.name}`] as const]),
    ['Rows, about', rowEstimate?.toLocaleString('en') ?? 'not known'],
    ...(hasRowSecurity ? [['Row-level security', 'on, at the database'] as const] : []),
    ...(grantsForCaller === undefined
      ? []
      : [['The account may', grantsForCaller.length === 0 ? 'nothing' : grantsForCaller.join(', ')] as const]),
  ];
}

function columnsOf(table: Table): readonly ListColumn<Column>[] {
  const primary = new Set(table.primaryKey?.columns);
  const foreign = new Set(table.foreignKeys?.flatMap(({ columns }) => columns));
  return [
    {
      title: 'Column',
      cell: ({ name }) => (
        <Group gap={6} component="span">
          <Text span fw={600} size="sm" style={{ overflowWrap: 'anywhere' }}>
            {name}
          </Text>
          {primary.has(name) ? <KeySign word="primary key" /> : null}
          {foreign.has(name) ? <KeySign word="foreign key" /> : null}
        </Group>
      ),
    },
    { title: 'Type', cell: ({ nativeType }) => <Code>{nativeType}</Code> },
    { title: 'Null', cell: ({ isNullable }) => (isNullable ? 'allowed' : 'no') },
    {
      title: 'Default',
      cell: (column) => sayDefault(column) ?? '–',
      isEmpty: (column) => sayDefault(column) === null,
    },
    { title: 'Comment', cell: ({ comment }) => comment ?? '–', isEmpty: ({ comment }) => comment === null },
  ];
}

function KeySign({ word }: { readonly word: string }) {
  return (
    <Badge component="span" size="sm" variant="light" color="latch" tt="none">
      {word}
    </Badge>
  );
}

function sayDefault({ default: expression, generated, identity }: Column): string | null {
  if (identity !== null) return identity === 'always' ? 'counts by itself, always' : 'counts by itself';
  if (generated !== null) return `computed${expression === null ? '' : `: ${expression}`}`;
  return expression;
}

const indexColumns: readonly ListColumn<NonNullable<Table['indexes']>[number]>[] = [
  { title: 'Index', cell: ({ name }) => name },
  { title: 'Of', cell: ({ columns }) => columns.join(', ') },
  {
    title: 'Kind',
    cell: ({ method, isUnique }) => [isUnique ? 'unique' : null, method].filter(Boolean).join(', ') || '–',
  },
  {
    title: 'Where',
    cell: ({ where }) => (where === null ? '–' : <Code>{where}</Code>),
    isEmpty: ({ where }) => where === null,
  },
];

function References({ source, table }: { readonly source: string; readonly table: Table }) {
  const names = useTables(source, table.schema);
  const isSmall = (names.data?.tables.length ?? Number.POSITIVE_INFINITY) <= searchedForReferences;
  const all = useTables(source, table.schema, 'keys', isSmall);
  const referencing = (all.data?.tables ?? []).flatMap((other) =>
    (other.foreignKeys ?? [])
      .filter(({ toSchema, toTable }) => toSchema === table.schema && toTable === table.name)
      .map((key) => ({ other, key })),
  );
  const own = table.foreignKeys ?? [];
  return (
    <>
      {own.length === 0 ? null : (
        <Part title="References">
          <List size="sm">
            {own.map((key) => (
              <List.Item key={JSON.stringify(key)}>
                {key.columns.join(', ')} →{' '}
                <To href={tableHref(source, key.toSchema, key.toTable)} size="sm" underline="always">
                  {key.toSchema === table.schema ? key.toTable : `${key.toSchema}.${key.toTable}`}
                </To>{' '}
                ({key.toColumns.join(', ')}){sayRules(key)}
              </List.Item>
            ))}
          </List>
        </Part>
      )}
      {referencing.length === 0 ? null : (
        <Part title={`Referenced by, in ${table.schema}`}>
          <List size="sm">
            {referencing.map(({ other, key }) => (
              <List.Item key={JSON.stringify([other.name, key])}>
                <To href={tableHref(source, other.schema, other.name)} size="sm" underline="always">
                  {other.name}
                </To>{' '}
                ({key.columns.join(', ')}){sayRules(key)}
              </List.Item>
            ))}
          </List>
        </Part>
      )}
    </>
  );
}

function sayRules({ onDelete, onUpdate }: ForeignKey): string {
  const rules = [
    onDelete === 'no_action' ? null : `on delete it ${ruleWords[onDelete]}`,
    onUpdate === 'no_action' ? null : `on update it ${ruleWords[onUpdate]}`,
  ].filter((rule) => rule !== null);
  return rules.length === 0 ? '' : `; ${rules.join(', ')}`;
}
