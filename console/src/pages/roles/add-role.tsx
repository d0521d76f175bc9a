/** Adds a role to an organisation. @module */
import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { api, problemOf, unwrap } from '../../api/client';
import { type Action, useMe } from '../../api/session';
import { ActionBoxes } from '../../parts/action-boxes';
import { useAnnounce } from '../../parts/announcer';
import { ChooseOrganisation } from '../../parts/choose-organisation';
import { narrow } from '../../parts/data-table';
import { faultOf, ProblemAlert } from '../../parts/problem-alert';

export function AddRole({
  organisation,
  isOpen,
  onClose,
}: {
  /** Uid to begin with; `null`: one’s own. */
  readonly organisation: string | null;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const isNarrow = useMediaQuery(narrow);
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title="Add a role"
      size="lg"
      fullScreen={isNarrow === true}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <AddForm organisation={organisation} onClose={onClose} />
    </Modal>
  );
}

function AddForm({
  organisation: first,
  onClose,
}: {
  readonly organisation: string | null;
  readonly onClose: () => void;
}) {
  const me = useMe();
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [, go] = useLocation();
  const [name, setName] = useState('');
  const [organisation, setOrganisation] = useState<string | null>(first ?? me.user.organisation.uid);
  const [allowed, setAllowed] = useState<Action[]>(['data.use']);
  const adding = useMutation({
    mutationFn: () =>
      unwrap(api.POST('/admin/v1/roles', { body: { name, organisation: organisation ?? '', allowed } })),
    onSuccess: async (role) => {
      announce(`The role ${role.name} was added.`);
      onClose();
      go(`/roles/${encodeURIComponent(role.id)}`);
      await queries.invalidateQueries({ queryKey: ['roles'] });
    },
  });
  const problem = adding.error === null ? null : problemOf(adding.error);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        adding.mutate();
      }}
    >
      <Stack>
        <TextInput
          label="Name"
          description="A lower-case letter, then letters, digits, _, - and dots."
          placeholder="analyst"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          {...faultOf(problem, 'name')}
          autoComplete="off"
          autoCapitalize="none"
          required
          data-autofocus
        />
        <ChooseOrganisation
          label="Organisation"
          value={organisation}
          onChange={setOrganisation}
          {...faultOf(problem, 'organisation')}
        />
        <ActionBoxes
          label="Whoever has it may"
          description="Which data it reaches is granted afterwards."
          chosen={allowed}
          onChange={setAllowed}
          {...faultOf(problem, 'allowed')}
        />
        <ProblemAlert problem={problem} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={adding.isPending}>
            Add the role
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
