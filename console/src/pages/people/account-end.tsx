/** The ways to cut an account off: end what it holds, disable it, remove it. @module */
import { Button, Checkbox, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import type { User } from '../../api/access';
import { api, problemOf, unwrap } from '../../api/client';
import { useAnnounce } from '../../parts/announcer';
import { DestroyDialog } from '../../parts/destroy-dialog';
import { Section } from '../../parts/page';
import { ProblemAlert } from '../../parts/problem-alert';
import { kindWords } from './account';

type Open = 'end' | 'disable' | 'remove' | null;

export function AccountEnd({ user, isOwn }: { readonly user: User; readonly isOwn: boolean }) {
  const { username, kind, disabledAtMs } = user;
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [, go] = useLocation();
  const [open, setOpen] = useState<Open>(null);
  const [withKeys, setWithKeys] = useState(false);
  const params = { path: { user: username } };
  const isStale = () =>
    Promise.all(['users', 'sessions', 'api-keys'].map((name) => queries.invalidateQueries({ queryKey: [name] })));
  const enabling = useMutation({
    mutationFn: () => unwrap(api.POST('/admin/v1/users/{user}/enable', { params })),
    onSuccess: async () => {
      announce(`${username} is enabled again.`);
      await isStale();
    },
  });
  const close = () => setOpen(null);
  const own = isOwn ? ' This is your own account: you are signed out.' : '';
  return (
    <Section title="Cutting off" text="Each of these counts at once, for every door and every process.">
      <Group gap="xs">
        <Button variant="default" onClick={() => setOpen('end')}>
          End everything
        </Button>
        {disabledAtMs === null ? (
          <Button variant="default" onClick={() => setOpen('disable')}>
            Disable
          </Button>
        ) : (
          <Button variant="default" loading={enabling.isPending} onClick={() => enabling.mutate()}>
            Enable
          </Button>
        )}
        <Button variant="outline" color="red.9" onClick={() => setOpen('remove')}>
          Remove
        </Button>
      </Group>
      <ProblemAlert problem={enabling.error === null ? null : problemOf(enabling.error)} />
      <DestroyDialog
        verb="End"
        kind="everything of"
        name={username}
        action="End everything"
        consequences={
          <Stack gap="sm">
            <Text>Every session of the account is refused from now on, at every door. It can sign in again.{own}</Text>
            <Checkbox
              label="API keys too"
              description="What runs on them stops; new ones have to be made."
              checked={withKeys}
              onChange={(event) => setWithKeys(event.currentTarget.checked)}
            />
          </Stack>
        }
        isOpen={open === 'end'}
        onClose={close}
        onDestroy={async () => {
          const body = { scope: 'user' as const, user: username, apiKeys: withKeys };
          const revoked = await unwrap(api.POST('/admin/v1/revocations', { body }));
          announce(
            `${revoked.sessions} ${revoked.sessions === 1 ? 'session' : 'sessions'} ended${withKeys ? `, and ${revoked.apiKeys} API ${revoked.apiKeys === 1 ? 'key' : 'keys'}` : ''}.`,
          );
          await isStale();
        }}
      />
      <DestroyDialog
        verb="Disable"
        kind={kindWords[kind]}
        name={username}
        consequences={`Its sessions end and its API keys are refused until it is enabled again. Nothing of it is lost.${own}`}
        isOpen={open === 'disable'}
        onClose={close}
        onDestroy={async () => {
          await unwrap(api.POST('/admin/v1/users/{user}/disable', { params }));
          announce(`${username} is disabled.`);
          await isStale();
        }}
      />
      <DestroyDialog
        verb="Remove"
        kind={kindWords[kind]}
        name={username}
        hasToBeTyped
        consequences={`The account is gone with its password, sessions, API keys, roles and claims. What it did stays in the audit trail.${own}`}
        isOpen={open === 'remove'}
        onClose={close}
        onDestroy={async () => {
          await unwrap(api.DELETE('/admin/v1/users/{user}', { params }));
          announce(`${username} was removed.`);
          go(kind === 'service' ? '/service-accounts' : '/people');
          queries.removeQueries({ queryKey: ['users', 'one', username] });
          await isStale();
        }}
      />
    </Section>
  );
}
