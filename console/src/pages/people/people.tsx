/** People. @module */
import { Waiting } from '../../parts/data-table';
import { Page } from '../../parts/page';

export function People() {
  return (
    <Page title="People">
      <Waiting />
    </Page>
  );
}
