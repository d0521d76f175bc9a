/** Replaces an API key by a successor that may do the same, with a time in which both are good. @module */
import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, problemOf, unwrap } from '../../api/client';
import { focusKeeper } from '../../parts/focus-keeper';
import { Moment } from '../../parts/moment';
import { ProblemAlert } from '../../parts/problem-alert';
import { ShownOnce } from '../../parts/shown-once';
import { ButtonTo } from '../../parts/to';
import type { KeyDetail } from './key-page';

const overlaps = [
  { value: '0', label: 'Not at all: it ends now' },
  { value: '1', label: 'An hour' },
  { value: '24', label: 'A day' },
  { value: '168', label: 'A week' },
  { value: '720', label: '30 days' },
];

export function RotateKey({
  detail,
  isOpen,
  onClose,
}: {
  readonly detail: KeyDetail;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={`Rotate ${detail.name}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
      closeOnClickOutside={false}
    >
      <RotateForm detail={detail} onClose={onClose} />
    </Modal>
  );
}

function RotateForm({ detail, onClose }: { readonly detail: KeyDetail; readonly onClose: () => void }) {
  const queries = useQueryClient();
  const [hours, setHours] = useState('24');
  const rotating = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST('/admin/v1/api-keys/{key}/rotate', {
          params: { path: { key: detail.id } },
          body: { overlapHours: Number(hours) },
        }),
      ),
    // The page behind changes what it offers; this dialog is not part of that and stays.
    onSuccess: () => queries.invalidateQueries({ queryKey: ['api-keys'] }),
  });
  if (rotating.data !== undefined) {
    const { id, value, replaces } = rotating.data;
    return (
      <Stack>
        {value === null ? null : <ShownOnce what="The new API key" value={value} />}
        <Text size="sm">
          The old one ends <Moment ms={replaces.expiresAtMs} />. Until then its page tells who still uses it.
        </Text>
        <Group justify="flex-end">
          <ButtonTo variant="default" href={`/api-keys/${encodeURIComponent(id)}`}>
            To the new key
          </ButtonTo>
          <Button
            onClick={(event) => {
              // What opened this is gone with the rotation.
              focusKeeper(event.currentTarget)();
              onClose();
            }}
          >
            Close
          </Button>
        </Group>
      </Stack>
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        rotating.mutate();
      }}
    >
      <Stack>
        <Text>A new key is made that may do the same. Put it in place of the old one before that one ends.</Text>
        <Select
          label="The old key stays good for"
          data={overlaps}
          value={hours}
          onChange={(next) => setHours(next ?? '24')}
          allowDeselect={false}
        />
        <ProblemAlert problem={rotating.error === null ? null : problemOf(rotating.error)} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={rotating.isPending}>
            Rotate
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
