/** Service accounts: what programs are known by. The pages are those of people. @module */
import { Route, Switch } from 'wouter';
import { AccountList } from '../people/account-list';
import { AccountPage } from '../people/account-page';

export function ServiceAccounts() {
  return (
    <Switch>
      <Route path="/service-accounts/:user">{({ user }) => <AccountPage username={user} />}</Route>
      <Route>
        <AccountList area="service-accounts" />
      </Route>
    </Switch>
  );
}
