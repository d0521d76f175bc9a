/** Explain access. @module */
import { Waiting } from '../../parts/data-table';
import { Page } from '../../parts/page';

export function Explain() {
  return (
    <Page title="Explain access">
      <Waiting />
    </Page>
  );
}
