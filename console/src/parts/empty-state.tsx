/** What stands where nothing is yet: why it is empty and what to do next. @module */
import { Paper, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';

export function EmptyState({
  title,
  text,
  action,
}: {
  readonly title: string;
  readonly text?: ReactNode;
  readonly action?: ReactNode;
}) {
  return (
    <Paper withBorder p="xl">
      <Stack align="center" gap="xs" ta="center">
        <Text fw={600}>{title}</Text>
        {text === undefined ? null : (
          <Text c="dimmed" maw={480}>
            {text}
          </Text>
        )}
        {action}
      </Stack>
    </Paper>
  );
}
