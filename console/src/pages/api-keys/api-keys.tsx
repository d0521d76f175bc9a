/** API keys. @module */
import { Waiting } from '../../parts/data-table';
import { Page } from '../../parts/page';

export function ApiKeys() {
  return (
    <Page title="API keys">
      <Waiting />
    </Page>
  );
}
