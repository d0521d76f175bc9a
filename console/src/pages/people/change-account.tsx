/** What an account is shown as, and when its password ends. @module */
import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { User } from '../../api/access';
import { api, problemOf, unwrap } from '../../api/client';
import { useAnnounce } from '../../parts/announcer';
import { faultOf, ProblemAlert } from '../../parts/problem-alert';

const fields = [
  ['displayName', 'Shown as', 'text'],
  ['firstName', 'First name', 'text'],
  ['lastName', 'Last name', 'text'],
  ['email', 'E-mail', 'email'],
] as const;

export function ChangeAccount({
  user,
  isOpen,
  onClose,
}: {
  readonly user: User;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={`Change ${user.username}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <ChangeForm user={user} onClose={onClose} />
    </Modal>
  );
}

/** Mounted with each opening, so that it begins with what is there. */
function ChangeForm({ user, onClose }: { readonly user: User; readonly onClose: () => void }) {
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [values, setValues] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(fields.map(([field]) => [field, user[field] ?? ''])),
  );
  const saving = useMutation({
    mutationFn: () => {
      const changed = fields.filter(([field]) => values[field] !== (user[field] ?? ''));
      // Only the shown name cannot be taken away.
      const body = Object.fromEntries(
        changed.map(([field]) => [field, values[field] === '' && field !== 'displayName' ? null : values[field]]),
      );
      return unwrap(api.PATCH('/admin/v1/users/{user}', { params: { path: { user: user.username } }, body }));
    },
    onSuccess: async () => {
      announce(`${user.username} was changed.`);
      onClose();
      await queries.invalidateQueries({ queryKey: ['users'] });
    },
  });
  const problem = saving.error === null ? null : problemOf(saving.error);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        saving.mutate();
      }}
    >
      <Stack>
        {fields.map(([field, label, type]) => (
          <TextInput
            key={field}
            label={label}
            type={type}
            value={values[field] ?? ''}
            onChange={(event) => {
              const { value } = event.currentTarget;
              setValues((before) => ({ ...before, [field]: value }));
            }}
            {...faultOf(problem, field)}
            autoComplete="off"
          />
        ))}
        <ProblemAlert problem={problem} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={saving.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
