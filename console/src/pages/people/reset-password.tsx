/** Another password for an account: made here and shown once, or typed. Every session of the account ends with it. @module */

import { Button, Group, Modal, PasswordInput, Radio, Stack, Switch, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { User } from '../../api/access';
import { api, problemOf, unwrap } from '../../api/client';
import { faultOf, ProblemAlert } from '../../parts/problem-alert';
import { revealing } from '../../parts/revealing';
import { ShownOnce } from '../../parts/shown-once';

export function ResetPassword({
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
      title={user.hasPassword ? `Reset the password of ${user.username}` : `Set a password for ${user.username}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
      closeOnClickOutside={false}
    >
      <ResetForm user={user} onClose={onClose} />
    </Modal>
  );
}

function ResetForm({ user, onClose }: { readonly user: User; readonly onClose: () => void }) {
  const queries = useQueryClient();
  const [isMade, setIsMade] = useState(true);
  const [password, setPassword] = useState('');
  const [mustChange, setMustChange] = useState(user.kind === 'person');
  const setting = useMutation({
    mutationFn: () => {
      const body = isMade ? { generate: true as const } : { password, mustChange };
      return unwrap(api.POST('/admin/v1/users/{user}/password', { params: { path: { user: user.username } }, body }));
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['users'] }),
  });
  if (setting.data !== undefined) {
    return (
      <Stack>
        {setting.data.password === null ? (
          <Text>The password of {user.username} was set.</Text>
        ) : (
          <ShownOnce what="Password" value={setting.data.password} />
        )}
        <Text size="sm">Every session of the account has ended. Its API keys stay.</Text>
        <Group justify="flex-end">
          <Button onClick={onClose}>Close</Button>
        </Group>
      </Stack>
    );
  }
  const problem = setting.error === null ? null : problemOf(setting.error);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setting.mutate();
      }}
    >
      <Stack>
        <Text>Every session of the account ends. Its API keys stay.</Text>
        <Radio.Group
          label="The new password"
          value={isMade ? 'made' : 'typed'}
          onChange={(value) => setIsMade(value === 'made')}
        >
          <Stack gap="xs" mt="xs">
            <Radio
              value="made"
              label="Make one"
              description={
                user.kind === 'person'
                  ? 'Shown once. It is temporary: the next sign-in asks for another.'
                  : 'Shown once. Long and random.'
              }
            />
            <Radio value="typed" label="Type one" />
          </Stack>
        </Radio.Group>
        {isMade ? null : (
          <>
            <PasswordInput
              label="The password"
              description="Long beats complicated: a few unusual words are fine."
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              {...faultOf(problem, 'password')}
              visibilityToggleButtonProps={revealing}
              autoComplete="new-password"
              required
            />
            <Switch
              label="Has to be changed at the next sign-in"
              checked={mustChange}
              onChange={(event) => setMustChange(event.currentTarget.checked)}
            />
          </>
        )}
        <ProblemAlert problem={problem} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={setting.isPending}>
            {isMade ? 'Make a password' : 'Set the password'}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
