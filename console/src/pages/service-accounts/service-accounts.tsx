/** Service accounts. @module */
import { Waiting } from '../../parts/data-table';
import { Page } from '../../parts/page';

export function ServiceAccounts() {
  return (
    <Page title="Service accounts">
      <Waiting />
    </Page>
  );
}
