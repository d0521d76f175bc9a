/** Audit. @module */
import { Waiting } from '../../parts/data-table';
import { Page } from '../../parts/page';

export function Audit() {
  return (
    <Page title="Audit">
      <Waiting />
    </Page>
  );
}
