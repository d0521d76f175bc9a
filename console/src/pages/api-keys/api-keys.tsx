/** API keys: one’s own, and for who manages the directory anybody’s; a page for each. @module */
import { Button, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { Route, Switch, useSearchParams } from 'wouter';
import { useMay, useMe } from '../../api/session';
import { ChooseUser } from '../../parts/choose-user';
import { EmptyState } from '../../parts/empty-state';
import { Page } from '../../parts/page';
import { AddKey } from './add-key';
import { EndingKeys } from './ending-keys';
import { KeyPage } from './key-page';
import { KeyTable } from './key-table';

export function ApiKeys() {
  return (
    <Switch>
      <Route path="/api-keys/:key">{({ key }) => <KeyPage id={key} />}</Route>
      <Route>
        <KeyList />
      </Route>
    </Switch>
  );
}

function KeyList() {
  const me = useMe();
  const may = useMay();
  const [asked, setAsked] = useSearchParams();
  const [isAdding, adding] = useDisclosure();
  const managesAll = may('directory.manage');
  const named = managesAll ? asked.get('user') : null;
  // The list of one’s own has a question of its own: it needs another right.
  const user = named === me.user.username ? null : named;
  if (user === null && !may('api_keys.manage_own') && !managesAll) {
    return (
      <Page title="API keys">
        <EmptyState
          title="Your account may not have API keys"
          text="No role of yours allows api_keys.manage_own. Whoever manages the directory can change that."
        />
      </Page>
    );
  }
  const isShown = user !== null || may('api_keys.manage_own');
  const add = isShown ? (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={adding.open}>
      {user === null ? 'Make a key' : `Make a key for ${user}`}
    </Button>
  ) : undefined;
  return (
    <Page
      title="API keys"
      text="A key lets a program in as its owner, within what the key is narrowed to, until it ends or is removed."
      actions={add}
    >
      {managesAll ? (
        <Group>
          <ChooseUser
            label="Whose"
            placeholder="Your own"
            value={named}
            onChange={(username) =>
              setAsked(
                (before) => {
                  if (username === null) before.delete('user');
                  else before.set('user', username);
                  return before;
                },
                { replace: true },
              )
            }
          />
        </Group>
      ) : null}
      {isShown ? (
        <KeyTable
          user={user}
          empty={
            <EmptyState
              title={user === null ? 'You have no API keys' : `${user} has no API keys`}
              text="Make one for each program, narrowed to what that program needs."
              action={add}
            />
          }
        />
      ) : (
        <EmptyState
          title="Whose keys?"
          text="Your own account may not have keys. Choose somebody above to see, narrow or remove theirs."
        />
      )}
      {may('audit.read') && named === null ? <EndingKeys /> : null}
      <AddKey user={user} isOpen={isAdding} onClose={adding.close} />
    </Page>
  );
}
