/** The roles of an account: what it may do, and which grants count for it. @module */
import { Button, Group, Select, Stack } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type User, useRoles } from '../../api/access';
import { api, problemOf, unwrap } from '../../api/client';
import { useAnnounce } from '../../parts/announcer';
import { Rows, Waiting } from '../../parts/data-table';
import { EmptyState } from '../../parts/empty-state';
import { focusKeeper } from '../../parts/focus-keeper';
import { Section } from '../../parts/page';
import { ProblemAlert } from '../../parts/problem-alert';
import { To } from '../../parts/to';

export function AccountRoles({ user }: { readonly user: User }) {
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [chosen, setChosen] = useState<string | null>(null);
  const { found: known = [], isLoading } = useRoles(user.organisation);
  const has = user.roles ?? [];
  const rest = known.filter(({ id }) => has.every((role) => role.id !== id));
  const changing = useMutation({
    mutationFn: (body: { readonly addRoles?: string[]; readonly removeRoles?: string[] }) =>
      unwrap(api.PATCH('/admin/v1/users/{user}', { params: { path: { user: user.username } }, body })),
    onSuccess: async (_, { addRoles, removeRoles }) => {
      announce(
        addRoles === undefined
          ? `${user.username} does not have the role ${removeRoles?.[0] ?? ''} any more.`
          : `${user.username} has the role ${addRoles[0] ?? ''} now.`,
      );
      setChosen(null);
      await Promise.all(['users', 'roles'].map((name) => queries.invalidateQueries({ queryKey: [name] })));
    },
  });
  return (
    <Section title="Roles" text="What counts from the next request on: no session has to be opened again.">
      <Stack gap="sm" data-keeps-focus>
        {has.length === 0 ? (
          <EmptyState title="No roles" text="Without a role the account may do nothing and reaches no data." />
        ) : isLoading ? (
          <Waiting text="Reading what they allow" />
        ) : (
          <Rows
            label="Roles"
            rows={has}
            rowKey={({ id }) => id}
            columns={[
              { title: 'Role', cell: ({ id, name }) => <To href={`/roles/${id}`}>{name}</To> },
              {
                title: 'Allows',
                cell: ({ id }) => sayAllowed(known.find((role) => role.id === id)?.allowed),
              },
              {
                title: 'Take away',
                align: 'right',
                cell: ({ name }) => (
                  <Button
                    size="compact-sm"
                    variant="default"
                    loading={changing.isPending && changing.variables.removeRoles?.[0] === name}
                    onClick={(event) =>
                      changing.mutate({ removeRoles: [name] }, { onSettled: focusKeeper(event.currentTarget) })
                    }
                    aria-label={`Take away the role ${name}`}
                  >
                    Take away
                  </Button>
                ),
              },
            ]}
          />
        )}
        <Group align="flex-end" gap="sm">
          <Select
            label="Another role"
            data-next-focus
            placeholder={rest.length === 0 ? 'It has every role of its organisation' : 'Choose a role'}
            data={rest.map(({ name }) => name)}
            value={chosen}
            onChange={setChosen}
            searchable
            disabled={rest.length === 0}
          />
          <Button
            variant="default"
            disabled={chosen === null}
            loading={changing.isPending && changing.variables.addRoles !== undefined}
            onClick={() => chosen !== null && changing.mutate({ addRoles: [chosen] })}
          >
            Give it
          </Button>
        </Group>
        <ProblemAlert problem={changing.error === null ? null : problemOf(changing.error)} />
      </Stack>
    </Section>
  );
}

/** @param allowed  `undefined`: what the role allows could not be read. */
function sayAllowed(allowed: readonly string[] | undefined): string {
  if (allowed === undefined) return 'not known';
  return allowed.length === 0 ? 'nothing by itself' : allowed.join(', ');
}
