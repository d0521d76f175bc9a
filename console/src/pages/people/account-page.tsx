/** One account: who it is, what it may do, what it is signed in with, and how it is cut off. @module */
import { Button, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type User, useOne } from '../../api/access';
import { api, problemOf, unwrap } from '../../api/client';
import { useMe } from '../../api/session';
import { useAnnounce } from '../../parts/announcer';
import { Waiting } from '../../parts/data-table';
import { EmptyState } from '../../parts/empty-state';
import { Facts } from '../../parts/facts';
import { Moment } from '../../parts/moment';
import { Page, Section } from '../../parts/page';
import { ProblemAlert } from '../../parts/problem-alert';
import { Status } from '../../parts/status';
import { ButtonTo, To } from '../../parts/to';
import { kindWords, stateOf } from './account';
import { AccountClaims } from './account-claims';
import { AccountCredentials } from './account-credentials';
import { AccountEnd } from './account-end';
import { AccountRoles } from './account-roles';
import { ChangeAccount } from './change-account';
import { ResetPassword } from './reset-password';

export function AccountPage({ username }: { readonly username: string }) {
  const { found, isLoading, problem } = useOne(['users', 'one', username], () =>
    unwrap(api.GET('/admin/v1/users/{user}', { params: { path: { user: username } } })),
  );
  if (problem?.code === 'identity.user_not_found') {
    return (
      <Page title={username}>
        <EmptyState
          title="There is no such account"
          text="It was removed, or the name is mistyped."
          action={<ButtonTo href="/people">To all people</ButtonTo>}
        />
      </Page>
    );
  }
  if (found === undefined) {
    return <Page title={username}>{isLoading ? <Waiting /> : <ProblemAlert problem={problem} />}</Page>;
  }
  return <Account user={found} />;
}

function Account({ user }: { readonly user: User }) {
  const me = useMe();
  const [isChanging, changing] = useDisclosure();
  const [isResetting, resetting] = useDisclosure();
  const { tone, text } = stateOf(user, Date.now());
  const isOwn = user.username === me.user.username;
  return (
    <Page
      title={user.displayName}
      text={`${user.username}, ${kindWords[user.kind]} of ${user.organisation}${isOwn ? '. This is your own account' : ''}`}
      actions={
        <>
          <ButtonTo variant="default" href={`/explain?user=${encodeURIComponent(user.username)}`}>
            What may they reach?
          </ButtonTo>
          <Button variant="default" onClick={changing.open}>
            Change
          </Button>
        </>
      }
    >
      <Facts
        facts={[
          [
            'State',
            <Status key="state" tone={tone}>
              {text}
            </Status>,
          ],
          [
            'Organisation',
            <To key="organisation" size="sm" href={`/organisations/${encodeURIComponent(user.organisation)}`}>
              {user.organisation}
            </To>,
          ],
          ['E-mail', user.email ?? '–'],
          ['Name', [user.firstName, user.lastName].filter((part) => part !== null).join(' ') || '–'],
          ['Added', <Moment key="added" ms={user.createdAtMs} />],
          ...(user.disabledAtMs === null
            ? []
            : ([['Disabled', <Moment key="disabled" ms={user.disabledAtMs} />]] as const)),
          ...(user.lockedUntilMs === null
            ? []
            : ([['Locked until', <Locked key="locked" user={user} untilMs={user.lockedUntilMs} />]] as const)),
        ]}
      />
      <AccountRoles user={user} />
      <Section
        title="Password"
        actions={
          <Button variant="default" size="sm" onClick={resetting.open}>
            {user.hasPassword ? 'Reset the password' : 'Set a password'}
          </Button>
        }
      >
        <Facts facts={passwordFacts(user)} />
      </Section>
      <AccountClaims key={JSON.stringify(user.claims)} user={user} />
      <AccountCredentials user={user} />
      <AccountEnd user={user} isOwn={isOwn} />
      <ChangeAccount user={user} isOpen={isChanging} onClose={changing.close} />
      <ResetPassword user={user} isOpen={isResetting} onClose={resetting.close} />
    </Page>
  );
}

function passwordFacts(user: User): Parameters<typeof Facts>[0]['facts'] {
  if (!user.hasPassword) return [['Password', 'None: this account cannot sign in with one.']];
  const { passwordChangedAtMs, passwordExpiresAtMs, passwordLapsesAtMs } = user;
  return [
    ['Set', <Moment key="set" ms={passwordChangedAtMs} />],
    passwordLapsesAtMs === null
      ? ['Ends', <Moment key="ends" ms={passwordExpiresAtMs} never="never by itself" />]
      : ['Temporary until', <Moment key="lapses" ms={passwordLapsesAtMs} />],
  ];
}

/** Somebody who was locked out for a time may be let in before it is over. */
function Locked({ user, untilMs }: { readonly user: User; readonly untilMs: number }) {
  const queries = useQueryClient();
  const announce = useAnnounce();
  const unlocking = useMutation({
    mutationFn: () =>
      unwrap(
        api.PATCH('/admin/v1/users/{user}', {
          params: { path: { user: user.username } },
          body: { lockedUntilMs: null },
        }),
      ),
    onSuccess: async () => {
      announce(`${user.username} is not locked any more.`);
      await queries.invalidateQueries({ queryKey: ['users'] });
    },
  });
  return (
    <Group gap="xs">
      <Moment ms={untilMs} />
      <Button size="compact-sm" variant="default" loading={unlocking.isPending} onClick={() => unlocking.mutate()}>
        Unlock
      </Button>
      <ProblemAlert problem={unlocking.error === null ? null : problemOf(unlocking.error)} />
    </Group>
  );
}
