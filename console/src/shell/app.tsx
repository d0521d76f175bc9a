/** Which of the three faces is shown: the sign-in, a server that does not answer, or the console itself. @module */
import { Button, Center, Stack } from '@mantine/core';
import { useSession } from '../api/session';
import { Waiting } from '../parts/data-table';
import { useFocusOfWorkingButtons } from '../parts/focus-keeper';
import { ProblemAlert } from '../parts/problem-alert';
import { House } from './house';
import { SignIn } from './sign-in';

export function App() {
  const { state, ask } = useSession();
  useFocusOfWorkingButtons();
  switch (state.kind) {
    case 'asking':
      return (
        <Center mih="100vh">
          <Waiting text="Opening" />
        </Center>
      );
    case 'unreachable':
      return (
        <Center mih="100vh" p="md" component="main">
          <Stack>
            <ProblemAlert problem={state.problem} />
            <Button onClick={() => void ask()}>Try again</Button>
          </Stack>
        </Center>
      );
    case 'signed-out':
      return <SignIn because={state.because} />;
    case 'signed-in':
      // Drafts and secrets on a page are of one session alone.
      return <House key={state.view.credential.id} />;
  }
}
