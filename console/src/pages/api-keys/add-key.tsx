/** Makes an API key, for oneself or for somebody else; its value is shown once. @module */
import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, problemOf, unwrap } from '../../api/client';
import { useMe } from '../../api/session';
import { narrow } from '../../parts/data-table';
import { faultOf, ProblemAlert } from '../../parts/problem-alert';
import { ShownOnce } from '../../parts/shown-once';
import { ButtonTo } from '../../parts/to';
import { type Narrowing, NarrowingFields } from './narrowing-fields';

export function AddKey({
  user,
  isOpen,
  onClose,
}: {
  /** `null`: for oneself. */
  readonly user: string | null;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const isNarrow = useMediaQuery(narrow);
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={user === null ? 'Make an API key' : `Make an API key for ${user}`}
      size="lg"
      fullScreen={isNarrow === true}
      closeButtonProps={{ 'aria-label': 'Close' }}
      closeOnClickOutside={false}
    >
      <AddForm user={user} onClose={onClose} />
    </Modal>
  );
}

const nothing: Narrowing = { scopes: null, sources: null, cidrs: [], end: { kind: 'days', days: 90 } };

function AddForm({ user, onClose }: { readonly user: string | null; readonly onClose: () => void }) {
  const { allowed } = useMe();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [purpose, setPurpose] = useState('');
  const [narrowing, setNarrowing] = useState(nothing);
  const making = useMutation({
    mutationFn: () => {
      const { scopes, sources, cidrs, end } = narrowing;
      const body = {
        name,
        ...(purpose === '' ? {} : { purpose }),
        ...(scopes === null ? {} : { scopes: [...scopes] }),
        ...(sources === null ? {} : { sources: [...sources] }),
        ...(cidrs.length === 0 ? {} : { cidrs: [...cidrs] }),
        ...(end.kind === 'days' && end.days !== null ? { expiresInDays: end.days } : {}),
      };
      const params = { query: user === null ? {} : { user } };
      return unwrap(api.POST('/admin/v1/api-keys', { params, body }));
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['api-keys'] }),
  });
  if (making.data !== undefined) {
    const { id, value } = making.data;
    return (
      <Stack>
        {value === null ? <Text>The key was made before.</Text> : <ShownOnce what="API key" value={value} />}
        <Text size="sm">Send it as Authorization: Bearer, followed by the key.</Text>
        <Group justify="flex-end">
          <ButtonTo variant="default" href={`/api-keys/${encodeURIComponent(id)}`}>
            Open its page
          </ButtonTo>
          <Button onClick={onClose}>Close</Button>
        </Group>
      </Stack>
    );
  }
  const problem = making.error === null ? null : problemOf(making.error);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        making.mutate();
      }}
    >
      <Stack>
        <TextInput
          label="Name"
          placeholder="nightly report"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          {...faultOf(problem, 'name')}
          autoComplete="off"
          required
          data-autofocus
        />
        <TextInput
          label="Purpose"
          description="For whoever wonders in a year what it is for."
          value={purpose}
          onChange={(event) => setPurpose(event.currentTarget.value)}
          {...faultOf(problem, 'purpose')}
          autoComplete="off"
        />
        <NarrowingFields
          value={narrowing}
          onChange={setNarrowing}
          within={null}
          {...(user === null ? { scopesAmong: allowed } : {})}
          problem={problem}
        />
        <ProblemAlert problem={problem} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={making.isPending}>
            Make the key
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
