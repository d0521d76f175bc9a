/** Which engine a source is of, where it stands, and as whom it is entered. @module */
import {
  Group,
  Input,
  PasswordInput,
  Radio,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { revealing } from '../../parts/revealing';
import { type Engine, engineNames, engines } from './engines';
import { type FieldsProps, plain } from './fields';
import type { SourceDraft } from './source-draft';
import classes from './sources.module.css';

export function EngineField({
  value,
  onChange,
}: {
  readonly value: Engine;
  readonly onChange: (engine: Engine) => void;
}) {
  return (
    <Radio.Group label="Engine" value={value} onChange={(picked) => onChange(picked as Engine)} name="engine">
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs" mt={6}>
        {engineNames.map((engine) => (
          <Radio.Card key={engine} value={engine} className={classes['engine']} aria-label={engines[engine].title}>
            <Group wrap="nowrap" align="flex-start" gap="sm">
              <Radio.Indicator />
              <div>
                <Text size="sm" fw={600}>
                  {engines[engine].title}
                </Text>
                <Text size="xs" c="dimmed">
                  {engines[engine].text}
                </Text>
              </div>
            </Group>
          </Radio.Card>
        ))}
      </SimpleGrid>
    </Radio.Group>
  );
}

/** Where it is: host, port, database and user; or the path of a file. */
export function PlaceFields({ draft, faults, onChange }: FieldsProps) {
  if (engines[draft.engine].isFile) {
    return (
      <TextInput
        label="Path of the file"
        description="Absolute, on the machine this service runs on. Its operator says which folders may be opened."
        placeholder="/srv/data/shop.db"
        name="database"
        value={draft.database}
        onChange={(event) => onChange({ database: event.currentTarget.value }, 'database')}
        error={faults['database']}
        {...plain}
        required
      />
    );
  }
  return (
    <Stack>
      <Group align="flex-start" gap="sm" grow preventGrowOverflow={false}>
        <TextInput
          label="Host"
          placeholder="db.example.com"
          name="host"
          value={draft.host}
          onChange={(event) => onChange({ host: event.currentTarget.value }, 'host')}
          error={faults['host']}
          style={{ flex: '3 1 180px' }}
          {...plain}
          required
        />
        <TextInput
          label="Port"
          name="port"
          inputMode="numeric"
          value={draft.port}
          onChange={(event) => onChange({ port: event.currentTarget.value }, 'port')}
          error={faults['port']}
          style={{ flex: '1 1 90px' }}
          {...plain}
          required
        />
      </Group>
      <TextInput
        label="Database"
        name="database"
        value={draft.database}
        onChange={(event) => onChange({ database: event.currentTarget.value }, 'database')}
        error={faults['database']}
        {...plain}
        required
      />
      <TextInput
        label="User name at the database"
        name="username"
        value={draft.username}
        onChange={(event) => onChange({ username: event.currentTarget.value }, 'username')}
        error={faults['username']}
        {...plain}
        required
      />
    </Stack>
  );
}

/** The password, or where the service finds it. A file has none. */
export function CredentialFields({ draft, faults, onChange, hint }: FieldsProps & { readonly hint?: string }) {
  if (engines[draft.engine].isFile) return null;
  const { credentialKind } = draft;
  return (
    <Stack gap="xs">
      <Input.Label component="div" id="credential-kind" mb={0}>
        Password
      </Input.Label>
      <SegmentedControl
        aria-labelledby="credential-kind"
        data={[
          { value: 'stored', label: 'Typed here' },
          { value: 'env', label: 'Variable' },
          { value: 'file', label: 'File' },
        ]}
        value={credentialKind}
        onChange={(kind) => onChange({ credentialKind: kind as SourceDraft['credentialKind'] }, 'credential')}
      />
      {credentialKind === 'stored' ? (
        <PasswordInput
          aria-label="Password at the database"
          description={hint ?? 'Kept sealed. It never comes back, to nobody.'}
          name="password"
          value={draft.password}
          onChange={(event) => onChange({ password: event.currentTarget.value }, 'password')}
          error={faults['password']}
          aria-invalid={faults['password'] !== undefined}
          autoComplete="new-password"
          visibilityToggleButtonProps={revealing}
        />
      ) : (
        <TextInput
          aria-label={credentialKind === 'env' ? 'Name of the environment variable' : 'Path of the file'}
          description={
            credentialKind === 'env'
              ? 'An environment variable of this service, read each time it connects. Its operator says which.'
              : 'A file on the machine of this service, read each time it connects. Its operator says which.'
          }
          placeholder={credentialKind === 'env' ? 'SHOP_PASSWORD' : '/run/secrets/shop'}
          name="credential"
          value={draft.reference}
          onChange={(event) => onChange({ reference: event.currentTarget.value }, 'credential')}
          error={faults['credential']}
          {...plain}
          required
        />
      )}
    </Stack>
  );
}
