/** People, and the accounts of programs that sign in as one: the list, and a page for each. @module */
import { Route, Switch } from 'wouter';
import { AccountList } from './account-list';
import { AccountPage } from './account-page';

export function People() {
  return (
    <Switch>
      <Route path="/people/:user">{({ user }) => <AccountPage username={user} />}</Route>
      <Route>
        <AccountList area="people" />
      </Route>
    </Switch>
  );
}
