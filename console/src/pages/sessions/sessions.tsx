/** Sessions. @module */
import { Waiting } from '../../parts/data-table';
import { Page } from '../../parts/page';

export function Sessions() {
  return (
    <Page title="Sessions">
      <Waiting />
    </Page>
  );
}
