/** How the way to a source is secured. @module */
import { Select, Stack, Textarea } from '@mantine/core';
import { engines } from './engines';
import { type FieldsProps, plain } from './fields';
import { Foldable } from './foldable';
import type { TlsMode } from './source-draft';

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
