/** A secret that is shown now and never again, with a button that copies it. @module */
import { Alert, Button, Code, CopyButton, Group, Text } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';

export function ShownOnce({ what, value }: { /** `API key`. */ readonly what: string; readonly value: string }) {
  return (
    <Alert color="latch" variant="light" icon={<IconKey aria-hidden />} title={`${what}: shown once`}>
      <Text size="sm">Copy it now. It is kept nowhere in a readable form.</Text>
      <Group gap="xs" mt="xs" wrap="wrap">
        <Code style={{ overflowWrap: 'anywhere' }} data-secret>
          {value}
        </Code>
        <CopyButton value={value}>
          {({ copied, copy }) => (
            <Button size="compact-sm" variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Alert>
  );
}
