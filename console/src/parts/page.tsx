/** The frame of a page: its title, what it is for, what can be done, and its name in the browser's tab. @module */
import { Box, Group, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';

export function Page({
  title,
  text,
  actions,
  children,
}: {
  readonly title: string;
  /** One sentence. */
  readonly text?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Latchkey`;
  }, [title]);
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-start" gap="sm">
        <Box maw={720} style={{ flex: '1 1 20rem' }}>
          {/* Focus lands here when the page changes, so that it is read out (see the shell). */}
          <Title
            order={1}
            size="h2"
            tabIndex={-1}
            data-page-title
            style={{ outline: 'none', overflowWrap: 'anywhere' }}
          >
            {title}
          </Title>
          {text === undefined ? null : <Text c="dimmed">{text}</Text>}
        </Box>
        {actions === undefined ? null : <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}

/** A part of a page under a heading of its own. */
export function Section({
  title,
  text,
  actions,
  children,
}: {
  readonly title: string;
  readonly text?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <Stack gap="sm" component="section">
      <Group justify="space-between" gap="sm">
        <Box>
          <Title order={2} size="h4">
            {title}
          </Title>
          {text === undefined ? null : (
            <Text size="sm" c="dimmed">
              {text}
            </Text>
          )}
        </Box>
        {actions === undefined ? null : <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}
