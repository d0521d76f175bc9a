/** Overview. @module */
import { Waiting } from '../../parts/data-table';
import { Page } from '../../parts/page';

export function Overview() {
  return (
    <Page title="Overview">
      <Waiting />
    </Page>
  );
}
