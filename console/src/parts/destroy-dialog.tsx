/**
 * Asks before something is gone for good: names it, says what goes with it, and for what cannot be made again has its
 * name typed.
 *
 * @module
 */
import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useId, useState } from 'react';
import { problemOf } from '../api/client';
import { ProblemAlert } from './problem-alert';

export function DestroyDialog({
  verb,
  kind,
  name,
  consequences,
  hasToBeTyped = false,
  action,
  isOpen,
  onClose,
  onDestroy,
}: {
  /** `Remove`, `Revoke`, `Disable`. */
  readonly verb: string;
  /** `source`, `API key`. */
  readonly kind: string;
  readonly name: string;
  /** What goes with it: one or two sentences. */
  readonly consequences: ReactNode;
  readonly hasToBeTyped?: boolean;
  /** What the button says where it is not the verb and the name. */
  readonly action?: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** Resolves when it is gone; the dialog closes itself then. */
  readonly onDestroy: () => Promise<unknown>;
}) {
  const [typed, setTyped] = useState('');
  const formId = useId();
  const close = () => {
    setTyped('');
    destroying.reset();
    onClose();
  };
  const destroying = useMutation({ mutationFn: onDestroy, onSuccess: close });
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      title={`${verb} ${kind} “${name}”?`}
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        id={formId}
        onSubmit={(event) => {
          event.preventDefault();
          destroying.mutate();
        }}
      >
        <Stack>
          <Text component="div">{consequences}</Text>
          {hasToBeTyped ? (
            <TextInput
              label={`Type ${name} to go on`}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              autoComplete="off"
              data-autofocus
            />
          ) : null}
          <ProblemAlert problem={destroying.error === null ? null : problemOf(destroying.error)} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button
              type="submit"
              color="red.9"
              disabled={hasToBeTyped && typed !== name}
              loading={destroying.isPending}
            >
              {action ?? `${verb} ${name}`}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
