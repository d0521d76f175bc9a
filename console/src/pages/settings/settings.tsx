/** Settings. @module */
import { Waiting } from '../../parts/data-table';
import { Page } from '../../parts/page';

export function Settings() {
  return (
    <Page title="Settings">
      <Waiting />
    </Page>
  );
}
