/** What a source is for, and what can be left as it is: limits, schedule and webhook. @module */
import { Group, Radio, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { type FieldsProps, plain } from './fields';
import type { SourceDraft } from './source-draft';

/** What its account is meant to do: least privilege is judged against it. */
export function PurposeField({ draft, faults, onChange }: FieldsProps) {
  return (
    <Radio.Group
      label="Purpose"
      description="What this service is meant to do there. Checks compare the account's privileges with it."
      value={draft.purpose}
      onChange={(purpose) => onChange({ purpose: purpose as SourceDraft['purpose'] }, 'purpose')}
      name="purpose"
      error={faults['purpose']}
    >
      <Group mt="xs" gap="lg">
        <Radio value="read" label="Read" />
        <Radio value="read_write" label="Read and write" disabled={draft.engine === 'duckdb'} />
      </Group>
    </Radio.Group>
  );
}

/** Limits, schedule and webhook. */
export function FurtherFields({ draft, faults, onChange }: FieldsProps) {
  const number = (
    member: 'connections' | 'connectMs' | 'statementMs' | 'catalogTables',
    label: string,
    placeholder: string,
  ) => (
    <TextInput
      label={label}
      placeholder={placeholder}
      name={`limits.${member}`}
      inputMode="numeric"
      value={draft[member]}
      onChange={(event) => onChange({ [member]: event.currentTarget.value }, `limits.${member}`)}
      error={faults[`limits.${member}`]}
      {...plain}
    />
  );
  return (
    <Stack>
      <TextInput
        label="Check every … minutes"
        description="Its health is what these checks find. Empty: never by itself."
        name="checkEveryMinutes"
        inputMode="numeric"
        value={draft.checkEveryMinutes}
        onChange={(event) => onChange({ checkEveryMinutes: event.currentTarget.value }, 'checkEveryMinutes')}
        error={faults['checkEveryMinutes']}
        {...plain}
      />
      <TextInput
        label="Webhook"
        description="Told when its health changes, in a signed message. The key that signs is shown once."
        placeholder="https://example.com/hooks/latchkey"
        name="webhookUrl"
        inputMode="url"
        value={draft.webhookUrl}
        onChange={(event) => onChange({ webhookUrl: event.currentTarget.value }, 'webhookUrl')}
        error={faults['webhookUrl']}
        {...plain}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        {number('connections', 'Connections at once', '4')}
        {number('connectMs', 'Connecting takes at most (ms)', '10000')}
        {number('statementMs', 'A statement takes at most (ms)', '30000')}
        {number('catalogTables', 'Tables expected at most', '50000')}
      </SimpleGrid>
    </Stack>
  );
}
