/** Organisations. @module */
import { Waiting } from '../../parts/data-table';
import { Page } from '../../parts/page';

export function Organisations() {
  return (
    <Page title="Organisations">
      <Waiting />
    </Page>
  );
}
