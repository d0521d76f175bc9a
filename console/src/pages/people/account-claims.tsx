/** What is written down of an account for the row filters of grants. @module */
import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { User } from '../../api/access';
import { api, problemOf, unwrap } from '../../api/client';
import { useAnnounce } from '../../parts/announcer';
import { focusKeeper } from '../../parts/focus-keeper';
import { Section } from '../../parts/page';
import { ProblemAlert } from '../../parts/problem-alert';
import { type ClaimLine, changeOf } from './claims';

export function AccountClaims({ user }: { readonly user: User }) {
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [lines, setLines] = useState<readonly ClaimLine[]>(() =>
    Object.entries(user.claims).map(([name, value], id) => ({ id, name, value })),
  );
  const change = changeOf(user.claims, lines);
  const put = (id: number, part: Partial<ClaimLine>) =>
    setLines((all) => all.map((line) => (line.id === id ? { ...line, ...part } : line)));
  const saving = useMutation({
    mutationFn: async () => {
      if (change === null) return;
      const params = { path: { user: user.username } };
      await unwrap(api.PATCH('/admin/v1/users/{user}', { params, body: change }));
    },
    onSuccess: async () => {
      announce(`The claims of ${user.username} were saved.`);
      await queries.invalidateQueries({ queryKey: ['users'] });
    },
  });
  return (
    <Section
      title="Claims"
      text="Facts that row filters may ask for: a grant for region = $claims.region shows each account its own region."
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          saving.mutate();
        }}
      >
        <Stack gap="xs" data-keeps-focus>
          {lines.map(({ id, name, value }, place) => (
            <Group key={id} gap="xs" align="flex-end">
              <TextInput
                label={`Claim ${place + 1}`}
                placeholder="region"
                value={name}
                onChange={(event) => put(id, { name: event.currentTarget.value })}
                autoComplete="off"
                autoCapitalize="none"
              />
              <TextInput
                label="Value"
                aria-label={`Value of claim ${place + 1}`}
                placeholder="EU"
                value={value}
                onChange={(event) => put(id, { value: event.currentTarget.value })}
                autoComplete="off"
              />
              <Button
                variant="default"
                onClick={(event) => {
                  focusKeeper(event.currentTarget)();
                  setLines((all) => all.filter((line) => line.id !== id));
                }}
                aria-label={`Remove claim ${name === '' ? place + 1 : name}`}
              >
                Remove
              </Button>
            </Group>
          ))}
          <ProblemAlert problem={saving.error === null ? null : problemOf(saving.error)} />
          <Group gap="xs">
            <Button
              variant="default"
              data-next-focus
              onClick={() =>
                setLines((all) => [
                  ...all,
                  { id: 1 + Math.max(-1, ...all.map((line) => line.id)), name: '', value: '' },
                ])
              }
            >
              Add a claim
            </Button>
            {change === null ? null : (
              <Button type="submit" loading={saving.isPending}>
                Save the claims
              </Button>
            )}
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
