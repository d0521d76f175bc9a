/** Sources. @module */
import { Waiting } from '../../parts/data-table';
import { Page } from '../../parts/page';

export function Sources() {
  return (
    <Page title="Sources">
      <Waiting />
    </Page>
  );
}
