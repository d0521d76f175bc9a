/** Takes something from an API key; a key is only ever narrowed. @module */
import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, problemOf, unwrap } from '../../api/client';
import { useMay } from '../../api/session';
import { useAnnounce } from '../../parts/announcer';
import { narrow } from '../../parts/data-table';
import { ProblemAlert } from '../../parts/problem-alert';
import type { KeyDetail } from './key-page';
import { type Narrowing, NarrowingFields } from './narrowing-fields';

export function NarrowKey({
  detail,
  isOpen,
  onClose,
}: {
  readonly detail: KeyDetail;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const isNarrow = useMediaQuery(narrow);
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={`Narrow ${detail.name}`}
      size="lg"
      fullScreen={isNarrow === true}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <NarrowForm detail={detail} onClose={onClose} />
    </Modal>
  );
}

function NarrowForm({ detail, onClose }: { readonly detail: KeyDetail; readonly onClose: () => void }) {
  const may = useMay();
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [value, setValue] = useState<Narrowing>({
    ...{ scopes: detail.scopes, sources: detail.sources, cidrs: detail.cidrs ?? [], end: { kind: 'unchanged' } },
  });
  const saving = useMutation({
    mutationFn: () => {
      const { scopes, sources, cidrs, end } = value;
      const body = {
        ...(isSame(scopes, detail.scopes) ? {} : { scopes: scopes === null ? null : [...scopes] }),
        ...(isSame(sources, detail.sources) || !may('sources.inspect')
          ? {}
          : { sources: sources === null ? null : [...sources] }),
        // An empty list would shut the key out everywhere; none at all is what an empty field says.
        ...(isSame(cidrs, detail.cidrs ?? []) ? {} : { cidrs: cidrs.length === 0 ? null : [...cidrs] }),
        ...(end.kind === 'unchanged' ? {} : { expiresInDays: end.days }),
      };
      return unwrap(api.PATCH('/admin/v1/api-keys/{key}', { params: { path: { key: detail.id } }, body }));
    },
    onSuccess: async () => {
      announce(`The API key ${detail.name} was narrowed.`);
      onClose();
      await queries.invalidateQueries({ queryKey: ['api-keys'] });
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
        <Alert color="blue" variant="light" title="Only ever narrower">
          <Text size="sm">
            What is taken from a key cannot be given back to it, by anybody. If it turns out too narrow, make another.
          </Text>
        </Alert>
        <NarrowingFields value={value} onChange={setValue} within={detail} problem={problem} />
        <ProblemAlert problem={problem} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={saving.isPending}>
            Narrow it
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function isSame(a: readonly string[] | null, b: readonly string[] | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((one) => b.includes(one));
}
