/**
 * Counts over time as bars, one kind above the other: told apart by hatching as well as by colour, and there as a table
 * for who does not see them (WCAG 2.2, 1.1.1 and 1.4.1).
 *
 * @module
 */
import { Group, Stack, Table, Text, VisuallyHidden } from '@mantine/core';
import { useId } from 'react';
import classes from './bars.module.css';

export interface BarPoint {
  /** Beginning of the time it counts. */
  readonly atMs: number;
  /** One count for each kind, in their order. */
  readonly counts: readonly number[];
}

const heightPx = 120;
const widthPx = 600;

export function Bars({
  label,
  kinds,
  points,
}: {
  readonly label: string;
  /** At most two: what went well, and what did not. */
  readonly kinds: readonly [string, string];
  readonly points: readonly BarPoint[];
}) {
  const hatch = useId();
  const most = Math.max(1, ...points.map(({ counts }) => sum(counts)));
  const step = widthPx / Math.max(1, points.length);
  const totals = kinds.map((_, place) => points.reduce((all, { counts }) => all + (counts[place] ?? 0), 0));
  const [first, last] = [points[0], points[points.length - 1]];
  return (
    <Stack gap={4}>
      <Group gap="md">
        {kinds.map((kind, place) => (
          <Group key={kind} gap={6}>
            <svg width="14" height="14" aria-hidden="true">
              <rect width="14" height="14" rx="3" className={classes[`kind${place}`]} />
              {place === 1 ? <rect width="14" height="14" rx="3" fill={`url(#${hatch})`} /> : null}
            </svg>
            <Text size="sm">
              {kind}: <b>{(totals[place] ?? 0).toLocaleString('en')}</b>
            </Text>
          </Group>
        ))}
      </Group>
      <svg
        viewBox={`0 0 ${widthPx} ${heightPx}`}
        preserveAspectRatio="none"
        className={classes['chart']}
        aria-hidden="true"
      >
        <defs>
          <pattern id={hatch} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <line x1="0" y1="0" x2="0" y2="6" className={classes['hatch']} />
          </pattern>
        </defs>
        <line x1="0" x2={widthPx} y1={heightPx - 0.5} y2={heightPx - 0.5} className={classes['ground']} />
        {points.map(({ atMs, counts }, place) => {
          const [good = 0, bad = 0] = counts.map((count) => (count / most) * (heightPx - 4));
          const bar = { x: place * step + step * 0.1, width: step * 0.8 };
          return (
            <g key={atMs}>
              <title>{`${hourOf(atMs)}: ${kinds.map((kind, at) => `${kind} ${counts[at] ?? 0}`).join(', ')}`}</title>
              <rect {...bar} y={heightPx - good} height={good} className={classes['kind0']} />
              <rect {...bar} y={heightPx - good - bad} height={bad} className={classes['kind1']} />
              <rect {...bar} y={heightPx - good - bad} height={bad} fill={`url(#${hatch})`} />
            </g>
          );
        })}
      </svg>
      {first === undefined || last === undefined ? null : (
        <Group justify="space-between" aria-hidden>
          <Text size="xs" c="dimmed">
            {hourOf(first.atMs)}
          </Text>
          <Text size="xs" c="dimmed">
            most in an hour: {most}
          </Text>
          <Text size="xs" c="dimmed">
            {hourOf(last.atMs)}
          </Text>
        </Group>
      )}
      <VisuallyHidden>
        <Table aria-label={label}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Hour</Table.Th>
              {kinds.map((kind) => (
                <Table.Th key={kind} scope="col">
                  {kind}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {points
              .filter(({ counts }) => sum(counts) > 0)
              .map(({ atMs, counts }) => (
                <Table.Tr key={atMs}>
                  <Table.Th scope="row">{hourOf(atMs)}</Table.Th>
                  {kinds.map((kind, place) => (
                    <Table.Td key={kind}>{counts[place] ?? 0}</Table.Td>
                  ))}
                </Table.Tr>
              ))}
          </Table.Tbody>
        </Table>
      </VisuallyHidden>
    </Stack>
  );
}

const hours = new Intl.DateTimeFormat('en', { weekday: 'short', hour: '2-digit', minute: '2-digit', hour12: false });

function hourOf(atMs: number): string {
  return hours.format(atMs);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}
