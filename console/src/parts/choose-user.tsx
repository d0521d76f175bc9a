/** Finds an account by what its names hold; the server looks, so that it works among a hundred thousand. @module */
import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { api, unwrap } from '../api/client';

const shownAtOnce = 20;
const typedMs = 250;

export function ChooseUser({
  label,
  description,
  value,
  onChange,
  error,
  placeholder = 'Type a name',
}: {
  readonly label: string;
  readonly description?: ReactNode;
  /** User name; `null`: nobody. */
  readonly value: string | null;
  readonly onChange: (username: string | null) => void;
  readonly error?: string;
  readonly placeholder?: string;
}) {
  const [typed, setTyped] = useState('');
  const [search] = useDebouncedValue(typed, typedMs);
  const users = useQuery({
    queryKey: ['users', 'choices', search],
    queryFn: () => {
      const query = { ...(search === '' ? {} : { search }), limit: shownAtOnce };
      return unwrap(api.GET('/admin/v1/users', { params: { query } }));
    },
    placeholderData: keepPreviousData,
  });
  const known = (users.data?.items ?? []).map(({ username, displayName }) => ({
    value: username,
    label: displayName === username ? username : `${username} (${displayName})`,
  }));
  const isKnown = value === null || known.some((one) => one.value === value);
  return (
    <Select
      label={label}
      description={description}
      data={isKnown ? known : [{ value, label: value }, ...known]}
      value={value}
      onChange={onChange}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': 'Nobody' }}
      onSearchChange={setTyped}
      // The server has looked; what it found is shown whatever part of the name it found it by.
      filter={({ options }) => options}
      placeholder={placeholder}
      nothingFoundMessage={users.isFetching ? 'Looking…' : 'Nobody of that name'}
      error={error}
    />
  );
}
