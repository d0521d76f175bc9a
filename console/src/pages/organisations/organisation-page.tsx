/** One organisation: how much belongs to it, and how it is cut off as a whole. @module */
import { Button, Card, Checkbox, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { mostChoices, type Organisation, useOne, useRoles, useSources } from '../../api/access';
import { api, unwrap } from '../../api/client';
import { useMay, useMe } from '../../api/session';
import { useAnnounce } from '../../parts/announcer';
import { Waiting } from '../../parts/data-table';
import { DestroyDialog } from '../../parts/destroy-dialog';
import { EmptyState } from '../../parts/empty-state';
import { Facts } from '../../parts/facts';
import { Moment } from '../../parts/moment';
import { Page, Section } from '../../parts/page';
import { ProblemAlert } from '../../parts/problem-alert';
import { ButtonTo, To } from '../../parts/to';
import type { Kind } from '../people/account';

export function OrganisationPage({ uid }: { readonly uid: string }) {
  const { found, isLoading, problem } = useOne(['organisations', 'one', uid], () =>
    unwrap(api.GET('/admin/v1/organisations/{organisation}', { params: { path: { organisation: uid } } })),
  );
  if (problem?.code === 'identity.organisation_not_found') {
    return (
      <Page title={uid}>
        <EmptyState
          title="There is no such organisation"
          text="It was removed, or the uid is mistyped."
          action={<ButtonTo href="/organisations">To all organisations</ButtonTo>}
        />
      </Page>
    );
  }
  if (found === undefined) {
    return <Page title={uid}>{isLoading ? <Waiting /> : <ProblemAlert problem={problem} />}</Page>;
  }
  return <Shown organisation={found} />;
}

function Shown({ organisation }: { readonly organisation: Organisation }) {
  const { uid, name } = organisation;
  const me = useMe();
  const may = useMay();
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [, go] = useLocation();
  const [open, setOpen] = useState<'end' | 'remove' | null>(null);
  const [withKeys, setWithKeys] = useState(false);
  const seesSources = may('sources.inspect');
  const sources = useSources(seesSources);
  const roles = useRoles(uid);
  const isOwn = me.user.organisation.uid === uid;
  const of = `?organisation=${encodeURIComponent(uid)}`;
  const close = () => setOpen(null);
  return (
    <Page title={name} text={isOwn ? 'Your own organisation.' : undefined}>
      <Facts
        facts={[
          ['Uid', uid],
          ['Added', <Moment key="added" ms={organisation.createdAtMs} />],
        ]}
      />
      <Section title="What belongs to it">
        <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
          <Accounts uid={uid} kind="person" title="People" href={`/people${of}`} />
          <Accounts uid={uid} kind="service" title="Service accounts" href={`/service-accounts${of}`} />
          <Figure title="Roles" href={`/roles${of}`} value={roles.found?.length} />
          {seesSources ? (
            <Figure
              title="Sources"
              href="/sources"
              value={sources.found?.filter((source) => source.organisation === uid).length}
            />
          ) : null}
        </SimpleGrid>
        <ProblemAlert problem={roles.problem ?? sources.problem} />
      </Section>
      <Section title="Cutting off" text="Each of these counts at once, for every door and every process.">
        <Group gap="xs">
          <Button variant="default" onClick={() => setOpen('end')}>
            End everything
          </Button>
          <Button variant="outline" color="red.9" onClick={() => setOpen('remove')}>
            Remove
          </Button>
        </Group>
      </Section>
      <DestroyDialog
        verb="End"
        kind="everything in"
        name={name}
        action="End everything"
        consequences={
          <Stack gap="sm">
            <Text>
              Every session of every account of {uid} is refused from now on, at every door. They can sign in again.
              {isOwn ? ' That is your own organisation: you are signed out.' : ''}
            </Text>
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
          const body = { scope: 'organisation' as const, organisation: uid, apiKeys: withKeys };
          const revoked = await unwrap(api.POST('/admin/v1/revocations', { body }));
          announce(
            `Sessions ended: ${revoked.sessions.toLocaleString('en')}${withKeys ? `; API keys: ${revoked.apiKeys.toLocaleString('en')}` : ''}.`,
          );
          await Promise.all(['sessions', 'api-keys'].map((one) => queries.invalidateQueries({ queryKey: [one] })));
        }}
      />
      <DestroyDialog
        verb="Remove"
        kind="organisation"
        name={uid}
        hasToBeTyped
        consequences={`${name} is gone with its accounts, their sessions and API keys, its roles and their grants. Its sources have to be removed before. What was done stays in the audit trail.`}
        isOpen={open === 'remove'}
        onClose={close}
        onDestroy={async () => {
          const params = { path: { organisation: uid } };
          await unwrap(api.DELETE('/admin/v1/organisations/{organisation}', { params }));
          announce(`The organisation ${name} was removed.`);
          go('/organisations');
          queries.removeQueries({ queryKey: ['organisations', 'one', uid] });
          await Promise.all(
            ['organisations', 'users', 'roles', 'grants'].map((one) => queries.invalidateQueries({ queryKey: [one] })),
          );
        }}
      />
    </Page>
  );
}

function Accounts({
  uid,
  kind,
  title,
  href,
}: {
  readonly uid: string;
  readonly kind: Kind;
  readonly title: string;
  readonly href: string;
}) {
  const { found, problem } = useOne(['users', 'count', uid, kind], () => {
    const query = { organisation: uid, kind, limit: mostChoices };
    return unwrap(api.GET('/admin/v1/users', { params: { query } }));
  });
  if (problem !== null) return <ProblemAlert problem={problem} />;
  return <Figure title={title} href={href} value={found?.items.length} isMore={found?.nextCursor != null} />;
}

function Figure({
  title,
  href,
  value,
  isMore = value === mostChoices,
}: {
  readonly title: string;
  readonly href: string;
  readonly value: number | undefined;
  /** There are more than one page of the server holds. */
  readonly isMore?: boolean;
}) {
  return (
    <Card withBorder p="sm">
      <Text size="xl" fw={650}>
        {value === undefined ? '…' : `${isMore ? 'over ' : ''}${value.toLocaleString('en')}`}
      </Text>
      <To href={href} size="sm">
        {title}
      </To>
    </Card>
  );
}
