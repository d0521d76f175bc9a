/** Rows of one dataset, page by page, in the reach of one's own grants; what is masked is marked as masked. @module */
import { ActionIcon, Button, Group, NativeSelect, Table, Text, TextInput, Tooltip } from '@mantine/core';
import { IconArrowDown, IconArrowsSort, IconArrowUp, IconEyeOff, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, problemOf, unwrap } from '../../api/client';
import { problemFrom } from '../../api/problem';
import type { components } from '../../api/schema';
import { useAnnounce } from '../../parts/announcer';
import { Waiting } from '../../parts/data-table';
import { EmptyState } from '../../parts/empty-state';
import { Page } from '../../parts/page';
import { ProblemAlert } from '../../parts/problem-alert';
import { saveText } from '../../parts/save-text';
import { ScrollBox } from '../../parts/scroll-box';
import { To } from '../../parts/to';
import {
  type Condition,
  cellOf,
  filterOf,
  type Operator,
  type Order,
  operators,
  orderOf,
  takesNothing,
} from './question';

type RowPage = components['schemas']['RowPage'];

const pageRows = 50;
const exportRows = 10_000;

interface Place {
  readonly source: string;
  readonly object: string;
}

export function RowsOfDataset(place: Place) {
  const described = useQuery({
    queryKey: ['describe', place],
    queryFn: () => unwrap(api.GET('/data/v1/{source}/{object}/describe', { params: { path: { ...place } } })),
  });
  return (
    <Page
      title={place.object}
      text={
        <>
          <To href="/data" underline="always">
            Data
          </To>{' '}
          · {place.source}
        </>
      }
    >
      <ProblemAlert problem={described.error === null ? null : problemOf(described.error)} />
      {described.isLoading ? <Waiting /> : null}
      {described.data === undefined ? null : <RowsTable place={place} columns={described.data.columns} />}
    </Page>
  );
}

interface ShownColumn {
  readonly name: string;
  readonly type: string;
  readonly isReadable: boolean;
  readonly isMasked: boolean;
}

