/** Data. @module */
import { Waiting } from '../../parts/data-table';
import { Page } from '../../parts/page';

export function Data() {
  return (
    <Page title="Data">
      <Waiting />
    </Page>
  );
}
