/** Everything somebody’s roles were granted, before one thing is asked about: the short answer to what they may reach. @module */
import { Text } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { mostChoices, useOne } from '../../api/access';
import { api, problemOf, unwrap } from '../../api/client';
import { useMay } from '../../api/session';
import { Rows, Waiting } from '../../parts/data-table';
import { EmptyState } from '../../parts/empty-state';
import { Section } from '../../parts/page';
import { ProblemAlert } from '../../parts/problem-alert';
import { ButtonTo, To } from '../../parts/to';
import { pathOf } from '../people/account';
import { sayFilter } from '../roles/grant-sentence';

/** @param user  `null`: oneself, who is told which datasets, and not by which grants. */
export function Reach({ user }: { readonly user: string | null }) {
  return user === null ? <OwnReach /> : <ReachOf user={user} />;
}

function ReachOf({ user }: { readonly user: string }) {
  const account = useOne(['users', 'one', user], () =>
    unwrap(api.GET('/admin/v1/users/{user}', { params: { path: { user } } })),
  );
  const { roles, organisation = '' } = account.found ?? {};
  const answers = useQueries({
    queries: (roles ?? []).map(({ name }) => ({
      queryKey: ['grants', 'of-role', organisation, name],
      queryFn: () => {
        const query = { role: name, organisation, limit: mostChoices };
        return unwrap(api.GET('/admin/v1/grants', { params: { query } }));
      },
    })),
  });
  const failed = answers.find(({ error }) => error !== null)?.error;
  const problem = account.problem ?? (failed === undefined ? null : problemOf(failed));
  if (problem !== null) return <ProblemAlert problem={problem} />;
  if (account.isLoading || answers.some(({ isLoading }) => isLoading)) return <Waiting />;
  const grants = answers.flatMap(({ data }) => data?.items ?? []);
  return (
    <Section
      title={`What ${user} was granted`}
      text={
        account.found?.disabledAtMs === null
          ? 'By any of their roles. Ask above about one of them to see what decides.'
          : 'By any of their roles; but the account is disabled, so nothing of it counts.'
      }
    >
      {grants.length === 0 ? (
        <EmptyState
          title="Nothing"
          text="None of their roles has a grant, so they reach no data."
          action={
            <ButtonTo variant="default" href={pathOf(user)}>
              Open the account
            </ButtonTo>
          }
        />
      ) : (
        <Rows
          label={`What ${user} was granted`}
          rows={grants}
          rowKey={({ id }) => id}
          columns={[
            {
              title: 'On',
              cell: ({ source, dataset, operations }) => (
                <To href={addressOf({ user, source, object: dataset, operation: operations[0] ?? 'query' })}>
                  {source} · {dataset}
                </To>
              ),
            },
            { title: 'By the role', cell: ({ role }) => role },
            { title: 'May', cell: ({ operations }) => operations.join(', ') },
            {
              title: 'Rows',
              cell: ({ filter }) => (
                <Text inherit component="span" lineClamp={2}>
                  {filter === null ? 'all' : sayFilter(filter)}
                </Text>
              ),
            },
            {
              title: 'The grant',
              cell: ({ id, dataset, role }) => (
                <To
                  href={`/roles/grants/${encodeURIComponent(id)}`}
                  aria-label={`Open the grant of ${role} on ${dataset}`}
                >
                  Open
                </To>
              ),
            },
          ]}
        />
      )}
    </Section>
  );
}

function OwnReach() {
  const may = useMay();
  const { found, isLoading, problem } = useOne(
    ['data', 'explain-choices'],
    async () => (await unwrap(api.GET('/data/v1', { params: { query: { limit: mostChoices } } }))).items,
    { enabled: may('data.use') },
  );
  if (!may('data.use')) {
    return (
      <EmptyState
        title="No data at all"
        text="No role of yours allows data.use, without which no grant counts. Whoever manages the directory can change that."
      />
    );
  }
  if (isLoading) return <Waiting />;
  if (problem !== null) return <ProblemAlert problem={problem} />;
  return (
    <Section title="What you may use" text="Ask above about one of them to see what decides.">
      {(found ?? []).length === 0 ? (
        <EmptyState
          title="Nothing yet"
          text="No role of yours has a grant. Ask whoever administers your organisation."
        />
      ) : (
        <Rows
          label="What you may use"
          rows={found ?? []}
          rowKey={({ path }) => path}
          columns={[
            {
              title: 'Dataset',
              cell: ({ source, name }) => (
                <To href={addressOf({ source, object: name, operation: 'query' })}>
                  {source} · {name}
                </To>
              ),
            },
            { title: 'Kind', cell: ({ kind }) => (kind === 'query' ? 'named query' : kind) },
          ]}
        />
      )}
    </Section>
  );
}

function addressOf(question: Readonly<Record<string, string>>): string {
  return `/explain?${new URLSearchParams(question)}`;
}
