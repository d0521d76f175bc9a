/** Signing in, and the way out of a password that has to be changed first. @module */
import { Alert, Button, Center, Group, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { problemOf } from '../api/client';
import { useSession } from '../api/session';
import { ProblemAlert } from '../parts/problem-alert';
import { revealing } from '../parts/revealing';
import { NewPasswordForm } from './new-password-form';

const reasons = {
  idle: 'You were signed out because nothing was touched for a while.',
  over: 'Your session is over: it ended, or somebody ended it.',
  untold: 'The server could not be told that you signed out, so your session may go on: sign in and out again.',
} as const;

export function SignIn({ because }: { readonly because: keyof typeof reasons | null }) {
  const { signIn } = useSession();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const signing = useMutation({ mutationFn: () => signIn(username, password) });
  const problem = signing.error === null ? null : problemOf(signing.error);
  const hasExpired = problem?.code === 'identity.password_expired';

  useEffect(() => {
    document.title = 'Sign in · Latchkey';
  }, []);

  return (
    <Center mih="100vh" p="md" component="main">
      <Paper withBorder p="xl" w="100%" maw={420}>
        <Stack>
          <Group gap="sm">
            <img src="/console/key.svg" alt="" width={36} height={36} />
            <Title order={1} size="h3">
              {hasExpired ? 'Choose a new password' : 'Sign in to Latchkey'}
            </Title>
          </Group>
          {because === null || hasExpired ? null : (
            <Alert variant="light" color="blue" role="status">
              {reasons[because]}
            </Alert>
          )}
          {hasExpired ? (
            <>
              <Text>The password is right and has to be changed before anything else.</Text>
              <NewPasswordForm
                username={username}
                current={password}
                onChanged={async (next) => {
                  setPassword('');
                  await signIn(username, next);
                }}
              />
              <Button variant="subtle" onClick={() => signing.reset()}>
                Sign in as somebody else
              </Button>
            </>
          ) : (
            <form
              onSubmit={(event) => {
                event.preventDefault();
                signing.mutate();
              }}
            >
              <Stack>
                <TextInput
                  label="User name"
                  name="username"
                  value={username}
                  onChange={(event) => setUsername(event.currentTarget.value)}
                  autoComplete="username"
                  autoCapitalize="none"
                  spellCheck={false}
                  required
                  autoFocus
                />
                <PasswordInput
                  label="Password"
                  name="password"
                  value={password}
                  onChange={(event) => setPassword(event.currentTarget.value)}
                  autoComplete="current-password"
                  visibilityToggleButtonProps={revealing}
                  required
                />
                <ProblemAlert problem={problem} />
                <Button type="submit" loading={signing.isPending}>
                  Sign in
                </Button>
              </Stack>
            </form>
          )}
        </Stack>
      </Paper>
    </Center>
  );
}
