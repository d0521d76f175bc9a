/**
 * The inputs of a source, in the groups of the form. What the server names is marked at the very input: each carries
 * its wire name, by which it is also found and focused.
 *
 * @module
 */
import {
  Button,
  Collapse,
  Group,
  Input,
  PasswordInput,
  Radio,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { type ReactNode, useId, useState } from 'react';
import { type Engine, engineNames, engines } from './engines';
import type { SourceDraft, TlsMode } from './source-draft';
import classes from './sources.module.css';

/** What is wrong, by the wire name of the input. */
export type Faults = Readonly<Record<string, string>>;

export interface FieldsProps {
  readonly draft: SourceDraft;
  readonly faults: Faults;
  /** @param field  The wire name of the input that was changed: its fault is no longer true. */
  readonly onChange: (change: Partial<SourceDraft>, field: string) => void;
}

const reveal = { 'aria-label': 'Show the password', tabIndex: 0, 'aria-hidden': false } as const;
const plain = { autoComplete: 'off', autoCapitalize: 'none', spellCheck: false } as const;

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
          visibilityToggleButtonProps={reveal}
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

const tlsModes: readonly { readonly value: TlsMode | ''; readonly label: string; readonly text: string }[] = [
  {
    value: '',
    label: 'Usual',
    text: 'Verified in full; for a database on this very machine, encrypted when it offers it.',
  },
  { value: 'verify-full', label: 'verify-full', text: 'Encrypted; certificate and host name are verified.' },
  { value: 'verify-ca', label: 'verify-ca', text: 'Encrypted; signed by the authority given below.' },
  { value: 'require', label: 'require', text: 'Encrypted, and the certificate is verified.' },
  { value: 'prefer', label: 'prefer', text: 'Encrypted when the server offers it, in the clear otherwise.' },
  { value: 'allow', label: 'allow', text: 'Encrypted when the server offers it, in the clear otherwise.' },
  { value: 'disable', label: 'disable', text: 'In the clear. Everybody on the way reads along.' },
];

/** How the way there is secured; nothing of it for a file. */
export function TlsFields({ draft, faults, onChange, hasKey = false }: FieldsProps & { readonly hasKey?: boolean }) {
  if (engines[draft.engine].isFile) return null;
  const hasCertificate = draft.ca !== '' || draft.clientCertificate !== '';
  return (
    <Stack gap="xs">
      <Select
        label="TLS"
        description={tlsModes.find(({ value }) => value === draft.tlsMode)?.text}
        name="tls.mode"
        data={tlsModes.map(({ value, label }) => ({ value, label }))}
        value={draft.tlsMode}
        onChange={(mode) => onChange({ tlsMode: (mode ?? '') as TlsMode | '' }, 'tls.mode')}
        error={faults['tls.mode']}
        allowDeselect={false}
      />
      {draft.tlsMode === 'disable' ? null : (
        <Foldable
          title="Certificates"
          isNeeded={hasCertificate || pemFields.some((name) => faults[name] !== undefined)}
        >
          <PemField
            label="Certificate authority"
            description="PEM. Without it, the authorities this machine trusts."
            name="tls.ca"
            value={draft.ca}
            fault={faults['tls.ca']}
            onChange={(ca) => onChange({ ca }, 'tls.ca')}
          />
          <PemField
            label="Client certificate"
            description="PEM, where the server asks for one."
            name="tls.clientCertificate"
            value={draft.clientCertificate}
            fault={faults['tls.clientCertificate']}
            onChange={(clientCertificate) => onChange({ clientCertificate }, 'tls.clientCertificate')}
          />
          {draft.clientCertificate.trim() === '' ? null : (
            <PemField
              label="Key of the client certificate"
              description={
                hasKey
                  ? 'PEM, not encrypted. One is kept; type it again where anything of TLS changes.'
                  : 'PEM, not encrypted. Kept sealed.'
              }
              name="tls.clientKey"
              value={draft.clientKey}
              fault={faults['tls.clientKey']}
              onChange={(clientKey) => onChange({ clientKey }, 'tls.clientKey')}
            />
          )}
        </Foldable>
      )}
    </Stack>
  );
}

const pemFields = ['tls.ca', 'tls.clientCertificate', 'tls.clientKey'];

/** A part of the form that few need: folded until it is asked for, or something in it needs to be seen. */
export function Foldable({
  title,
  isNeeded,
  children,
}: {
  readonly title: string;
  readonly isNeeded: boolean;
  readonly children: ReactNode;
}) {
  const [isAsked, setIsAsked] = useState(false);
  const id = useId();
  const isOpen = isAsked || isNeeded;
  return (
    <div>
      <Button
        variant="subtle"
        px="xs"
        leftSection={isOpen ? <IconChevronDown size={16} aria-hidden /> : <IconChevronRight size={16} aria-hidden />}
        onClick={() => setIsAsked(!isOpen)}
        disabled={isNeeded}
        aria-expanded={isOpen}
        aria-controls={id}
      >
        {title}
      </Button>
      <Collapse expanded={isOpen} id={id}>
        <Stack pt="xs">{children}</Stack>
      </Collapse>
    </div>
  );
}

function PemField({
  label,
  description,
  name,
  value,
  fault,
  onChange,
}: {
  readonly label: string;
  readonly description: string;
  readonly name: string;
  readonly value: string;
  readonly fault: string | undefined;
  readonly onChange: (text: string) => void;
}) {
  return (
    <Textarea
      label={label}
      description={description}
      placeholder="-----BEGIN CERTIFICATE-----"
      name={name}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={fault}
      minRows={2}
      maxRows={8}
      autosize
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12 } }}
      {...plain}
    />
  );
}

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
