/** A new password for a source, or another place where the service finds it. @module */
import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api, problemOf, unwrap } from '../../api/client';
import { useAnnounce } from '../../parts/announcer';
import { ProblemAlert } from '../../parts/problem-alert';
import type { Source } from './engines';
import { oneSourceKey } from './one-source';
import { CredentialFields } from './place-fields';
import { draftOf, isTestable } from './source-draft';
import { useForm } from './use-form';

export function NewPassword({
  source,
  isOpen,
  onClose,
}: {
  readonly source: Source;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const form = useForm(() => draftOf(source));
  const { draft } = form;
  const queries = useQueryClient();
  const announce = useAnnounce();
  const saving = useMutation({
    mutationFn: () =>
      unwrap(
        api.PATCH('/admin/v1/sources/{source}', {
          params: { path: { source: source.id } },
          body: isTestable(draft)
            ? { password: draft.password }
            : { credential: `${draft.credentialKind}:${draft.reference.trim()}` },
        }),
      ),
    onSuccess: async () => {
      announce(`The password of ${source.name} was replaced.`);
      onClose();
      await queries.invalidateQueries({ queryKey: oneSourceKey });
    },
    onError: (thrown) => form.markProblem(problemOf(thrown)),
  });
  const { replace } = form;
  const { reset } = saving;
  // What was typed is kept no longer than the dialog is open.
  useEffect(() => {
    if (isOpen) return;
    replace(draftOf(source));
    reset();
  }, [isOpen, source, replace, reset]);
  const isEmpty = isTestable(draft) ? draft.password === '' : draft.reference.trim() === '';
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={`New password for ${source.name}`}
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          saving.mutate();
        }}
      >
        <Stack>
          <Text size="sm">
            The one that {source.username} has at the database. Connections made from now on use it; test the source
            afterwards.
          </Text>
          <CredentialFields draft={draft} faults={form.faults} onChange={form.change} />
          <ProblemAlert problem={saving.error === null ? null : problemOf(saving.error)} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={saving.isPending} disabled={isEmpty}>
              Replace
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
