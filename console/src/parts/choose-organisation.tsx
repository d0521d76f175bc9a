/** Chooses an organisation by its name; its uid is what is sent. @module */
import { Select } from '@mantine/core';
import type { ReactNode } from 'react';
import { useOrganisations } from '../api/access';

export function ChooseOrganisation({
  label,
  description,
  value,
  onChange,
  isClearable = false,
  error,
}: {
  readonly label: string;
  readonly description?: ReactNode;
  /** Uid. */
  readonly value: string | null;
  readonly onChange: (uid: string | null) => void;
  /** Every organisation, where none is chosen. */
  readonly isClearable?: boolean;
  readonly error?: string;
}) {
  const { found = [], problem } = useOrganisations();
  const known = found.map(({ uid, name }) => ({ value: uid, label: name === uid ? name : `${name} (${uid})` }));
  // What an address names is shown before the list is there, and where it is not in it.
  const isKnown = value === null || known.some((one) => one.value === value);
  return (
    <Select
      label={label}
      description={description}
      data={isKnown ? known : [...known, { value, label: value }]}
      value={value}
      onChange={onChange}
      searchable
      clearable={isClearable}
      allowDeselect={isClearable}
      clearButtonProps={{ 'aria-label': 'Every organisation' }}
      placeholder={isClearable ? 'Every organisation' : undefined}
      nothingFoundMessage="No such organisation"
      error={error ?? problem?.message}
      required={!isClearable}
    />
  );
}
