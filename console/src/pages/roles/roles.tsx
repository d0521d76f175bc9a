/** Roles of organisations and the grants they hold; pages for each, and the editor of grants. @module */
import { Button, Group, Stack, Tabs, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Route, Switch, useSearchParams } from 'wouter';
import { api, unwrap } from '../../api/client';
import { useList } from '../../api/lists';
import { useMay } from '../../api/session';
import { ChooseOrganisation } from '../../parts/choose-organisation';
import { DataTable } from '../../parts/data-table';
import { EmptyState } from '../../parts/empty-state';
import { Page } from '../../parts/page';
import { ButtonTo, To } from '../../parts/to';
import { AddRole } from './add-role';
import { GrantPage } from './grant-page';
import { GrantTable } from './grant-table';
import { NewGrant } from './new-grant';
import { RolePage } from './role-page';

export function Roles() {
  const [asked] = useSearchParams();
  return (
    <Switch>
      <Route path="/roles/grants/new">
        <NewGrant />
      </Route>
      <Route path="/roles/grants/:grant">{({ grant }) => <GrantPage id={grant} />}</Route>
      <Route path="/roles/:role">{({ role }) => <RolePage id={role} />}</Route>
      {/* A table that is named is to be granted. */}
      <Route>{asked.has('table') || asked.has('dataset') ? <NewGrant /> : <RolesAndGrants />}</Route>
    </Switch>
  );
}

function RolesAndGrants() {
  const may = useMay();
  const [asked, setAsked] = useSearchParams();
  const [isAdding, adding] = useDisclosure();
  const managesRoles = may('directory.manage');
  const view = managesRoles ? (asked.get('view') ?? (asked.has('source') ? 'grants' : 'roles')) : 'grants';
  const organisation = asked.get('organisation');
  const source = asked.get('source');
  const ask = (name: string, value: string | null) =>
    setAsked(
      (before) => {
        if (value === null) before.delete(name);
        else before.set(name, value);
        return before;
      },
      { replace: true },
    );
  const addRole = (
    <Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={adding.open}>
      Add a role
    </Button>
  );
  const addGrant = (
    <ButtonTo
      href={`/roles/grants/new${source === null ? '' : `?source=${encodeURIComponent(source)}`}`}
      leftSection={<IconPlus size={16} aria-hidden />}
    >
      Grant something
    </ButtonTo>
  );
  const grants = (
    <Stack gap="sm">
      {source === null ? null : (
        <Group gap="xs">
          <Text size="sm">Only those on {source}.</Text>
          <Button size="compact-sm" variant="default" onClick={() => ask('source', null)}>
            Show all
          </Button>
        </Group>
      )}
      <GrantTable
        filter={{ ...(organisation === null ? {} : { organisation }), ...(source === null ? {} : { source }) }}
        empty={
          <EmptyState
            title="Nothing is granted"
            text="Until a role has a grant on a table or a named query, nobody reaches it through Latchkey."
            action={addGrant}
          />
        }
      />
    </Stack>
  );
  if (!managesRoles) {
    return (
      <Page
        title="Roles and grants"
        text="What is granted on the sources of your organisation. Roles themselves are for who manages the directory."
        actions={addGrant}
      >
        {grants}
      </Page>
    );
  }
  return (
    <Page
      title="Roles and grants"
      text="A role is what accounts have; a grant is what a role may do with one table or named query."
      actions={
        <>
          {addRole}
          {addGrant}
        </>
      }
    >
      <Group>
        <ChooseOrganisation
          label="Organisation"
          value={organisation}
          onChange={(uid) => ask('organisation', uid)}
          isClearable
        />
      </Group>
      <Tabs value={view} onChange={(next) => ask('view', next)} keepMounted={false}>
        <Tabs.List aria-label="What is shown" mb="md">
          <Tabs.Tab value="roles">Roles</Tabs.Tab>
          <Tabs.Tab value="grants">Grants</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="roles">
          <RoleList organisation={organisation} action={addRole} />
        </Tabs.Panel>
        <Tabs.Panel value="grants">{grants}</Tabs.Panel>
      </Tabs>
      <AddRole organisation={organisation} isOpen={isAdding} onClose={adding.close} />
    </Page>
  );
}

function RoleList({ organisation, action }: { readonly organisation: string | null; readonly action: ReactNode }) {
  const list = useList(['roles', 'list', organisation], (cursor) => {
    const query = {
      ...(organisation === null ? {} : { organisation }),
      ...(cursor === undefined ? {} : { cursor }),
    };
    return unwrap(api.GET('/admin/v1/roles', { params: { query } }));
  });
  return (
    <DataTable
      label="Roles"
      list={list}
      rowKey={({ id }) => id}
      columns={[
        { title: 'Role', cell: ({ id, name }) => <To href={`/roles/${encodeURIComponent(id)}`}>{name}</To> },
        { title: 'Organisation', cell: (role) => role.organisation },
        { title: 'Allows', cell: ({ allowed }) => (allowed.length === 0 ? 'nothing by itself' : allowed.join(', ')) },
        { title: 'Holders', align: 'right', cell: ({ users }) => users.toLocaleString('en') },
      ]}
      empty={<EmptyState title="No roles" text="Add one for each kind of work." action={action} />}
    />
  );
}