function RowsTable({ place, columns }: { readonly place: Place; readonly columns: readonly ShownColumn[] }) {
  const [conditions, setConditions] = useState<readonly Condition[]>([]);
  const [order, setOrder] = useState<Order | null>(null);
  /** Cursors of the pages up to this one. */
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const announce = useAnnounce();
  const readable = columns.filter(({ isReadable }) => isReadable);
  const types = new Map(readable.map(({ name, type }) => [name, type]));
  const question = { filter: filterOf(conditions, types), order: orderOf(order) };
  const cursor = cursors.at(-1);
  const asked = useQuery({
    queryKey: ['rows', place, question, cursor],
    queryFn: async () => {
      const query = { ...question, limit: pageRows, cursor };
      // Of the forms it could come in, JSON is the one a client gets that asks for none.
      return (await unwrap(
        api.GET('/data/v1/{source}/{object}', { params: { path: { ...place }, query } }),
      )) as RowPage;
    },
    placeholderData: (before: RowPage | undefined) => before,
  });
  const ask = (change: () => void) => {
    setCursors([]);
    change();
  };

  async function download() {
    const query = new URLSearchParams({ limit: String(exportRows) });
    for (const [name, value] of Object.entries(question)) if (value !== undefined) query.set(name, value);
    const path = `/data/v1/${encodeURIComponent(place.source)}/${encodeURIComponent(place.object)}?${query}`;
    try {
      const response = await fetch(path, { headers: { accept: 'text/csv' }, credentials: 'same-origin' });
      if (!response.ok) throw problemFrom(response, await response.json().catch(() => null));
      saveText(`${place.object}.csv`, 'text/csv', await response.text());
    } catch (thrown) {
      announce(problemOf(thrown).message);
    }
  }

  const rows = asked.data?.data ?? [];
  return (
    <>
      <Conditions
        columns={readable.map(({ name }) => name)}
        conditions={conditions}
        onChange={(next) => ask(() => setConditions(next))}
      />
      <ProblemAlert problem={asked.error === null ? null : problemOf(asked.error)} />
      {asked.isLoading ? <Waiting /> : null}
      {asked.data !== undefined && rows.length === 0 ? (
        <EmptyState
          title="No row in your reach"
          text={
            conditions.length > 0
              ? 'Take a condition away.'
              : 'The table is empty, or your grants show you none of its rows.'
          }
        />
      ) : null}
      {rows.length === 0 ? null : (
        <ScrollBox label={`Rows of ${place.object}`}>
          <Table striped withTableBorder verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                {readable.map((column) => (
                  <ColumnHead
                    key={column.name}
                    column={column}
                    order={order}
                    onOrder={(next) => ask(() => setOrder(next))}
                  />
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((row, at) => (
                // Rows have no name of their own where the key may not be read.
                // biome-ignore lint/suspicious/noArrayIndexKey: the place on the page is what a row is known by here
                <Table.Tr key={at}>
                  {readable.map(({ name }) => (
                    <Cell key={name} value={row[name]} />
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollBox>
      )}
      <Group justify="space-between">
        <Group gap="xs">
          <Button variant="default" disabled={cursors.length === 0} onClick={() => setCursors(cursors.slice(0, -1))}>
            Page before
          </Button>
          <Text size="sm">Page {cursors.length + 1}</Text>
          <Button
            variant="default"
            disabled={typeof asked.data?.nextCursor !== 'string'}
            onClick={() => {
              const next = asked.data?.nextCursor;
              if (typeof next === 'string') setCursors([...cursors, next]);
            }}
          >
            Next page
          </Button>
        </Group>
        <Button variant="default" onClick={() => void download()}>
          Save as CSV, up to {exportRows.toLocaleString('en')} rows
        </Button>
      </Group>
    </>
  );
}

function ColumnHead({
  column: { name, type, isMasked },
  order,
  onOrder,
}: {
  readonly column: ShownColumn;
  readonly order: Order | null;
  readonly onOrder: (next: Order | null) => void;
}) {
  const mine = order?.column === name ? order : null;
  const Icon = mine === null ? IconArrowsSort : mine.isDescending ? IconArrowDown : IconArrowUp;
  return (
    <Table.Th scope="col" aria-sort={mine === null ? 'none' : mine.isDescending ? 'descending' : 'ascending'}>
      <Group gap={4} wrap="nowrap">
        {name}
        {isMasked ? (
          <Tooltip label="Masked: a grant of yours hides its values">
            <IconEyeOff size={16} role="img" aria-label="masked" />
          </Tooltip>
        ) : (
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-label={`Order by ${name}`}
            onClick={() =>
              onOrder(
                mine === null
                  ? { column: name, isDescending: false }
                  : mine.isDescending
                    ? null
                    : { ...mine, isDescending: true },
              )
            }
          >
            <Icon size={14} aria-hidden />
          </ActionIcon>
        )}
      </Group>
      <Text size="xs" c="dimmed" fw={400}>
        {type}
      </Text>
    </Table.Th>
  );
}

function Cell({ value }: { readonly value: unknown }) {
  const { text, isNull } = cellOf(value);
  return (
    <Table.Td maw={320} style={{ whiteSpace: 'nowrap', overflow: 'hidden', textOverflow: 'ellipsis' }} title={text}>
      {isNull ? (
        <Text inherit component="span" c="dimmed" fs="italic">
          null
        </Text>
      ) : (
        text
      )}
    </Table.Td>
  );
}

function Conditions({
  columns,
  conditions,
  onChange,
}: {
  readonly columns: readonly string[];
  readonly conditions: readonly Condition[];
  readonly onChange: (next: readonly Condition[]) => void;
}) {
  const [column, setColumn] = useState(columns[0] ?? '');
  const [operator, setOperator] = useState<Operator>('eq');
  const [value, setValue] = useState('');
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onChange([...conditions, { column, operator, value }]);
          setValue('');
        }}
      >
        <Group align="flex-end" gap="sm">
          <NativeSelect
            label="Rows whose"
            value={column}
            onChange={(event) => setColumn(event.currentTarget.value)}
            data={[...columns]}
          />
          <NativeSelect
            label="Condition"
            value={operator}
            onChange={(event) => setOperator(event.currentTarget.value as Operator)}
            data={operators.map(({ word, says }) => ({ value: word, label: says }))}
          />
          {takesNothing(operator) ? null : (
            <TextInput label="Value" value={value} onChange={(event) => setValue(event.currentTarget.value)} />
          )}
          <Button type="submit" variant="default">
            Add condition
          </Button>
        </Group>
      </form>
      {conditions.length === 0 ? null : (
        <Group gap="xs" component="ul" p={0} m={0} style={{ listStyle: 'none' }} aria-label="Conditions in force">
          {conditions.map((one, at) => (
            <li key={`${one.column} ${one.operator} ${one.value}`}>
              <Button
                variant="light"
                size="compact-sm"
                rightSection={<IconX size={14} aria-hidden />}
                aria-label={`Take away: ${sentenceOf(one)}`}
                onClick={() => onChange(conditions.filter((_, place) => place !== at))}
              >
                {sentenceOf(one)}
              </Button>
            </li>
          ))}
        </Group>
      )}
    </>
  );
}

function sentenceOf({ column, operator, value }: Condition): string {
  const says = operators.find(({ word }) => word === operator)?.says ?? operator;
  return takesNothing(operator) ? `${column} ${says}` : `${column} ${says} ${value}`;
}
