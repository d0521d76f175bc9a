/** One role: what it allows, what it is granted, how many have it. @module */
import { Alert, Button, Group, List, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { type Role, useOne } from '../../api/access';
import { api, problemOf, unwrap } from '../../api/client';
import type { Action } from '../../api/session';
import { ActionBoxes } from '../../parts/action-boxes';
import { sayAction } from '../../parts/actions';
import { useAnnounce } from '../../parts/announcer';
import { Waiting } from '../../parts/data-table';
import { DestroyDialog } from '../../parts/destroy-dialog';
import { EmptyState } from '../../parts/empty-state';
import { Facts } from '../../parts/facts';
import { Moment } from '../../parts/moment';
import { Page, Section } from '../../parts/page';
import { faultOf, ProblemAlert } from '../../parts/problem-alert';
import { ButtonTo, To } from '../../parts/to';
import { GrantTable } from './grant-table';
import { RoleHolders } from './role-holders';

/** What administrators hold stays as it is, so that nobody locks everybody out. */
const unchangeable = 'administrator';
const kept = [unchangeable, 'member'];

export function RolePage({ id }: { readonly id: string }) {
  const { found, isLoading, problem } = useOne(['roles', 'one', id], () =>
    unwrap(api.GET('/admin/v1/roles/{role}', { params: { path: { role: id } } })),
  );
  if (problem?.code === 'identity.role_not_found') {
    return (
      <Page title="Role">
        <EmptyState
          title="There is no such role"
          text="It was removed meanwhile."
          action={<ButtonTo href="/roles">To all roles</ButtonTo>}
        />
      </Page>
    );
  }
  if (found === undefined) {
    return <Page title="Role">{isLoading ? <Waiting /> : <ProblemAlert problem={problem} />}</Page>;
  }
  return <Shown key={JSON.stringify([found.name, found.allowed])} role={found} />;
}

function Shown({ role }: { readonly role: Role }) {
  const { id, name, organisation, users } = role;
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [, go] = useLocation();
  const [isRemoving, removing] = useDisclosure();
  const newGrant = `/roles/grants/new?${new URLSearchParams({ role: name })}`;
  return (
    <Page
      title={`Role ${name}`}
      text={`Of the organisation ${organisation}. A change counts from the next request of whoever has it.`}
      actions={
        <>
          <ButtonTo href={newGrant}>Grant something to it</ButtonTo>
          {kept.includes(name) ? null : (
            <Button variant="outline" color="red.9" onClick={removing.open}>
              Remove
            </Button>
          )}
        </>
      }
    >
      <Facts
        facts={[
          [
            'Organisation',
            <To key="organisation" size="sm" href={`/organisations/${encodeURIComponent(organisation)}`}>
              {organisation}
            </To>,
          ],
          ['Holders', users === 1 ? '1 account' : `${users.toLocaleString('en')} accounts`],
          ['Added', <Moment key="added" ms={role.createdAtMs} />],
        ]}
      />
      {name === unchangeable ? <Fixed role={role} /> : <Changeable role={role} />}
      <Section
        title="Grants"
        text="What it may do with which data. Several grants add up without lending each other anything."
      >
        <GrantTable
          filter={{ role: name, organisation }}
          empty={
            <EmptyState
              title="No grants"
              text="Whoever has the role reaches no data by it."
              action={<ButtonTo href={newGrant}>Grant something to it</ButtonTo>}
            />
          }
        />
      </Section>
      <RoleHolders role={role} />
      <DestroyDialog
        verb="Remove"
        kind="role"
        name={name}
        hasToBeTyped
        consequences={`${users === 1 ? 'One account loses' : `${users} accounts lose`} it, and its grants are gone with it.`}
        isOpen={isRemoving}
        onClose={removing.close}
        onDestroy={async () => {
          await unwrap(api.DELETE('/admin/v1/roles/{role}', { params: { path: { role: id } } }));
          announce(`The role ${name} was removed.`);
          go('/roles');
          queries.removeQueries({ queryKey: ['roles', 'one', id] });
          await Promise.all(['roles', 'grants', 'users'].map((one) => queries.invalidateQueries({ queryKey: [one] })));
        }}
      />
    </Page>
  );
}

function Fixed({ role }: { readonly role: Role }) {
  return (
    <Section title="What it allows">
      <Alert color="blue" variant="light" title="This role stays as it is">
        <Text size="sm">Every organisation has it, so that nobody locks everybody out.</Text>
      </Alert>
      <List size="sm" spacing="xs">
        {role.allowed.map((name) => (
          <List.Item key={name}>
            <Text component="span" size="sm" ff="monospace">
              {name}
            </Text>
            {': '}
            {sayAction(name)}
          </List.Item>
        ))}
      </List>
    </Section>
  );
}

function Changeable({ role }: { readonly role: Role }) {
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [name, setName] = useState(role.name);
  const [allowed, setAllowed] = useState<Action[]>([...role.allowed]);
  const isOther = allowed.length !== role.allowed.length || allowed.some((action) => !role.allowed.includes(action));
  const isRenamed = name !== role.name;
  const saving = useMutation({
    mutationFn: () =>
      unwrap(
        api.PATCH('/admin/v1/roles/{role}', {
          params: { path: { role: role.id } },
          body: { ...(isRenamed ? { name } : {}), ...(isOther ? { allowed } : {}) },
        }),
      ),
    onSuccess: async () => {
      announce(`The role ${name} was changed.`);
      await Promise.all(['roles', 'users'].map((one) => queries.invalidateQueries({ queryKey: [one] })));
    },
  });
  const problem = saving.error === null ? null : problemOf(saving.error);
  return (
    <Section title="What it allows">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          saving.mutate();
        }}
      >
        <Stack>
          {kept.includes(role.name) ? null : (
            <Group>
              <TextInput
                label="Name"
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
                {...faultOf(problem, 'name')}
                autoComplete="off"
                autoCapitalize="none"
              />
            </Group>
          )}
          <ActionBoxes
            label="Whoever has it may"
            chosen={allowed}
            onChange={setAllowed}
            {...faultOf(problem, 'allowed')}
          />
          <ProblemAlert problem={problem} />
          {isOther || isRenamed ? (
            <Group gap="xs">
              <Button type="submit" loading={saving.isPending}>
                Save the role
              </Button>
              <Button
                variant="default"
                onClick={() => {
                  setName(role.name);
                  setAllowed([...role.allowed]);
                }}
              >
                As it was
              </Button>
            </Group>
          ) : null}
        </Stack>
      </form>
    </Section>
  );
}
