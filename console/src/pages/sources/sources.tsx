/** Sources: the list, adding one, and the pages of each. @module */
import { Route, Switch } from 'wouter';
import { AddSource } from './add-source';
import { SourceList } from './source-list';

export function Sources() {
  return (
    <Switch>
      <Route path="/sources">
        <SourceList />
      </Route>
      <Route path="/sources/add">
        <AddSource />
      </Route>
    </Switch>
  );
}
