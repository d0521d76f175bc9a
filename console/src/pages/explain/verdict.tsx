/** The answer to a question about access: yes or no, why, by which grants, and the way to another answer. @module */
import { Button, Code, CopyButton, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import type { Explanation } from '../../api/access';
import { useMay } from '../../api/session';
import { EmptyState } from '../../parts/empty-state';
import { Section } from '../../parts/page';
import { Status } from '../../parts/status';
import { ButtonTo, To } from '../../parts/to';
import { pathOf } from '../people/account';
import { sayGrant } from '../roles/grant-sentence';
import type { Question } from './explain';

export function Verdict({ question, answer }: { readonly question: Question; readonly answer: Explanation }) {
  const may = useMay();
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // Where a link led here that is gone with the list it stood in, the keyboard goes on from the answer.
    if (document.activeElement === document.body) title.current?.focus();
  }, []);
  const { isAllowed, dataset, source, operation, reason, rule, grants } = answer;
  const who = question.user ?? 'You';
  const what = `${operation} ${dataset}${source === '' ? '' : ` of ${source}`}`;
  return (
    <Stack gap="lg">
      <Paper withBorder p="md">
        <Stack gap="sm">
          <Group gap="sm">
            <Status tone={isAllowed ? 'good' : 'bad'}>{isAllowed ? 'Allowed' : 'Refused'}</Status>
            <Title order={2} size="h4" ref={title} tabIndex={-1} style={{ outline: 'none', overflowWrap: 'anywhere' }}>
              {who} {isAllowed ? 'may' : 'may not'} {what}
            </Title>
          </Group>
          <Text>{reason}</Text>
          <Text size="sm" c="dimmed">
            Rule: {rule}
            {question.columns.length === 0 ? '' : ` · asked for ${question.columns.join(', ')}`}
          </Text>
          {isAllowed ? null : <Remedy question={question} answer={answer} />}
        </Stack>
      </Paper>
      <Section
        title="Grants that speak to it"
        text={
          isAllowed
            ? 'What they let through adds up; none lends another its rows or columns.'
            : 'Of the roles of the account, on this dataset.'
        }
      >
        {grants.length === 0 ? (
          <EmptyState
            title="None"
            text={
              isAllowed
                ? 'It is allowed without a grant.'
                : 'No role of the account has a grant on it, as far as you may know.'
            }
          />
        ) : (
          <Stack gap="xs" component="ul" p={0} m={0} style={{ listStyle: 'none' }}>
            {grants.map((grant) => {
              // Who asks for themselves is not told what roles are called.
              const isNamed = grant.role !== '' && !looksLikeId(grant.role);
              const sentence = sayGrant(isNamed ? grant.role : 'One of your roles', dataset, source, grant);
              return (
                <Paper key={grant.id} component="li" withBorder p="sm">
                  <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                    {sentence}
                  </Text>
                  {may('directory.manage') || may('sources.manage') ? (
                    <To size="sm" href={`/roles/grants/${encodeURIComponent(grant.id)}`}>
                      Open the grant
                    </To>
                  ) : null}
                </Paper>
              );
            })}
          </Stack>
        )}
      </Section>
    </Stack>
  );
}

function looksLikeId(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(text);
}

/** The command of the server, and where the same is done here, for who may. */
function Remedy({ question, answer }: { readonly question: Question; readonly answer: Explanation }) {
  const { remedy } = answer;
  const way = useWay(question, answer);
  if (remedy === null && way === null) return null;
  return (
    <Stack gap="xs">
      {remedy === null ? null : (
        <>
          <Text size="sm" fw={600}>
            This would allow it:
          </Text>
          <Group gap="xs" align="flex-start">
            <Code style={{ overflowWrap: 'anywhere' }}>{remedy}</Code>
            <CopyButton value={remedy}>
              {({ copied, copy }) => (
                <Button size="compact-sm" variant="default" onClick={copy}>
                  {copied ? 'Copied' : 'Copy the command'}
                </Button>
              )}
            </CopyButton>
          </Group>
        </>
      )}
      {way === null ? (
        <Text size="sm" c="dimmed">
          Ask whoever administers your organisation.
        </Text>
      ) : (
        <Group>{way}</Group>
      )}
    </Stack>
  );
}

function useWay({ user, source, object, columns }: Question, answer: Explanation): ReactNode {
  const may = useMay();
  const { rule, operation, dataset, remedy } = answer;
  if (rule === 'account_disabled' && user !== null) {
    return <ButtonTo href={pathOf(user)}>Open the account</ButtonTo>;
  }
  if (rule === 'action_missing' && may('directory.manage')) {
    return <ButtonTo href={user === null ? '/roles' : pathOf(user)}>Open the roles of the account</ButtonTo>;
  }
  const mayGrant = may('directory.manage') || may('sources.manage');
  const wouldGrantHelp = ['no_grant', 'operation_not_granted', 'column_not_readable', 'column_not_writable'];
  if (!mayGrant || !wouldGrantHelp.includes(rule)) return null;
  const grant = /^latchkey grant set ([0-9a-f-]{36}) /.exec(remedy ?? '')?.[1];
  if (grant !== undefined) return <ButtonTo href={`/roles/grants/${grant}`}>Open this grant</ButtonTo>;
  // The server names the role that is nearest; the dataset by its table where that is how it was asked for.
  const role = /--role ([a-z][a-z0-9_.-]*)/.exec(remedy ?? '')?.[1];
  const place: Record<string, string> = object.includes('.') ? { table: object } : { dataset };
  const query = new URLSearchParams({
    ...{ source: answer.source === '' ? source : answer.source, ...place, operation },
    ...(role === undefined ? {} : { role }),
    ...(columns.length === 0 ? {} : { columns: columns.join(',') }),
  });
  return <ButtonTo href={`/roles/grants/new?${query}`}>Open the grant editor with this</ButtonTo>;
}
