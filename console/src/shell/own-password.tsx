/** One's own password. Changing it ends every session of the account, so the new one signs in at once. @module */
import { Paper } from '@mantine/core';
import { useLocation } from 'wouter';
import { useMe, useSession } from '../api/session';
import { useAnnounce } from '../parts/announcer';
import { Page } from '../parts/page';
import { NewPasswordForm } from './new-password-form';

export function OwnPassword() {
  const { user } = useMe();
  const { signIn } = useSession();
  const announce = useAnnounce();
  const [, go] = useLocation();
  return (
    <Page title="Change password" text="Every other session of your account ends, at every door. API keys stay.">
      <Paper withBorder p="lg" maw={480}>
        <NewPasswordForm
          username={user.username}
          current={null}
          onChanged={async (next) => {
            await signIn(user.username, next);
            announce('The password was changed.');
            go('/');
          }}
        />
      </Paper>
    </Page>
  );
}
