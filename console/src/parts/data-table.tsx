/**
 * A list as a table; on a narrow screen as cards, each with its columns' names (WCAG 2.2, 1.4.10: nothing scrolls in two
 * directions at 320 px). Rows open by a link in their first cell, never by a click that the keyboard does not have.
 *
 * @module
 */
import { Button, Card, Group, Loader, Stack, Table, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { ReactNode } from 'react';
import type { GrowingList } from '../api/lists';
import { ProblemAlert } from './problem-alert';
import { ScrollBox } from './scroll-box';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  readonly align?: 'right';
  /** Left out of the cards where there is nothing to say. */
  readonly isEmpty?: (row: Row) => boolean;
}

/** As wide as a tablet held upright: below it, tables become cards. */
export const narrow = '(max-width: 48em)';

export function DataTable<Row>({
  label,
  list,
  columns,
  rowKey,
  empty,
}: {
  /** Read out before the table: `People`. */
  readonly label: string;
  readonly list: GrowingList<Row>;
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  /** Shown when there is nothing: an `EmptyState`. */
  readonly empty: ReactNode;
}) {
  if (list.problem !== null) return <ProblemAlert problem={list.problem} />;
  if (list.isLoading) return <Waiting />;
  // A page may be short where much is looked through: it is over only when there is no next one.
  if (list.items.length === 0 && list.more === null) return empty;
  return (
    <Stack gap="sm">
      {list.items.length === 0 ? (
        <Text c="dimmed" ta="center">
          Nothing fits so far.
        </Text>
      ) : (
        <Rows label={label} rows={list.items} columns={columns} rowKey={rowKey} />
      )}
      {list.more === null ? null : (
        <Group justify="center">
          <Button variant="default" onClick={list.more} loading={list.isLoadingMore}>
            {list.items.length === 0 ? 'Look further' : 'Show more'}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

/** The rows alone, where all of them are there. */
export function Rows<Row>({
  label,
  rows,
  columns,
  rowKey,
}: {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
}) {
  const isNarrow = useMediaQuery(narrow, false, { getInitialValueInEffect: false });
  if (isNarrow) {
    return (
      <Stack gap="xs" component="ul" aria-label={label} p={0} m={0} style={{ listStyle: 'none' }}>
        {rows.map((row) => (
          <Card key={rowKey(row)} withBorder p="sm" component="li">
            {columns
              .filter((column) => column.isEmpty?.(row) !== true)
              .map((column, place) => (
                <Group key={column.title} gap="xs" wrap="nowrap" justify="space-between" align="baseline">
                  {place === 0 ? null : (
                    <Text size="sm" c="dimmed" component="span" style={{ flexShrink: 0 }}>
                      {column.title}
                    </Text>
                  )}
                  <Text
                    size="sm"
                    component="div"
                    fw={place === 0 ? 600 : undefined}
                    style={{ overflowWrap: 'anywhere', textAlign: place === 0 ? 'left' : 'right' }}
                  >
                    {column.cell(row)}
                  </Text>
                </Group>
              ))}
          </Card>
        ))}
      </Stack>
    );
  }
  return (
    <ScrollBox label={label}>
      <Table aria-label={label} highlightOnHover verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column.title} ta={column.align} scope="col">
                {column.title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={rowKey(row)}>
              {columns.map((column) => (
                <Table.Td key={column.title} ta={column.align} style={{ overflowWrap: 'break-word' }}>
                  {column.cell(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollBox>
  );
}

export function Waiting({ text = 'Loading' }: { readonly text?: string }) {
  return (
    <Group justify="center" p="xl" role="status" gap="sm">
      <Loader size="sm" aria-hidden />
      <Text c="dimmed">{text}…</Text>
    </Group>
  );
}
