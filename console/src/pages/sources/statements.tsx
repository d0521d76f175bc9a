/** SQL for somebody else to run: readable, scrollable by keyboard, and copied with one button. @module */
import { Button, Code, CopyButton, Group, Stack } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';

export function Statements({
  label,
  statements,
}: {
  /** `Statements that mend it`. */ readonly label: string;
  readonly statements: readonly string[];
}) {
  const text = statements.map((statement) => (statement.endsWith(';') ? statement : `${statement};`)).join('\n');
  return (
    <Stack gap={6}>
      <Code block tabIndex={0} role="region" aria-label={label} mah={320} style={{ overflow: 'auto' }}>
        {text}
      </Code>
      <Group>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button
              size="compact-sm"
              variant="default"
              onClick={copy}
              leftSection={copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
            >
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Stack>
  );
}
