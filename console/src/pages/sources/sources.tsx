/** Sources: the list, adding one, and the pages of each. @module */
import { Route, Switch } from 'wouter';
import { EmptyState } from '../../parts/empty-state';
import { Page } from '../../parts/page';
import { ButtonTo } from '../../parts/to';
import { AddSource } from './add-source';
import { EditSource } from './edit-source';
import { SourceList } from './source-list';
import { SourcePage } from './source-page';

export function Sources() {
  return (
    <Switch>
      <Route path="/sources">
        <SourceList />
      </Route>
      <Route path="/sources/add">
        <AddSource />
      </Route>
      <Route path="/sources/:source/edit">{({ source }) => <EditSource name={source} />}</Route>
      <Route path="/sources/:source">{({ source }) => <SourcePage name={source} />}</Route>
      <Route>
        <Page title="No such page">
          <EmptyState title="There is nothing here" action={<ButtonTo href="/sources">To the sources</ButtonTo>} />
        </Page>
      </Route>
    </Switch>
  );
}
